/** Distances that are tried: the usual numbers of outputs of a layer. */
const candidates = [3, 4, 5, 6, 8, 10, 12, 16, 18, 20, 24, 32, 48, 64, 96, 128, 192];
/** Values that are looked at. */
const most = 4096;
/** A distance counts if sizes at it go together by so much more than those of any two values. */
const noticeable = 0.02;
/** The smallest distance wins that reaches this share of the best. */
const nearly = 0.8;

/**
 * The distance at which sizes of values go together most, as those of one output of a kernel do; 0 if there is none. It is a
 * choice of the sender that only the number of bytes depends on.
 */
export function strideOf(values: Float32Array): number {
  const count = Math.min(values.length, most);
  let sum = 0;
  const sizes = new Float64Array(count);
  for (let i = 0; i < count; i++) sum += Math.abs(values[i]!);
  const cap = (4 * sum) / count;
  sum = 0;
  for (let i = 0; i < count; i++) {
    // One value that is large must not decide.
    sizes[i] = Math.min(Math.abs(values[i]!), cap);
    sum += sizes[i]!;
  }
  const mean = sum / count;
  const excess = candidates.map((distance) => {
    if (8 * distance > count) return 0;
    let products = 0;
    for (let i = distance; i < count; i++) products += sizes[i]! * sizes[i - distance]!;
    return products / (count - distance) - mean * mean;
  });
  const largest = Math.max(...excess);
  // A multiple of it does as well by chance, and takes longer to learn.
  return largest > noticeable * mean * mean ? candidates[excess.findIndex((e) => e >= nearly * largest)]! : 0;
}
