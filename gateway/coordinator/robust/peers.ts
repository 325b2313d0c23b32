import { type Resumable, YieldBudget } from '../../platform';
import { type Contribution, firstOfEach } from '../aggregation/contribution';
import { median } from '../aggregation/weights';
import { cosineOf, portion, product } from './product';
import { type Holder, perRun, sharedRuns } from './shared-runs';

/** Gateways of a buffer that others are compared with at most: the work grows with the number of pairs. */
const mostPeers = 16;

/**
 * Compares each contribution with those of the other gateways in its buffer: the median of the cosines of the angles between
 * the two, over the parameters that both hold. A median, so that a few that send the same are not the fleet; and one
 * contribution of each gateway, so that nobody is several. In a large buffer they are spread over it, so that the first to
 * arrive do not judge all others.
 * @returns one per contribution; undefined: it has no peers, or moves nothing
 */
export function* peerAgreements(contributions: readonly Contribution[]): Resumable<(number | undefined)[]> {
  const first = [...firstOfEach(contributions)];
  const width = Math.min(first.length, mostPeers);
  const chosen = new Set(
    Array.from({ length: width }, (_, i) => first[Math.floor((i * first.length) / width)]),
  );
  const peers = contributions.flatMap((one, i) => (chosen.has(one) ? [i] : []));
  const columnOf = new Map(peers.map((index, column) => [index, column]));
  const size = contributions.length * width;
  const products = new Float64Array(size);
  // Squares of a contribution, and of its peer, on the parameters that both hold.
  const squares = new Float64Array(size);
  const peerSquares = new Float64Array(size);
  const peerRows = peers.map(() => new Float64Array(portion));
  const peerLengths = new Float64Array(width);
  const other = new Float64Array(portion);
  const pause = new YieldBudget();
  const isPeer = ({ index }: Holder) => columnOf.has(index);
  const pairs = contributions.map((_, index) => pairsOf(index, peers, contributions, columnOf, width));
  const isHeld = new Uint8Array(contributions.length);
  const ofRun = perRun * contributions.length;
  for (const { length, holders } of sharedRuns(contributions)) {
    if (pause.after(ofRun)) yield;
    if (!areSeveral(holders, contributions)) continue;
    isHeld.fill(0);
    for (const { index } of holders) isHeld[index] = 1;
    const held = holders.filter(isPeer);
    for (let from = 0; from < length; from += portion) {
      const count = Math.min(length - from, portion);
      for (const holder of held) {
        const column = columnOf.get(holder.index)!;
        const row = fill(peerRows[column]!, holder, from, count);
        peerLengths[column] = product(row, row, count);
      }
      if (pause.after(count * held.length)) yield;
      for (const holder of holders) {
        const column = columnOf.get(holder.index);
        const row = column === undefined ? fill(other, holder, from, count) : peerRows[column]!;
        const own = column === undefined ? product(row, row, count) : peerLengths[column]!;
        let compared = 1;
        for (const pair of pairs[holder.index]!) {
          if (isHeld[pair.peer] === 0) continue;
          products[pair.place]! += product(row, peerRows[pair.column]!, count);
          squares[pair.place]! += own;
          peerSquares[pair.place]! += peerLengths[pair.column]!;
          compared++;
        }
        if (pause.after(compared * (perRun + count))) yield;
      }
    }
  }
  const cosine = (place: number) => cosineOf(products[place]!, squares[place]!, peerSquares[place]!);
  return contributions.map(({ gateway }, index) => {
    const others = peers.filter((peer) => contributions[peer]!.gateway !== gateway);
    const cosines = others.map((peer) => cosine(placeOf(index, peer, columnOf, width)));
    const known = cosines.filter((one) => one !== undefined);
    return known.length > 0 ? median(known) : undefined;
  });
}

/** Writes a portion of a contribution into a row, from a place in its run on. */
function fill(row: Float64Array, { delta, at }: Holder, from: number, count: number): Float64Array {
  for (let i = 0; i < count; i++) row[i] = delta[at + from + i]!;
  return row;
}

/** Whether more than one gateway holds a run. */
function areSeveral(holders: readonly Holder[], contributions: readonly Contribution[]): boolean {
  const first = contributions[holders[0]!.index]!.gateway;
  return holders.some(({ index }) => contributions[index]!.gateway !== first);
}

/** A peer that a contribution is compared with, and where the results are added. */
interface Pair {
  readonly peer: number;
  readonly column: number;
  readonly place: number;
}

/** The peers of other gateways that a contribution is compared with; two peers are compared once. */
function pairsOf(
  index: number,
  peers: readonly number[],
  contributions: readonly Contribution[],
  columnOf: ReadonlyMap<number, number>,
  width: number,
): readonly Pair[] {
  const others = peers.filter((peer) => contributions[peer]!.gateway !== contributions[index]!.gateway);
  const later = columnOf.has(index) ? others.filter((peer) => index < peer) : others;
  return later.map((peer) => ({
    peer,
    column: columnOf.get(peer)!,
    place: placeOf(index, peer, columnOf, width),
  }));
}

/** The place of a contribution and a peer; of two peers, that of the earlier one. */
function placeOf(index: number, peer: number, columnOf: ReadonlyMap<number, number>, width: number): number {
  const column = columnOf.get(index);
  return column !== undefined && index > peer ? peer * width + column : index * width + columnOf.get(peer)!;
}
