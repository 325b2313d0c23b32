import type { Segment } from '../task';

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

/** True where both lists name the same coordinates. */
export function sameSegments(a: readonly Segment[], b: readonly Segment[]): boolean {
  return (
    a === b ||
    (a.length === b.length && a.every((one, i) => one.offset === b[i]?.offset && one.length === b[i]?.length))
  );
}
