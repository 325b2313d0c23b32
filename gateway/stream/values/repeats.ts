/** True if `values` repeat only what `before` contains: the same numbers, and at least one of them. */
export function repeats(values: ArrayLike<number>, before: ArrayLike<number>): boolean {
  let same = 0;
  for (let c = 0; c < values.length; c++) {
    if (Number.isNaN(values[c])) continue;
    if (values[c] !== before[c]) return false;
    same++;
  }
  return same > 0;
}
