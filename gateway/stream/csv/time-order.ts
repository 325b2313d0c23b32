import { YieldBudget, yieldToEventLoop } from '../../platform';

/** Order of the rows of a file: by time, newest first, or neither. */
export type TimeOrder = 'rising' | 'falling' | 'mixed';

/** A row as far as its place in time matters. */
export interface Timed {
  readonly timeMs?: number;
  readonly subject?: string;
}

/** Fewest steps in the wrong direction that are no accident. */
const fewest = 3;
/** Fewest steps back in a file without order. */
const fewestMixed = 5;

/**
 * The order of the first rows, within each person. Recordings that follow one another each begin from the start, which is no
 * disorder: their times rise for longer than a few rows.
 */
export function orderOf(rows: readonly Timed[]): TimeOrder {
  const last = new Map<string | undefined, number>();
  let [rises, falls] = [0, 0];
  for (const { timeMs, subject } of rows) {
    if (timeMs === undefined) continue;
    const before = last.get(subject);
    if (before !== undefined && timeMs > before) rises++;
    if (before !== undefined && timeMs < before) falls++;
    last.set(subject, timeMs);
  }
  if (falls >= fewest && 8 * rises <= falls) return 'falling';
  return falls >= fewestMixed && 3 * falls > rises ? 'mixed' : 'rising';
}

/** Rows that are sorted at a time, which takes a small machine about a millisecond. */
const chunkRows = 2048;
/** Most rows that are held to be sorted: some 50 MB. */
export const mostSorted = 200_000;

interface Keyed<T> {
  readonly key: number;
  readonly row: T;
}

/**
 * Rows in the order of time. Rows of the same time keep their order, or the opposite one in a file that begins with the
 * newest; a row without a time stays beside the row before it. It pauses for the event loop.
 * @param tooMany makes the error for a file with more rows than can be held
 */
export async function* inOrderOfTime<T extends Timed>(
  rows: AsyncIterable<T>,
  order: 'falling' | 'mixed',
  tooMany: () => Error,
): AsyncGenerator<T, void> {
  const chunks: Keyed<T>[][] = [];
  let chunk: Keyed<T>[] = [];
  let key = Number.NEGATIVE_INFINITY;
  for await (const row of rows) {
    key = row.timeMs ?? key;
    chunk.push({ key, row });
    if (chunk.length < chunkRows) continue;
    if ((chunks.length + 1) * chunkRows > mostSorted) throw tooMany();
    chunks.push(sortedChunk(chunk, order));
    chunk = [];
  }
  chunks.push(sortedChunk(chunk, order));
  const budget = new YieldBudget();
  for (const row of merge(order === 'falling' ? chunks.reverse() : chunks)) {
    if (budget.after(chunks.length)) await yieldToEventLoop();
    yield row;
  }
}

function sortedChunk<T>(chunk: Keyed<T>[], order: 'falling' | 'mixed'): Keyed<T>[] {
  return (order === 'falling' ? chunk.reverse() : chunk).sort((a, b) => a.key - b.key);
}

function* merge<T>(chunks: readonly (readonly Keyed<T>[])[]): Generator<T, void> {
  const at = chunks.map(() => 0);
  for (;;) {
    let best = -1;
    for (const [i, chunk] of chunks.entries()) {
      const head = chunk[at[i]!];
      if (head && (best < 0 || head.key < chunks[best]![at[best]!]!.key)) best = i;
    }
    if (best < 0) return;
    yield chunks[best]![at[best]!++]!.row;
  }
}
