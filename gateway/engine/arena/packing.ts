import { SeededRandom, shuffle } from '../../platform';

/** A piece of memory that must exist from operation `first` to operation `last`, both included. */
export interface Lifetime {
  readonly bytes: number;
  readonly first: number;
  readonly last: number;
}

export interface Packing {
  /** Byte offset of each item, a multiple of `alignment`. */
  readonly offsets: readonly number[];
  /** End of the highest item: what the arena must hold. */
  readonly bytes: number;
}

/** Buffers start on vector boundaries. */
export const alignment = 16;

/** Of the search. A model of ten layers takes a tenth of a millisecond each, and most need none. */
const moves = 300;

const align = (bytes: number) => Math.ceil(bytes / alignment) * alignment;
const overlap = (a: Lifetime, b: Lifetime) => a.first <= b.last && b.first <= a.last;

/** The largest sum of bytes that live at one time: no packing can be smaller. */
export function liveMaximum(items: readonly Lifetime[]): number {
  return items.reduce((peak, at) => Math.max(peak, liveBytes(items, at.first)), 0);
}

/** Bytes that live at operation `time`, each item rounded up to the alignment. */
export function liveBytes(items: readonly Lifetime[], time: number): number {
  let sum = 0;
  for (const item of items) if (item.first <= time && time <= item.last) sum += align(item.bytes);
  return sum;
}

/**
 * Places items so that those with a common moment never share a byte, in as few bytes as it can. Dynamic storage
 * allocation is NP-hard; this takes the best of greedy placements (lowest gap that fits) over several orders, as in
 * Pisarchyk and Lee (2020, "Efficient Memory Management for Deep Neural Net Inference"), then searches near the best
 * order for a fixed number of seeded moves, and stops as soon as the live-bytes maximum is met. A move places what ends
 * highest earlier, or shuffles a few neighbours; one that makes nothing worse is kept, so that the search wanders.
 * @param enough whoever only asks whether so many bytes are enough says so: the search ends where that is answered,
 *        and the result is at most `enough` exactly where it would be without
 */
export function packLifetimes(items: readonly Lifetime[], enough?: number): Packing {
  const live = liveMaximum(items);
  // What ends highest is not rounded up: a packing can be smaller than the live bytes by less than the alignment.
  const hopeless = enough !== undefined && live - alignment >= enough;
  const bound = hopeless ? Number.POSITIVE_INFINITY : Math.max(live, enough ?? 0);
  let best: { order: number[]; packing: Packing } | undefined;
  const attempt = (order: number[]): boolean => {
    const packing = place(items, order);
    if (!best || packing.bytes <= best.packing.bytes) best = { order, packing };
    return best.packing.bytes <= bound;
  };
  const duration = (i: number) => items[i]!.last - items[i]!.first;
  const bytes = (i: number) => items[i]!.bytes;
  const keys: ((i: number) => number)[] = [
    bytes,
    (i) => bytes(i) * (1 + Math.min(duration(i), items.length)),
    duration,
    (i) => -items[i]!.first,
    (i) => items[i]!.last,
  ];
  const all = items.map((_, i) => i);
  for (const key of keys) {
    if (attempt([...all].sort((a, b) => key(b) - key(a) || bytes(b) - bytes(a) || a - b))) break;
  }
  const random = new SeededRandom(1);
  for (let move = 0; best && best.packing.bytes > bound && items.length > 2 && move < moves; move++) {
    const { order, packing } = best;
    attempt(move % 3 < 2 ? highestEarlier(items, order, packing, random) : neighboursShuffled(order, random));
  }
  return best?.packing ?? { offsets: [], bytes: 0 };
}

/** The order with what ends highest, or something that lives with it, moved to an earlier turn. */
function highestEarlier(
  items: readonly Lifetime[],
  order: readonly number[],
  { offsets, bytes }: Packing,
  random: SeededRandom,
): number[] {
  const highest = order.findIndex((index) => offsets[index]! + items[index]!.bytes === bytes);
  const item = items[order[highest]!]!;
  const around = order.flatMap((index, turn) => (turn > 0 && overlap(items[index]!, item) ? [turn] : []));
  const turn = highest > 0 && random.uniform() < 0.5 ? highest : (around[random.integer(around.length)] ?? 1);
  const moved = [...order];
  const [index] = moved.splice(turn, 1) as [number];
  moved.splice(random.integer(turn), 0, index);
  return moved;
}

function neighboursShuffled(order: readonly number[], random: SeededRandom): number[] {
  const shuffled = [...order];
  const from = random.integer(order.length - 1);
  const span = 2 + random.integer(Math.min(6, order.length - from - 1));
  shuffled.splice(from, span, ...shuffle(shuffled.slice(from, from + span), random));
  return shuffled;
}

/** Puts each item, in the given order, into the lowest place free during its whole life. */
function place(items: readonly Lifetime[], order: readonly number[]): Packing {
  const offsets = new Array<number>(items.length).fill(0);
  const placed: number[] = [];
  let end = 0;
  for (const index of order) {
    const item = items[index]!;
    let offset = 0;
    // `placed` stays sorted by offset: the first gap that is wide enough is the lowest.
    for (const other of placed) {
      if (!overlap(items[other]!, item)) continue;
      if (offset + item.bytes <= offsets[other]!) break;
      offset = Math.max(offset, align(offsets[other]! + items[other]!.bytes));
    }
    offsets[index] = offset;
    const position = placed.findIndex((other) => offsets[other]! > offset);
    placed.splice(position < 0 ? placed.length : position, 0, index);
    end = Math.max(end, offset + item.bytes);
  }
  return { offsets, bytes: end };
}
