/** Numbers of a vector that are multiplied at a time: few enough to stay in the cache of the processor. */
export const portion = 1024;

/** The sum of the products of the first `count` numbers of two vectors. */
export function product(one: Float64Array, other: Float64Array, count: number): number {
  // Four sums: one has to wait for each addition before the next.
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  let i = 0;
  for (; i + 3 < count; i += 4) {
    a += one[i]! * other[i]!;
    b += one[i + 1]! * other[i + 1]!;
    c += one[i + 2]! * other[i + 2]!;
    d += one[i + 3]! * other[i + 3]!;
  }
  for (; i < count; i++) a += one[i]! * other[i]!;
  return a + b + (c + d);
}

/** The cosine of the angle between two vectors by their product and their squares; undefined if one of them is 0. */
export function cosineOf(shared: number, own: number, other: number): number | undefined {
  const lengths = Math.sqrt(own) * Math.sqrt(other);
  return lengths > 0 ? Math.max(-1, Math.min(1, shared / lengths)) : undefined;
}
