/**
 * EDEN (Vargaftik 2022, ICML, algorithm 1): a random rotation (Hadamard with random signs), Lloyd-Max levels of a normal
 * distribution, and the scale that makes the estimate unbiased. Each value takes `bits`, the scale and the seed 8 bytes.
 */
import { SeededRandom } from '../../gateway/platform';

/** Lloyd-Max levels of a standard normal number (Max 1960), the positive half. */
const levels: Readonly<Record<number, readonly number[]>> = {
  1: [0.7979],
  2: [0.4528, 1.51],
  4: [0.1284, 0.3881, 0.6568, 0.9424, 1.256, 1.618, 2.069, 2.733],
};

/** The values as a receiver has them, and the bytes of the message's values; those of a length that is no power of two are filled up. */
export function eden(
  values: Float32Array,
  bits: 1 | 2 | 4,
  seed: number,
): { received: Float32Array; bytes: number } {
  const size = 2 ** Math.ceil(Math.log2(Math.max(1, values.length)));
  const random = new SeededRandom(seed);
  const signs = Float64Array.from({ length: size }, () => (random.uniform() < 0.5 ? -1 : 1));
  const rotated = Float64Array.from({ length: size }, (_, i) => (values[i] ?? 0) * signs[i]!);
  hadamard(rotated);
  const squares = rotated.reduce((sum, x) => sum + x * x, 0);
  const unit = Math.sqrt(size / squares);
  const quantised = rotated.map((x) => Math.sign(x) * nearest(Math.abs(x) * unit, levels[bits]!));
  const product = rotated.reduce((sum, x, i) => sum + x * quantised[i]!, 0);
  const scale = squares / product;
  for (let i = 0; i < size; i++) quantised[i]! *= scale;
  hadamard(quantised);
  const received = values.map((_, i) => quantised[i]! * signs[i]!);
  return { received, bytes: Math.ceil((bits * size) / 8) + 8 };
}

const nearest = (x: number, of: readonly number[]): number =>
  of.reduce((best, level) => (Math.abs(level - x) < Math.abs(best - x) ? level : best));

/** The orthonormal Walsh-Hadamard transform, in place. */
function hadamard(x: Float64Array): void {
  for (let half = 1; half < x.length; half *= 2) {
    for (let i = 0; i < x.length; i += 2 * half) {
      for (let j = i; j < i + half; j++) [x[j], x[j + half]] = [x[j]! + x[j + half]!, x[j]! - x[j + half]!];
    }
  }
  const norm = 1 / Math.sqrt(x.length);
  for (let i = 0; i < x.length; i++) x[i]! *= norm;
}
