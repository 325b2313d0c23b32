import {
  type Addressed,
  Committee,
  committeeSize,
  type Deposit,
  depositsOf,
  drawSeeds,
  fewestEver,
  Helper,
  type HelperAnswer,
  HelperDesk,
  levelStep,
  levelsOf,
  makeOffer,
  maskUpdate,
  nameOf,
  Opening,
  type OpeningList,
  openDeposit,
  type SeedSetup,
  usualFewest,
} from '../../gateway/masking';
import { type Random, runSync, SeededRandom } from '../../gateway/platform';
import { EphemeralKey, Identity } from '../../gateway/security';

const federation = 'bench';

interface Gateway {
  readonly gateway: string;
  readonly setup: SeedSetup;
  readonly deposits: readonly Deposit[];
}

/** Processor times and bytes of what a federation does. */
export interface Tally {
  readonly ms: Record<'setup' | 'mask' | 'vote' | 'share' | 'open', number[]>;
  shareBytes: number;
}

/** Gateways with seeds and a committee among them, in one process: each message is a call, and is counted. */
export class MaskedFederation {
  readonly committee: Committee;
  readonly gateways: readonly Gateway[];
  readonly tally: Tally = {
    ms: { setup: [], mask: [], vote: [], share: [], open: [] },
    shareBytes: 0,
  };
  readonly desks: readonly HelperDesk[];
  private readonly held: ReadonlyMap<string, Uint8Array>[];
  private readonly random: Random;
  private updates = 0;

  constructor(members: number, seed: number) {
    this.random = new SeededRandom(seed);
    const size = committeeSize(members);
    if (!size) throw new Error(`${members} members are too few`);
    const identities = Array.from({ length: members }, () => Identity.create());
    const sealing = identities.slice(0, size.helpers).map(() => new EphemeralKey());
    const helpers = sealing.map(({ publicBytes }, i) =>
      makeOffer(identities[i]!, federation, `g${i}`, publicBytes),
    );
    const fewest = Math.max(fewestEver, Math.min(usualFewest, members));
    const { threshold } = size;
    this.committee = new Committee({ federation, number: 1, fewest, threshold, helpers });
    this.gateways = identities.map((identity, i) => {
      const gateway = `g${i}`;
      return timed(this.tally.ms.setup, () => {
        const setup = drawSeeds(this.committee, i.toString(16).padStart(16, '0'));
        return { gateway, setup, deposits: depositsOf(setup, this.committee, gateway, identity) };
      });
    });
    this.held = sealing.map((key, helper) => {
      const seeds = new Map<string, Uint8Array>();
      for (const { gateway, deposits } of this.gateways)
        for (const [index, one] of openDeposit(deposits[helper]!, this.committee, helper, key) ?? [])
          seeds.set(`${gateway} ${index}`, one);
      return seeds;
    });
    this.desks = this.held.map((seeds, index) => {
      const sign = (bytes: Uint8Array) => identities[index]!.sign(bytes);
      return new HelperDesk({
        helper: new Helper({ committee: this.committee, index, sign }, new Map()),
        federation,
        fewest,
        seedOf: (gateway, _setup, seed) => seeds.get(`${gateway} ${seed}`),
      });
    });
  }

  /** Masks a delta of each of these gateways, and lists them. */
  updatesOf(senders: readonly Gateway[], parameters: number) {
    const segments = [{ offset: 0, length: parameters }];
    const masked = new Map<string, Uint16Array>();
    const levels = new Int32Array(parameters);
    const mean = new Float64Array(parameters);
    const entries = senders.map(({ gateway, setup }) => {
      const delta = Float32Array.from({ length: parameters }, () => 0.01 * this.random.normal());
      const seed = this.random.integer(2 ** 31);
      const draws = () => {
        const own = new SeededRandom(seed);
        return () => own.uniform();
      };
      levelsOf(delta, 1, draws()).forEach((level, i) => {
        levels[i]! += level;
        mean[i]! += delta[i]! / senders.length;
      });
      const update = (++this.updates).toString(16).padStart(16, '0');
      const names = { federation, gateway, update };
      const entry = { gateway, setup: setup.setup, update, plan: 0 };
      const numbers = timed(this.tally.ms.mask, () =>
        runSync(maskUpdate(delta, 1, segments, setup, names, draws())),
      );
      masked.set(nameOf(entry), numbers);
      return entry;
    });
    const list: OpeningList = { epoch: this.committee.epoch, entries, plans: [segments] };
    return { list, masked, levels, mean };
  }

  /** Opens a list while these helpers are away. @returns the opening, and its sum if there is one */
  open(list: OpeningList, masked: ReadonlyMap<string, Uint16Array>, away: readonly number[] = []) {
    const opening = new Opening(this.committee, list);
    this.carry(opening, opening.begin(), away);
    const sum =
      opening.stage === 'ready'
        ? timed(this.tally.ms.open, () => runSync(opening.open((name) => masked.get(name)!)))
        : undefined;
    return { opening, sum };
  }

  /** Carries requests to helpers and their answers back, until nobody says anything. */
  private carry(opening: Opening, first: readonly Addressed[], away: readonly number[]): void {
    for (const waiting = [...first]; waiting.length > 0; ) {
      const { helper, request } = waiting.shift()!;
      if (away.includes(helper)) continue;
      const desk = this.desks[helper]!;
      const isVote = request.kind === 'list';
      const answer: HelperAnswer = timed(this.tally.ms[isVote ? 'vote' : 'share'], () =>
        runSync(desk.answer(request)),
      );
      if (answer.kind === 'vote') {
        waiting.push(...opening.takeVote(helper, answer.signature));
      } else if (answer.kind === 'share') {
        this.tally.shareBytes = answer.share.byteLength;
        opening.takeShare(helper, answer.responders, answer.share);
      } else waiting.push(...opening.takeRefusal(helper, answer.text));
    }
  }
}

function timed<T>(into: number[], work: () => T): T {
  const from = process.cpuUsage();
  const result = work();
  const { user, system } = process.cpuUsage(from);
  into.push((user + system) / 1000);
  return result;
}

/** Largest difference between the opened mean and the one of the changes as they were, in steps of a level. */
export const errorInSteps = (sums: Int16Array, mean: Float64Array, count: number): number =>
  sums.reduce((most, sum, i) => Math.max(most, Math.abs((sum * levelStep) / count - mean[i]!)), 0) /
  levelStep;
