import { asFtteError, type Clock, counted, type FtteError, type Resumable } from '../../platform';
import { gaussianEpsilon, gaussianMu } from '../../privacy';
import { type GatewayPrivacy, updateClip } from '../../task';
import type { ContributionWeight, PseudoGradient } from '../aggregation';
import type { Contribution } from '../aggregation/contribution';
import type { Originals } from '../aggregation/originals';
import type { RuleSettings } from '../aggregation/rule-settings';
import {
  bandFor,
  type ExpectedNoise,
  enoughContributions,
  expectedNoise,
  gatewayNoise,
  noiseWarning,
  privateSize,
  separationWarning,
} from './gateway-noise';
import type { NoiseKey } from './noise-key';
import { NoiseStream } from './noise-stream';
import { privateSum, privateWeights } from './private-sum';
import { type VersionEntry, VersionLedger } from './version-ledger';

/** Options of `PrivateVersions`. */
export interface PrivateVersionsOptions {
  readonly privacy: GatewayPrivacy;
  readonly aggregation: RuleSettings;
  /** Parameters of the model. */
  readonly size: number;
  /** Of the coordinator, for all of its models. Undefined: what is spent is forgotten when the process ends. */
  readonly folder: string | undefined;
  /** The key of that folder. */
  readonly key: NoiseKey;
  readonly clock: Clock;
  /** The gateways that are known. The same array as long as nothing has changed. */
  readonly gateways: () => readonly KnownGateway[];
}

/** A gateway that the coordinator knows. */
export interface KnownGateway {
  readonly id: string;
  readonly online: boolean;
  readonly lastHeardMs: number;
}

/** A part of what a gateway may spend. */
export interface GatewaySpending {
  readonly contributions: number;
  readonly spentEpsilon: number;
  /** It is used no more. */
  readonly isSpent: boolean;
}

/** The privacy of gateways as a status shows it. */
export interface VersionPrivacyStatus {
  readonly epsilon: number;
  readonly delta: number;
  /** The most that a gateway has spent; undefined: nobody knows, because the ledger cannot be trusted. */
  readonly spentEpsilon: number | undefined;
  /** Gateways that have no budget left; undefined as above. */
  readonly spentGateways: number | undefined;
  /** Why no version is made; undefined: one may be. */
  readonly problem: string | undefined;
}

/** A reason for which an update of a gateway is not used. */
export interface PrivacyRefusal {
  readonly reason: 'privacy-limit';
  readonly detail: string;
}

/**
 * The reason for which a contribution that was accepted cannot be paid for: its gateway has paid for a version that was interrupted
 * (`spent`), or has another one before it, and the budget is for one in a version (`repeated`).
 */
export type UnpaidReason = 'spent' | 'repeated';

const memoryName = 'privacy/entries';
/** Said to gateways while the ledger cannot be trusted. */
const distrusted =
  'the coordinator cannot trust its ledger of what was spent, and makes no version with differential privacy: whoever runs it knows why';
/** Rounding in a sum of squares. */
const slack = 1 + 1e-9;

/**
 * Differential privacy of gateways: versions are sums of clipped updates with noise, and each gateway is used a limited
 * number of times, a minimum number of versions apart. What a version spends is in the ledger before its noise is drawn. A
 * version that was interrupted is made again from the same updates with the same noise; from others it has noise of its own.
 */
export class PrivateVersions {
  private readonly ledger: VersionLedger;
  private readonly key: NoiseKey;
  private readonly noise: NoiseStream;
  private readonly clip: number;
  /** The square of sensitivity over noise that a budget allows. */
  private readonly budget: number;
  /** Entries of the ledger that are in the model. */
  private applied = 0;
  private distrust: FtteError | undefined;
  private isOpen = false;
  private isFirst = false;
  /** Place of the first entry whose noise can be drawn again: those before it are of a key that is lost. */
  private keyedFrom = 0;
  /** The number of the key by which all heads since the checkpoint have a proof; `noKey`: they may have none. */
  private provenBy: number | undefined = noKey;
  private usable: UsableGateways | undefined;
  private grownAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly options: PrivateVersionsOptions) {
    const { privacy, folder, key } = options;
    this.ledger = new VersionLedger(folder);
    this.key = key;
    this.noise = new NoiseStream((nonce) => this.key.seed(nonce));
    this.clip = updateClip(privacy);
    this.budget = gaussianMu(privacy.epsilon, privacy.delta) ** 2;
  }

  /** Reads what was spent. A ledger that cannot be trusted stops all versions. @throws FtteError `storage` */
  async open(): Promise<void> {
    if (this.isOpen) return;
    try {
      await this.ledger.open();
    } catch (error) {
      const problem = asFtteError(error, 'privacy-ledger');
      if (problem.code === 'storage') throw problem;
      this.distrust = problem;
    }
    if (!(await this.key.open())) this.keyedFrom = this.ledger.entries.length;
    // Heads have a proof from the first one on, so that none without it is of this folder.
    await this.key.ensure();
    this.provenBy = this.key.number;
    this.isOpen = true;
  }

  /** The reason why no version is made and no round granted; undefined: there is none. */
  get problem(): FtteError | undefined {
    return this.distrust;
  }

  /** Entries of all versions, oldest first. */
  get entries(): readonly VersionEntry[] {
    return this.ledger.entries;
  }

  /** The memory for the checkpoint of a version. */
  arrays(): ReadonlyMap<string, Float32Array> {
    const applied = [this.applied % countBase, Math.floor(this.applied / countBase)] as const;
    return new Map([[memoryName, Float32Array.of(...applied, this.key.number ?? noKey)]]);
  }

  /** Whether the checkpoint that was restored is of a task without privacy of gateways: nobody has judged what waits since then. */
  get followsPlainModel(): boolean {
    return this.isFirst;
  }

  /** Restores what `arrays` returned. A ledger with fewer entries than that is an earlier copy. */
  restore(arrays: ReadonlyMap<string, Float32Array>): void {
    this.isFirst = !arrays.has(memoryName);
    const [low = 0, high = 0, key = noKey] = arrays.get(memoryName) ?? [];
    this.provenBy = key;
    this.applied = low + countBase * high;
    if (this.applied > this.ledger.entries.length)
      this.distrust ??= rolledBack(this.applied, this.ledger.entries.length);
  }

  /**
   * Whether this coordinator knows whose a head is: all heads since the checkpoint have a proof, also those that a later copy of
   * the folder has published.
   */
  get knowsHeads(): boolean {
    return this.provenBy === this.key.number;
  }

  /**
   * The broker knows later versions than the folder. If the ledger does not know them either, it is as old as the folder: no
   * version is made from now on, and the next checkpoint says so to all later starts.
   * @param known version of the broker @param version that of the folder
   * @param isProven whether it is certain that this coordinator has published what the broker knows
   * @returns whether that is news
   */
  distrustOlderFolder(known: number, version: number, lineage: string, isProven: boolean): boolean {
    const knows = (entry: VersionEntry) => entry.lineage === lineage && entry.version >= known;
    if (this.distrust || this.entries.some(knows)) return false;
    this.distrust = olderFolder(known, version, isProven);
    this.applied = Math.max(this.applied, this.ledger.entries.length) + Math.max(1, known - version);
    return true;
  }

  /** Contributions of a version at this time. */
  get capacity(): number {
    return this.sizeNow().bufferSize;
  }

  /** Number of the oldest waiting contributions that make a version now. */
  ready(waiting: readonly Contribution[]): number {
    if (this.distrust) return 0;
    const { interrupted } = this;
    if (interrupted && isMadeOf(interrupted, waiting)) return interrupted.contributions.length;
    const { capacity } = this;
    if (waiting.length < capacity) return 0;
    return waiting.length >= enoughContributions || this.settlesInMs === 0 ? capacity : 0;
  }

  /**
   * Time until the number of gateways counts as settled, if versions follow from it: the first of a large fleet must not make
   * versions alone.
   */
  get settlesInMs(): number {
    if (this.options.aggregation.bufferSize !== 'auto') return 0;
    this.usableGateways();
    return Math.max(0, this.grownAt + settleMs - this.options.clock.now());
  }

  /** Why an update of a gateway is not used now; undefined: it is. @param isWaiting one of its updates waits already */
  refusalOf(gateway: string, isWaiting: boolean): PrivacyRefusal | undefined {
    const refused = (detail: string): PrivacyRefusal => ({ reason: 'privacy-limit', detail });
    // The problem itself names a path of this machine, which is nothing for gateways.
    if (this.distrust) return refused(distrusted);
    if (isWaiting)
      return refused('an update of it waits for the next version already: one is used at a time');
    const { epsilon, delta } = this.options.privacy;
    const { contributions, last } = this.ledger.spentBy(gateway);
    const { separation } = this.sizeNow();
    if (!this.affords(gateway))
      return refused(
        `its privacy budget is spent: another version would exceed epsilon ${epsilon} at delta ${delta} after ${counted(contributions, 'update')}`,
      );
    if (this.isApart(gateway, separation)) return undefined;
    const since = this.ledger.entries.length - last;
    return refused(
      `it was used ${counted(since, 'version')} ago, and ${separation} versions lie between two of its updates`,
    );
  }

  /**
   * Writes what a version of these contributions spends. Its noise can be drawn when this resolves.
   * @param version the number that it will have
   * @throws FtteError `storage`
   */
  async pay(contributions: readonly Contribution[], version: number, lineage: string): Promise<void> {
    const { interrupted } = this;
    if (interrupted && isMadeOf(interrupted, contributions, true)) return;
    await this.key.ensure();
    const plan = this.planOf(contributions, lineage);
    const weights = privateWeights(contributions, version - 1, this.options.aggregation);
    await this.ledger.add({
      lineage,
      version,
      clip: this.clip,
      weight: 1,
      ...plan,
      nonce: this.key.nonce(),
      contributions: contributions.map(({ gateway, id }, i) => [gateway, id, weights[i]!] as const),
      time: this.options.clock.now(),
    });
  }

  /** The contributions that cannot be paid for, each with the reason. */
  unpaid(contributions: readonly Contribution[]): ReadonlyMap<Contribution, UnpaidReason> {
    const found = new Map<Contribution, UnpaidReason>();
    const { interrupted } = this;
    if (interrupted && isMadeOf(interrupted, contributions, true)) return found;
    const seen = new Set<string>();
    for (const contribution of contributions) {
      const { gateway } = contribution;
      if (!this.affords(gateway)) found.set(contribution, 'spent');
      else if (seen.has(gateway)) found.set(contribution, 'repeated');
      seen.add(gateway);
    }
    return found;
  }

  /**
   * The sum of the contributions that were paid for last, with its noise.
   * @param originals takes deltas before they are clipped
   * @throws FtteError `privacy-ledger` if it is of others
   */
  *combine(
    contributions: readonly Contribution[],
    version: number,
    into: PseudoGradient,
    originals?: Originals,
  ): Resumable<ContributionWeight[]> {
    const { size } = this.options;
    const entry = this.ledger.entries.at(-1);
    if (!entry || !isMadeOf(entry, contributions, true)) throw notPaid();
    const nonces = this.ledger.entries.slice(this.ledger.blockStart).map(({ nonce }) => nonce);
    const normals = yield* this.noise.of(nonces, entry.band, size);
    const { clip, divisor, noise } = entry;
    const weights = entry.contributions.map(([, , weight]) => weight);
    return yield* privateSum(
      contributions,
      version,
      { clip, weights, divisor, noise, normals },
      into,
      originals,
    );
  }

  /** The version that was paid for last has become the newest. */
  advanced(): void {
    if (!this.distrust) this.applied = this.ledger.entries.length;
  }

  /** The spent part of the budget of a gateway. */
  spendingOf(gateway: string): GatewaySpending {
    const { contributions } = this.ledger.spentBy(gateway);
    return { contributions, spentEpsilon: this.epsilonOf(gateway), isSpent: !this.affords(gateway) };
  }

  get status(): VersionPrivacyStatus {
    const { epsilon, delta } = this.options.privacy;
    const { distrust } = this;
    if (distrust)
      return { epsilon, delta, spentEpsilon: undefined, spentGateways: undefined, problem: distrust.message };
    const known = this.options.gateways();
    const most = known.reduce((squares, { id }) => Math.max(squares, this.ledger.spentBy(id).squares), 0);
    return {
      epsilon,
      delta,
      spentEpsilon: gaussianEpsilon(Math.sqrt(most), delta),
      spentGateways: known.filter(({ id }) => !this.affords(id)).length,
      problem: undefined,
    };
  }

  /** A sentence if the gateways that are there are too few for the settings, or for the noise. */
  get warning(): string | undefined {
    const gateways = this.usableGateways();
    const expected = this.expected(gateways);
    return separationWarning(expected, gateways) ?? noiseWarning(expected, gateways);
  }

  private expected(gateways: number): ExpectedNoise {
    const { privacy, aggregation, size } = this.options;
    return expectedNoise(privacy, aggregation.bufferSize, gateways, size);
  }

  private epsilonOf(gateway: string): number {
    return gaussianEpsilon(Math.sqrt(this.ledger.spentBy(gateway).squares), this.options.privacy.delta);
  }

  private affords(gateway: string): boolean {
    const { contributions, squares } = this.ledger.spentBy(gateway);
    const { privacy } = this.options;
    if (contributions >= privacy.contributions) return false;
    return squares + this.budget / privacy.contributions <= this.budget * slack;
  }

  /** The newest entry, if its version is not in the model. */
  private get interrupted(): VersionEntry | undefined {
    const { entries } = this.ledger;
    return entries.length === this.applied + 1 && this.applied >= this.keyedFrom ? entries.at(-1) : undefined;
  }

  private sizeNow() {
    const { privacy, aggregation } = this.options;
    const band = this.ledger.entries.at(-1)?.band;
    return privateSize(aggregation.bufferSize, privacy.separation, this.usableGateways(), band);
  }

  /** Whether the noise of a next version with a gateway has nothing in common with that of its last one. */
  private isApart(gateway: string, separation: number): boolean {
    const { last } = this.ledger.spentBy(gateway);
    return last < this.ledger.blockStart || this.ledger.entries.length - last >= separation;
  }

  /** Noise of the next version, which goes on with that of the version before if nothing has changed. */
  private planOf(
    contributions: readonly Contribution[],
    lineage: string,
  ): Pick<VersionEntry, 'band' | 'noise' | 'begins' | 'divisor'> {
    const { privacy, aggregation, size } = this.options;
    const last = this.ledger.entries.at(-1);
    const fresh = privateSize(aggregation.bufferSize, privacy.separation, this.usableGateways());
    const wanted = bandFor(fresh.separation, size);
    const now = this.sizeNow();
    const goesOn =
      last !== undefined &&
      this.ledger.blockStart >= this.keyedFrom &&
      last.lineage === lineage &&
      this.ledger.entries.length === this.applied &&
      last.clip === this.clip &&
      last.noise === gatewayNoise(privacy, last.band) &&
      (privacy.separation === 'auto'
        ? wanted < 2 * last.band && now.separation >= last.band
        : wanted === last.band) &&
      contributions.every(({ gateway }) => this.isApart(gateway, last.band));
    const band = goesOn ? last.band : wanted;
    const { bufferSize } = goesOn ? now : fresh;
    const divisor = Math.max(bufferSize, contributions.length);
    return { band, noise: gatewayNoise(privacy, band), begins: !goesOn, divisor };
  }

  /** Gateways that may still be used, and are online or were a while ago: a restart finds all of them offline. */
  private usableGateways(): number {
    const of = this.options.gateways();
    const entries = this.ledger.entries.length;
    const now = this.options.clock.now();
    const { usable } = this;
    if (usable && usable.of === of && usable.entries === entries && now < usable.untilMs) return usable.count;
    const isThere = ({ online, lastHeardMs }: KnownGateway) => online || lastHeardMs > now - rememberedMs;
    const count = of.filter((gateway) => isThere(gateway) && this.affords(gateway.id)).length;
    if (count > (usable?.count ?? 0)) this.grownAt = now;
    this.usable = { of, entries, count, untilMs: now + settleMs };
    return count;
  }
}

/** The number of gateways that may be used, and what it was counted from. */
interface UsableGateways {
  readonly of: readonly KnownGateway[];
  readonly entries: number;
  readonly count: number;
  readonly untilMs: number;
}

/** Time for which a gateway that is offline counts as one that will send. */
const rememberedMs = 3_600_000;
/** Time without more gateways after which their number counts as settled. */
const settleMs = 60_000;

/** In a checkpoint: there is no key. */
const noKey = -1;

/** Counts that a float32 holds exactly. */
const countBase = 2 ** 20;

/** Whether an entry is of these contributions: of the first ones, or of all. */
function isMadeOf(
  { contributions }: VersionEntry,
  waiting: readonly Contribution[],
  isWhole = false,
): boolean {
  if (isWhole ? waiting.length !== contributions.length : waiting.length < contributions.length) return false;
  return contributions.every(([gateway, id], i) => waiting[i]!.gateway === gateway && waiting[i]!.id === id);
}

function notPaid(): FtteError {
  const text =
    'a version of other updates than those that the newest entry of privacy-ledger.bin has paid for is not made';
  return asFtteError(new Error(text), 'privacy-ledger');
}

function olderFolder(known: number, version: number, isProven: boolean): FtteError {
  const or = isProven
    ? ''
    : '. Or somebody with access to the broker has written that version in the name of this coordinator, which invitations prevent';
  const text = `the broker knows version ${known}, the folder only ${version}: an earlier copy of the folder was restored, and privacy-ledger.bin with it, so it is not known how much of the privacy budget is spent, and no version with differential privacy is made${or}. Stop the coordinator and put the newest copy of the folder back`;
  return asFtteError(new Error(text), 'privacy-ledger');
}

function rolledBack(applied: number, found: number): FtteError {
  const how =
    found === 0
      ? 'it was removed, or an earlier copy restored'
      : 'an earlier copy of the ledger was restored';
  const text = `privacy-ledger.bin has ${counted(found, 'version')}, and the model was made of ${applied}: ${how}, so it is not known how much of the privacy budget is spent, and no version with differential privacy is made. Put the newest privacy-ledger.bin and privacy-ledger.json back, and start again`;
  return asFtteError(new Error(text), 'privacy-ledger');
}
