import { type Segment, segmentsSize } from '../../model';
import type { Resumable } from '../../platform';
import { levelsOf, mostLevel, signed16 } from '../numbers/levels';
import { addMasks, type MaskName, maskKey } from '../seeds/mask-stream';
import type { SeedSetup } from '../seeds/seed-setup';
import { nameOf, type OpeningList, openedSegments } from './opening-list';

/**
 * Numbers after those of the plan that are all 1 before they are masked: in a sum they show how many updates it has, unless
 * a helper's part of the masks is wrong. They have coordinates that no model has.
 */
export const checkSegment: Segment = { offset: 2 ** 26, length: 4 };

/**
 * An update with its masks, `[plan + 4]`: levels of the delta and four checks, each plus one mask for each seed of the
 * gateway, modulo 2^16.
 * @param factor weight of the update, at most 1
 * @param names federation, gateway and id of the update; one id never masks two deltas
 * @param uniform the next of numbers in [0, 1), by which levels are rounded
 */
export function* maskUpdate(
  delta: Float32Array,
  factor: number,
  segments: readonly Segment[],
  { epoch, setup, seeds }: SeedSetup,
  names: Pick<MaskName, 'federation' | 'gateway' | 'update'>,
  uniform: () => number,
): Resumable<Uint16Array> {
  const masked = new Uint16Array(delta.length + checkSegment.length);
  masked.set(levelsOf(delta, factor, uniform));
  masked.fill(1, delta.length);
  yield;
  const all = [...segments, checkSegment];
  for (const [index, seed] of seeds.entries())
    yield* addMasks(maskKey(seed, index, { ...names, epoch, setup }), all, masked);
  return masked;
}

/**
 * A helper's part of the masks of a list, `[opened + 4]`: the masks of all updates under its seeds.
 * @param seeds indices of the seeds that it answers for
 * @param seedOf a seed of a gateway's setup; undefined if it is not there
 * @returns undefined if a seed is missing
 */
export function* maskShare(
  list: OpeningList,
  fewest: number,
  federation: string,
  seeds: readonly number[],
  seedOf: (gateway: string, setup: string, index: number) => Uint8Array | undefined,
): Resumable<Uint16Array | undefined> {
  const opened = openedSegments(list, fewest);
  const share = new Uint16Array(segmentsSize(opened) + checkSegment.length);
  const placed = list.plans.map((plan) => placesIn(opened, plan));
  for (const { gateway, setup, update, plan } of list.entries) {
    const { segments, places } = placed[plan]!;
    for (const index of seeds) {
      const seed = seedOf(gateway, setup, index);
      if (!seed) return undefined;
      const key = maskKey(seed, index, { federation, epoch: list.epoch, gateway, setup, update });
      if (!places) yield* addMasks(key, [...opened, checkSegment], share);
      else {
        const own = new Uint16Array(segmentsSize(segments) + checkSegment.length);
        yield* addMasks(key, [...segments, checkSegment], own);
        scatter(own, places, share);
      }
    }
  }
  return share;
}

/** A sum of levels that was opened. */
export interface OpenedSum {
  readonly segments: readonly Segment[];
  /** Sum of the levels of the updates that hold the coordinate, `[size of segments]`. */
  readonly sums: Int16Array;
}

/**
 * The sum of the levels of a list: that of the masked updates, less the shares of the helpers.
 * @param maskedOf the masked numbers of an update
 * @returns undefined if the checks differ: a share is not that of this list
 */
export function* openSum(
  list: OpeningList,
  fewest: number,
  maskedOf: (name: string) => ArrayLike<number>,
  shares: readonly Uint16Array[],
): Resumable<OpenedSum | undefined> {
  const segments = openedSegments(list, fewest);
  const size = segmentsSize(segments);
  const total = new Uint16Array(size + checkSegment.length);
  const placed = list.plans.map((plan) => placesIn(segments, plan));
  for (const entry of list.entries) {
    addOwn(maskedOf(nameOf(entry)), placed[entry.plan]!.places, total);
    yield;
  }
  for (const share of shares) {
    if (share.length !== total.length) return undefined;
    for (let i = 0; i < total.length; i++) total[i]! -= share[i]!;
    yield;
  }
  const { length } = list.entries;
  if (total.subarray(size).some((check) => check !== length)) return undefined;
  const sums = new Int16Array(size);
  for (let i = 0; i < size; i++) {
    sums[i] = signed16(total[i]!);
    if (Math.abs(sums[i]!) > mostLevel * length) return undefined;
  }
  return { segments, sums };
}

/** Adds an update's numbers on the opened coordinates, and its checks. */
function addOwn(masked: ArrayLike<number>, places: readonly Overlap[] | undefined, total: Uint16Array): void {
  const size = total.length - checkSegment.length;
  for (const { from, to, length } of places ?? [{ from: 0, to: 0, length: size }])
    for (let i = 0; i < length; i++) total[to + i]! += masked[from + i]!;
  const own = masked.length - checkSegment.length;
  for (let i = 0; i < checkSegment.length; i++) total[size + i]! += masked[own + i]!;
}

interface Overlap {
  /** Coordinate, and its places among those of the one and of the other. */
  readonly offset: number;
  readonly from: number;
  readonly to: number;
  readonly length: number;
}

/** The coordinates that two lists of runs have in common. */
function overlaps(one: readonly Segment[], other: readonly Segment[]): Overlap[] {
  const found: Overlap[] = [];
  let [i, j, before, beforeOther] = [0, 0, 0, 0];
  while (i < one.length && j < other.length) {
    const a = one[i]!;
    const b = other[j]!;
    const offset = Math.max(a.offset, b.offset);
    const end = Math.min(a.offset + a.length, b.offset + b.length);
    if (end > offset)
      found.push({
        offset,
        from: before + offset - a.offset,
        to: beforeOther + offset - b.offset,
        length: end - offset,
      });
    if (a.offset + a.length <= b.offset + b.length) {
      before += a.length;
      i++;
    } else {
      beforeOther += b.length;
      j++;
    }
  }
  return found;
}

/** The coordinates of a plan that are opened; without places if these are all that are opened. */
function placesIn(opened: readonly Segment[], plan: readonly Segment[]) {
  const found = overlaps(plan, opened);
  const segments = found.map(({ offset, length }) => ({ offset, length }));
  const isAll =
    segmentsSize(segments) === segmentsSize(opened) && segmentsSize(plan) === segmentsSize(opened);
  return { segments, places: isAll ? undefined : found };
}

/** Adds numbers of the coordinates of a plan to their places among the opened ones; the checks are last in both. */
function scatter(own: Uint16Array, places: readonly Overlap[], share: Uint16Array): void {
  let at = 0;
  for (const { to, length } of places) for (let i = 0; i < length; i++) share[to + i]! += own[at++]!;
  for (let i = share.length - checkSegment.length; i < share.length; i++) share[i]! += own[at++]!;
}
