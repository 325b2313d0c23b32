import type { Evidence } from './evidence';

/** Usual contributions, in how far they moved the model, in what is known of a gateway: what moved it before is forgotten. */
const settled = 5;
/** Buffers with it before which a gateway is not judged. */
export const trial = 3;
/** The same, in usual contributions, that what it sent on probation is worth at most: it moved nothing. */
const probationPull = 1;

/** Facts about a gateway. */
export interface Trust {
  /** Usual agreement with the other gateways of its buffers. */
  peers: number;
  /** Usual agreement with the direction of the fleet. */
  direction: number;
  /** Buffers in which its contributions were compared, up to the number after which they are settled. */
  compared: number;
  /** Those of them that had peers. */
  met: number;
  /** The version at which it was quarantined; -1: it is not. */
  since: number;
  /** Buffers with it until its probation is over. */
  probation: number;
  /** The version before the last buffer with a contribution of it; -1: there is none. */
  last: number;
  /** Pull behind `direction`: how far the contributions moved the model that it is the mean of, in usual contributions. */
  pull: number;
  /** The same for `peers`. */
  peerPull: number;
  /** Quarantines of it so far, also those from which it was released. */
  times: number;
}

/** A gateway of which nothing is known. */
export const unknown: Readonly<Trust> = {
  peers: 0,
  direction: 0,
  compared: 0,
  met: 0,
  since: -1,
  probation: 0,
  last: -1,
  pull: 0,
  peerPull: 0,
  times: 0,
};

/** The trust in a gateway, -1 to 1. */
export const trustOf = ({ peers, direction }: Trust): number => (peers + direction) / 2;

/** Whether too little is known of a gateway to judge it, and none of it is on probation. */
export const isNew = ({ compared, probation }: Trust): boolean => compared < trial && probation === 0;

/**
 * Adds a buffer to what is known of a gateway. While there is no direction yet, its peers are one. Each counts by its pull, how
 * far it moves the model: small contributions, however many there are, make up for a large one no more than they move back.
 */
export function learn(trust: Trust, { peers, direction }: Evidence, pull: number): void {
  const found = peers ?? direction;
  if (found === undefined || !(pull > 0)) return;
  if (peers !== undefined) {
    trust.peers = moved(trust.peers, peers, trust.peerPull, pull);
    trust.peerPull = added(trust.peerPull, pull);
    trust.met = Math.min(settled, trust.met + 1);
  }
  trust.direction = moved(trust.direction, direction ?? found, trust.pull, pull);
  trust.pull = added(trust.pull, pull);
  trust.compared = Math.min(settled, trust.compared + 1);
  trust.probation = Math.max(0, trust.probation - 1);
}

/** Ends a probation: what it sent meanwhile moved nothing, and does not pay for what it sends from now on. */
export function endProbation(trust: Trust): void {
  trust.pull = Math.min(trust.pull, probationPull);
  trust.peerPull = Math.min(trust.peerPull, probationPull);
}

/** A mean of contributions with this pull after one more. Float32 is what a checkpoint holds: the same numbers after a restart. */
const moved = (mean: number, fact: number, known: number, pull: number): number =>
  Math.fround(mean + Math.min(1, pull / Math.min(settled, known + pull)) * (fact - mean));

const added = (known: number, pull: number): number => Math.fround(Math.min(settled, known + pull));

/** The facts of a gateway in the order of a checkpoint. */
const facts = ['peers', 'direction', 'compared', 'met', 'since', 'probation', 'last'] as const;

/** Those that came later, in arrays of their own: earlier versions read the others. */
const pulls = ['pull', 'peerPull'] as const;

/** The arrays of a checkpoint for gateways: `trust` has seven numbers for each, `pull` two, and `times` one. */
export function numbersOf(gateways: readonly Trust[]): Record<'trust' | 'pull' | 'times', Float32Array> {
  return {
    trust: Float32Array.from(gateways.flatMap((one) => facts.map((fact) => one[fact]))),
    pull: Float32Array.from(gateways.flatMap((one) => pulls.map((fact) => one[fact]))),
    times: Float32Array.from(gateways, ({ times }) => times),
  };
}

/**
 * The gateways of the arrays of a checkpoint; undefined for one whose numbers cannot be. In a checkpoint of an earlier version,
 * which has no pulls, each contribution counts as a usual one; without `times`, a quarantine that is known is the first one.
 * @returns nothing if the lengths do not fit
 */
export function trustsOf(
  count: number,
  numbers: ArrayLike<number>,
  ofPulls: ArrayLike<number> | undefined,
  times: ArrayLike<number> | undefined,
): readonly (Trust | undefined)[] {
  if (numbers.length !== facts.length * count) return [];
  const isWhole = ofPulls?.length === pulls.length * count;
  return Array.from({ length: count }, (_, i) => {
    const trust: Trust = { ...unknown };
    for (const [k, fact] of facts.entries()) trust[fact] = numbers[facts.length * i + k]!;
    trust.pull = isWhole ? ofPulls[pulls.length * i]! : trust.compared;
    trust.peerPull = isWhole ? ofPulls[pulls.length * i + 1]! : trust.met;
    const isKnown = trust.since >= 0 || trust.probation > 0;
    trust.times = times?.length === count ? times[i]! : Number(isKnown);
    return isPossible(trust) ? trust : undefined;
  });
}

function isPossible(trust: Trust): boolean {
  const { peers, direction, compared, met, since, probation, last, pull, peerPull, times } = trust;
  const within = (value: number, least: number, most: number) => value >= least && value <= most;
  return (
    Object.values(trust).every(Number.isFinite) &&
    [peers, direction].every((mean) => within(mean, -slack, slack)) &&
    [compared, met, pull, peerPull].every((count) => within(count, 0, settled)) &&
    within(probation, 0, trial) &&
    within(times, 0, mostVersions) &&
    // It is quarantined by a buffer with it. A number of versions that float32 holds only about is no version of a model.
    within(last, -1, mostVersions) &&
    within(since, -1, last)
  );
}

/** Of a mean of cosines, with rounding. */
const slack = 1 + 1e-5;
/** The largest whole number up to which float32 has all. */
const mostVersions = 2 ** 24;
