import { type Resumable, YieldBudget } from '../../platform';
import { type Contribution, firstOfEach } from '../aggregation/contribution';
import { median } from '../aggregation/weights';
import { portion, product } from './product';
import { type Holder, sharedRuns } from './shared-runs';

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
  for (const { length, holders } of sharedRuns(contributions)) {
    const isPeer = ({ index }: Holder) => columnOf.has(index);
    const pairs = holders.map((one) => pairsOf(one, holders.filter(isPeer), columnOf, width));
    for (let from = 0; from < length; from += portion) {
      const count = Math.min(length - from, portion);
      for (const holder of holders.filter(isPeer)) {
        const column = columnOf.get(holder.index)!;
        const row = fill(peerRows[column]!, holder, from, count);
        peerLengths[column] = product(row, row, count);
      }
      for (const [i, holder] of holders.entries()) {
        const column = columnOf.get(holder.index);
        const row = column === undefined ? fill(other, holder, from, count) : peerRows[column]!;
        const own = column === undefined ? product(row, row, count) : peerLengths[column]!;
        for (const pair of pairs[i]!) {
          products[pair.place]! += product(row, peerRows[pair.column]!, count);
          squares[pair.place]! += own;
          peerSquares[pair.place]! += peerLengths[pair.column]!;
          if (pause.after(count)) yield;
        }
      }
    }
  }
  const cosine = (place: number): number | undefined => {
    const lengths = Math.sqrt(squares[place]!) * Math.sqrt(peerSquares[place]!);
    return lengths > 0 ? Math.max(-1, Math.min(1, products[place]! / lengths)) : undefined;
  };
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

/** The peers that a contribution is compared with, and where the results are added; two peers are compared once. */
function pairsOf(
  one: Holder,
  peers: readonly Holder[],
  columnOf: ReadonlyMap<number, number>,
  width: number,
): { readonly column: number; readonly place: number }[] {
  return peers.flatMap(({ index }) => {
    if (index === one.index || (columnOf.has(one.index) && one.index > index)) return [];
    return [{ column: columnOf.get(index)!, place: placeOf(one.index, index, columnOf, width) }];
  });
}

/** The place of a contribution and a peer; of two peers, that of the earlier one. */
function placeOf(index: number, peer: number, columnOf: ReadonlyMap<number, number>, width: number): number {
  const column = columnOf.get(index);
  return column !== undefined && index > peer ? peer * width + column : index * width + columnOf.get(peer)!;
}
