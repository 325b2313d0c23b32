import { stepNumbers } from '../platform';
import type { Segment } from './plan';

/**
 * The coordinates that are in any of the lists, as ascending, merged runs.
 * @param lists each ascending and without overlaps
 */
export function unionSegments(lists: readonly (readonly Segment[])[]): Segment[] {
  const distinct = [...new Set(lists)];
  const first = distinct[0];
  if (first && distinct.length === 1) return [...first];
  const all = distinct.flat().sort((a, b) => a.offset - b.offset);
  const union: { offset: number; length: number }[] = [];
  for (const { offset, length } of all) {
    const last = union[union.length - 1];
    const end = last ? last.offset + last.length : -1;
    if (!last || offset > end) union.push({ offset, length });
    else if (offset + length > end) last.length = offset + length - last.offset;
  }
  return union;
}

/**
 * At most `limit` runs that hold all of these: if there are more, neighbours are joined, the nearest first.
 * @param segments ascending and without overlaps
 */
export function atMostSegments(segments: readonly Segment[], limit: number): readonly Segment[] {
  let runs = segments;
  for (let gap = 1; runs.length > limit; gap *= 2) runs = bridged(runs, gap);
  return runs;
}

/** Runs that are at most `gap` elements apart become one. */
function bridged(segments: readonly Segment[], gap: number): Segment[] {
  const runs: { offset: number; length: number }[] = [];
  for (const { offset, length } of segments) {
    const last = runs[runs.length - 1];
    if (last && offset - (last.offset + last.length) <= gap) last.length = offset + length - last.offset;
    else runs.push({ offset, length });
  }
  return runs;
}

/** True if both lists name the same coordinates. */
export function sameSegments(a: readonly Segment[], b: readonly Segment[]): boolean {
  return (
    a === b ||
    (a.length === b.length && a.every((one, i) => one.offset === b[i]?.offset && one.length === b[i]?.length))
  );
}

/**
 * The same coordinates in portions of `most`, so that a calculation can pause between them.
 * @param segments ascending and without overlaps
 */
export function* portionsOf(segments: readonly Segment[], most = stepNumbers): Generator<readonly Segment[]> {
  let portion: Segment[] = [];
  let room = most;
  for (const { offset, length } of segments) {
    for (let at = offset, end = offset + length; at < end; ) {
      const part = Math.min(room, end - at);
      portion.push({ offset: at, length: part });
      at += part;
      room -= part;
      if (room > 0) continue;
      yield portion;
      portion = [];
      room = most;
    }
  }
  if (portion.length > 0) yield portion;
}

/** Segments as bytes: u32 offset and u32 length of each, little-endian. */
export function packSegments(segments: readonly Segment[]): Uint8Array {
  const numbers = new Uint32Array(2 * segments.length);
  segments.forEach(({ offset, length }, i) => {
    numbers[2 * i] = offset;
    numbers[2 * i + 1] = length;
  });
  return new Uint8Array(numbers.buffer);
}

/**
 * The segments of `packSegments`. Undefined if they are not ascending, or end beyond the size.
 * @param size of what they are part of
 */
export function unpackSegments(bytes: Uint8Array, size: number): Segment[] | undefined {
  const numbers = new Uint32Array(bytes.slice().buffer, 0, bytes.length >> 2);
  const segments: Segment[] = [];
  let end = 0;
  for (let i = 0; i + 1 < numbers.length; i += 2) {
    const offset = numbers[i]!;
    const length = numbers[i + 1]!;
    if (offset < end || length === 0) return undefined;
    end = offset + length;
    segments.push({ offset, length });
  }
  return end <= size ? segments : undefined;
}
