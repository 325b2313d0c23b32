import type { Resumable } from '../../platform';
import { mostCompared, type Protection } from '../../task';
import { type Contribution, firstOfEach } from '../aggregation/contribution';
import type { Originals } from '../aggregation/originals';
import { type Evidence, together } from './evidence';
import { FleetDirection, type Part } from './fleet-direction';
import { krum } from './krum';
import { arrayOfNames, namesOfArray } from './names';
import { NormMemory, strictLimits, wideLimits } from './norm-memory';
import { peerAgreements } from './peers';
import { readyOf } from './ready';
import { replaceByMiddle, trimmedForMedian, trimmedOf } from './trimmed-mean';
import { type Judgement, leastGateways, offenceOf, type Quarantine, TrustMemory } from './trust-memory';

/** The measures taken on a contribution against hostile or broken gateways. */
export interface Treatment {
  /** Its norm as a multiple of the usual one, each per root of its parameters. */
  readonly norm: number;
  /** Share of its length that was left; 1: it was not clipped. */
  readonly kept: number;
  /** Agreement of its gateway with the fleet, -1 to 1; undefined unless the task asks for trust. */
  readonly trust?: number;
  /** Factor for its weight, 0 to 1. */
  readonly factor: number;
  readonly change?: 'quarantined' | 'released';
}

/** A buffer that is ready to be combined. */
export interface Treated {
  /** One per contribution. */
  readonly treatments: readonly Treatment[];
  /** Factors for the weights; undefined if all are 1. */
  readonly factors: readonly number[] | undefined;
  /** All contributions are of gateways in quarantine: the buffer does not move the model. */
  readonly isVoid: boolean;
  /** Whether anything may be done: `trust` only watches until it knows enough gateways. */
  readonly isActive: boolean;
  /** The part that each has in the way of the fleet: a factor for its weight, and one for the length that it still has. */
  readonly parts: readonly Part[];
}

/**
 * The thing that `trust` does at this time: it only watches, because it knows too few gateways; it judges; or it only clips,
 * because the gateways have no common way that one of them could push back.
 */
export type TrustStage = 'watching' | 'judging' | 'no-common-way';

/** The memory of `trust`: of each gateway, and of the way that the fleet goes. */
interface FleetTrustMemory {
  readonly memory: TrustMemory;
  readonly direction: FleetDirection;
}

/** Versions in a row in which nobody was judged, after which that is said. */
const long = 50;

/** The lengths of the contributions of a buffer. */
interface Lengths {
  /** Per root of their parameters. */
  readonly norms: readonly number[];
  /** Share of its length that each may keep. */
  readonly kept: readonly number[];
}

/**
 * The part of its own length by which a rule lets each contribution of a buffer move the model.
 * @param isProtected whether weights are limited, as `BufferInput` says
 */
export type Shares = (isProtected: boolean) => Resumable<readonly number[]>;

/** The reason for which an update is refused before it is written. */
export interface Refusal {
  readonly reason: 'norm-exceeded' | 'quarantined';
  readonly detail: string;
}

/**
 * Protection against hostile and broken gateways, `aggregation.robust` of a task. It works on the contributions before
 * the rule combines them, and so with every rule and over different plans. What it remembers moves only when a buffer is
 * combined: a restart, which reads the waiting contributions from the journal, goes on with the same bits.
 *
 * `clip` refuses updates that are much longer than usual, clips deltas, and lets a gateway count once in a buffer; its limits are
 * wide, those of all other kinds strict (see `LengthLimits`). `trust` remembers, too, how far each gateway agrees with the fleet,
 * and quarantines those that push the model back or carry it by themselves; all others keep their weight, and until it knows five
 * gateways it only watches. `median`, `trimmed` and `krum` clip, too, and then trust no weights: the first contribution of each
 * gateway counts, by the median or trimmed mean of each coordinate, or one contribution stands for all.
 */
export class Robustness {
  private readonly norms: NormMemory;
  private readonly trust: FleetTrustMemory | undefined;
  /** Gateways with an update that was refused for its norm since the newest version. */
  private readonly refused = new Set<string>();
  /** Facts about the fleet of a version: going through all gateways takes too long for each update, or status. */
  private facts: { readonly version: number; taken?: number; hasCommonWay?: boolean } | undefined;
  /** Versions in a row in which nobody was judged, since the start. */
  private unjudged = 0;
  /** Gateways that were taken out of the federation since the last `mark`. */
  private readonly excluded = new Set<string>();

  /** @param countsOnce whether the rule takes one contribution of a gateway by itself */
  constructor(
    private readonly kind: Protection['kind'],
    size: number,
    private readonly countsOnce: boolean,
  ) {
    this.norms = new NormMemory(kind === 'clip' ? wideLimits : strictLimits);
    this.trust =
      kind === 'trust' ? { memory: new TrustMemory(), direction: new FleetDirection(size) } : undefined;
  }

  /**
   * The number of the oldest waiting contributions that make a version, if so many are enough by the rule; 0: it waits until they
   * are of enough gateways. One that sends often does not make versions by itself, which the updates of others are too old
   * for, and in which nobody is compared with it.
   * @param online gateways that are connected
   */
  ready(waiting: readonly Contribution[], enough: number, version: number, online: number): number {
    return this.isLimited(version, online)
      ? readyOf(waiting, enough, this.expected(version, online))
      : enough;
  }

  /** Gateways that can be expected to contribute: those online, but for those that have been silent for long or are quarantined. */
  expected(version: number, online: number): number {
    return Math.min(online, Math.max(leastGateways, this.taken(version) ?? online));
  }

  /** Whether a gateway that sends often must leave room for others: whether there is, or may be, a fleet to protect. */
  isLimited(version: number, online: number): boolean {
    if (this.kind === 'none' || this.countsOnce) return false;
    return online >= leastGateways || (this.taken(version) ?? 0) >= leastGateways;
  }

  /** Gateways of the fleet whose updates are taken; undefined: they are not remembered. */
  private taken(version: number): number | undefined {
    if (!this.trust) return undefined;
    const facts = this.factsOf(version);
    facts.taken ??= this.trust.memory.taken(version);
    return facts.taken;
  }

  private factsOf(version: number): NonNullable<typeof this.facts> {
    if (this.facts?.version !== version) this.facts = { version };
    return this.facts;
  }

  /**
   * Judges an update on arrival. @returns why it is refused; undefined: it is taken
   * @param online gateways that are connected: if more than half of them were refused for their norm, the fleet has
   *        changed, and not they
   */
  refusalOf(gateway: string, delta: Float32Array, version: number, online: number): Refusal | undefined {
    const quarantine = this.quarantineOf(gateway, version);
    if (quarantine) {
      const { trust, since, until, times } = quarantine;
      const again = times > 1 ? `, ${times} times by now` : '';
      return {
        reason: 'quarantined',
        detail: `its updates ${offenceOf(trust)} (trust ${trust.toFixed(2)}, an outlier of the fleet): quarantined from version ${since} to ${until}${again}`,
      };
    }
    const { limit } = this.norms;
    if (!this.isActive(version) || limit === undefined || 2 * this.refused.size > online) return undefined;
    const most = limit * Math.sqrt(delta.length);
    const norm = Math.sqrt(squaresOf(delta, 0, delta.length));
    if (!(norm > most)) return undefined;
    this.refused.add(gateway);
    return {
      reason: 'norm-exceeded',
      detail: `norm of the delta: expected at most ${most.toPrecision(4)} for ${delta.length} parameters, as the norms of all gateways are, got ${norm.toPrecision(4)}`,
    };
  }

  /**
   * Treats the contributions of a buffer, whose deltas it changes in place, before the rule combines them.
   * @param sharesOf absent: all move the model alike
   * @param originals takes each delta before it changes
   */
  *treat(
    contributions: readonly Contribution[],
    version: number,
    sharesOf: Shares = alike(contributions),
    originals?: Originals,
  ): Resumable<Treated | undefined> {
    if (this.kind === 'none') return undefined;
    this.refused.clear();
    const isActive = this.isActive(version, contributions);
    const { norms, kept } = yield* this.measure(contributions);
    if (isActive) yield* clip(contributions, kept, originals);
    const { trust } = this;
    const shares = trust && (yield* sharesOf(isActive));
    const judgements =
      trust && shares && (yield* this.judge(trust, contributions, version, { norms, kept }, shares));
    const chosen = yield* this.choose(contributions, originals);
    const usual = this.norms.usual ?? 0;
    const treatments = contributions.map((_, i): Treatment => {
      const { trust, factor = 1, change } = judgements?.[i] ?? {};
      return {
        norm: usual > 0 ? norms[i]! / usual : 0,
        kept: isActive ? kept[i]! : 1,
        factor: chosen?.[i] ?? factor,
        ...(trust !== undefined && { trust }),
        ...(change && { change }),
      };
    });
    const counts = countsOf(contributions);
    const factors = contributions.map(
      ({ gateway }, i) => treatments[i]!.factor / (this.countsOnce || chosen ? 1 : counts.get(gateway)!),
    );
    // While it only watches deltas are as long as they came: a long one must not be the way for many versions.
    const parts = contributions.map(({ gateway }, i) => ({
      weight: treatments[i]!.factor / (chosen ? 1 : counts.get(gateway)!),
      length: isActive ? 1 : kept[i]!,
    }));
    const isVoid = isActive && factors.every((factor) => factor === 0);
    const isPlain = !isActive || isVoid || factors.every((factor) => factor === 1);
    return { treatments, isActive, parts, factors: isPlain ? undefined : factors, isVoid };
  }

  /** Remembers the way in which a buffer, which was treated, moves the model. */
  *learn(contributions: readonly Contribution[], { parts, isVoid }: Treated): Resumable<void> {
    if (this.trust && !isVoid) yield* this.trust.direction.add(contributions, parts);
  }

  quarantineOf(gateway: string, version: number): Quarantine | undefined {
    return this.trust?.memory.quarantineOf(gateway, version);
  }

  /** The gateways that are quarantined at this version. */
  quarantines(version: number): ReadonlyMap<string, Quarantine> {
    return this.trust?.memory.quarantines(version) ?? new Map();
  }

  /** The gateways whose updates are taken at this version and count nothing yet. */
  probations(version: number): ReadonlySet<string> {
    return this.trust?.memory.probations(version) ?? new Set();
  }

  /** Ends the quarantine or probation of a gateway. @returns whether there was one */
  release(gateway: string): boolean {
    this.facts = undefined;
    return this.trust?.memory.release(gateway) ?? false;
  }

  /** The thing that `trust` does at this version; undefined: the task has another protection. */
  stage(version: number): TrustStage | undefined {
    if (!this.trust) return undefined;
    if (!this.isActive(version)) return 'watching';
    const facts = this.factsOf(version);
    facts.hasCommonWay ??= this.trust.memory.hasCommonWay(version);
    return facts.hasCommonWay ? 'judging' : 'no-common-way';
  }

  /** Whether the buffer that was treated last is the one after which it is to be said that nobody is judged. */
  get isLongUnjudged(): boolean {
    return this.unjudged === long;
  }

  /** Forgets a gateway that was taken out of the federation: its name does not count in what is left of the fleet. */
  exclude(gateway: string): void {
    this.facts = undefined;
    this.trust?.memory.forget(gateway);
    this.refused.delete(gateway);
    this.excluded.add(gateway);
  }

  /** Remembers what is known. @returns goes back to that, but for gateways that were taken out of the federation meanwhile */
  mark(): () => void {
    const arrays = this.arrays();
    const refused = [...this.refused];
    const { unjudged } = this;
    this.excluded.clear();
    return () => {
      this.restore(arrays);
      for (const gateway of refused) this.refused.add(gateway);
      this.unjudged = unjudged;
      for (const gateway of this.excluded) this.exclude(gateway);
    };
  }

  /** The memory for a checkpoint, by name. Empty for `none`. */
  arrays(): ReadonlyMap<string, Float32Array> {
    const arrays = new Map<string, Float32Array>();
    if (this.kind === 'none') return arrays;
    arrays.set(`${prefix}norms`, this.norms.array);
    arrays.set(`${prefix}norm-ids`, arrayOfNames(this.norms.gateways));
    if (!this.trust) return arrays;
    arrays.set(`${prefix}direction`, this.trust.direction.array);
    for (const [name, values] of this.trust.memory.arrays()) arrays.set(prefix + name, values);
    return arrays;
  }

  /** Restores what `arrays` returned; an empty map resets the memory. */
  restore(arrays: ReadonlyMap<string, Float32Array>): void {
    this.restoreModel(arrays);
    const [ids, trust, pull, times] = ['ids', 'trust', 'pull', 'times'].map((name) =>
      arrays.get(prefix + name),
    );
    this.trust?.memory.restore(ids, trust, pull, times);
    this.facts = undefined;
  }

  /** Restores what belongs to the state of the model. What is known of the gateways stays. */
  restoreModel(arrays: ReadonlyMap<string, Float32Array>): void {
    this.refused.clear();
    this.norms.restore(arrays.get(`${prefix}norms`), namesOfArray(arrays.get(`${prefix}norm-ids`)));
    this.trust?.direction.restore(arrays.get(`${prefix}direction`));
  }

  /** Measures contributions. @returns their norms per root of parameters, and the share of its length that each may keep */
  private *measure(contributions: readonly Contribution[]): Resumable<Lengths> {
    const norms: number[] = [];
    for (const { delta } of contributions) {
      let squares = 0;
      for (let from = 0; from < delta.length; from += step) {
        squares += squaresOf(delta, from, Math.min(delta.length, from + step));
        yield;
      }
      norms.push(Math.sqrt(squares / delta.length));
    }
    this.norms.add(contributions.map(({ gateway }, i) => ({ gateway, norm: norms[i]! })));
    const { most = 0 } = this.norms;
    return { norms, kept: norms.map((norm) => (norm > most && most > 0 ? most / norm : 1)) };
  }

  /** Applies a rule of one buffer, which changes deltas in place. @returns a factor of 0 or 1 for each, if there is one */
  private *choose(
    contributions: readonly Contribution[],
    originals: Originals | undefined,
  ): Resumable<readonly number[] | undefined> {
    const { kind } = this;
    if (kind === 'none' || kind === 'clip' || kind === 'trust') return undefined;
    const first = firstOfEach(contributions);
    let counted: ReadonlySet<Contribution> = first;
    if (kind === 'krum') {
      const compared = [...first].slice(0, mostCompared);
      counted = new Set([compared[yield* krum(compared)]!]);
    } else {
      for (const { delta } of first) {
        originals?.keep(delta);
        yield;
      }
      yield* replaceByMiddle([...first], kind === 'median' ? trimmedForMedian : trimmedOf);
    }
    return contributions.map((one) => (counted.has(one) ? 1 : 0));
  }

  private isActive(version: number, contributions?: readonly Contribution[]): boolean {
    return this.trust ? this.trust.memory.isEnough(version, contributions) : this.kind !== 'none';
  }

  /** Distances by which the contributions move the model: 1 on average of a buffer of gateways that send usual lengths once each. */
  private pullsOf(
    contributions: readonly Contribution[],
    { norms, kept }: Lengths,
    shares: readonly number[],
  ): readonly number[] {
    const usual = this.norms.usual ?? 0;
    if (usual === 0) return shares.map(() => 0);
    const counts = countsOf(contributions);
    const once = contributions.map(
      ({ gateway }, i) => shares[i]! / (this.countsOnce ? 1 : counts.get(gateway)!),
    );
    const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
    const scale = (counts.size * total(shares)) / total(once);
    const longest = Math.max(...contributions.map(({ delta }) => delta.length));
    // A delta of a part of the model moves it less far than one of all of it with the same norm per root of parameters.
    return once.map((share, i) => {
      const part = Math.sqrt(contributions[i]!.delta.length / longest);
      return (scale * share * part * norms[i]! * kept[i]!) / usual;
    });
  }

  /** Judges each gateway once, by all that it has in the buffer. @returns one judgement per contribution */
  private *judge(
    { memory, direction }: FleetTrustMemory,
    contributions: readonly Contribution[],
    version: number,
    { norms, kept }: Lengths,
    shares: readonly number[],
  ): Resumable<readonly Judgement[]> {
    const peers = yield* peerAgreements(contributions);
    const usual = this.norms.usual ?? 0;
    const pulls = this.pullsOf(contributions, { norms, kept }, shares);
    const found = new Map<string, Evidence[]>();
    for (const [i, contribution] of contributions.entries()) {
      const way = yield* direction.compare(contribution);
      const one = { peers: peers[i], direction: way, isLong: norms[i]! >= usual, pull: pulls[i]! };
      found.set(contribution.gateway, [...(found.get(contribution.gateway) ?? []), one]);
    }
    memory.forgetLapsed(version);
    const evidence = [...found].map(([gateway, compared]) => [gateway, together(compared)] as const);
    const judged = memory.judge(new Map(evidence), version);
    this.facts = undefined;
    this.unjudged = this.stage(version) === 'judging' ? 0 : this.unjudged + 1;
    const first = firstOfEach(contributions);
    return contributions.map((one) => {
      const { change, ...judgement } = judged.get(one.gateway)!;
      return { ...judgement, ...(change && first.has(one) && { change }) };
    });
  }
}

const prefix = 'robust/';

/** Number of contributions of each gateway. */
function countsOf(contributions: readonly Contribution[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { gateway } of contributions) counts.set(gateway, (counts.get(gateway) ?? 0) + 1);
  return counts;
}

/** Equal shares. */
function alike(contributions: readonly Contribution[]): Shares {
  return function* () {
    yield;
    return contributions.map(() => 1 / contributions.length);
  };
}

/** Numbers of a delta that are worked on between two pauses. */
const step = 16_384;

/** Shortens deltas in place. */
function* clip(
  contributions: readonly Contribution[],
  kept: readonly number[],
  originals: Originals | undefined,
): Resumable<void> {
  for (const [i, { delta }] of contributions.entries()) {
    if (kept[i] === 1) continue;
    originals?.keep(delta);
    for (let from = 0; from < delta.length; from += step) {
      const end = Math.min(delta.length, from + step);
      for (let at = from; at < end; at++) delta[at] = delta[at]! * kept[i]!;
      yield;
    }
  }
}

function squaresOf(values: Float32Array, from: number, to: number): number {
  let squares = 0;
  for (let i = from; i < to; i++) squares += values[i]! * values[i]!;
  return squares;
}
