import { type Resumable, YieldBudget } from '../platform';

/**
 * Fourier transform of complex numbers in place (Cooley and Tukey 1965), for lengths that are powers of two.
 * @param inverse the way back; each number is then multiplied with the length
 */
export function* transform(real: Float64Array, imaginary: Float64Array, inverse: boolean): Resumable<void> {
  const { length } = real;
  reorder(real, imaginary);
  const pause = new YieldBudget();
  for (let size = 2; size <= length; size *= 2) {
    const half = size / 2;
    const angle = ((inverse ? 2 : -2) * Math.PI) / size;
    // Cosines and sines of one stage, each calculated: multiplied up they would lose digits.
    const cosines = new Float64Array(half);
    const sines = new Float64Array(half);
    for (let k = 0; k < half; k++) {
      cosines[k] = Math.cos(angle * k);
      sines[k] = Math.sin(angle * k);
    }
    if (pause.after(half)) yield;
    for (let from = 0; from < length; from += size) {
      for (let k = 0; k < half; k++) {
        const a = from + k;
        const b = a + half;
        const x = real[b]! * cosines[k]! - imaginary[b]! * sines[k]!;
        const y = real[b]! * sines[k]! + imaginary[b]! * cosines[k]!;
        real[b] = real[a]! - x;
        imaginary[b] = imaginary[a]! - y;
        real[a] = real[a]! + x;
        imaginary[a] = imaginary[a]! + y;
      }
      if (pause.after(size)) yield;
    }
  }
}

/** Puts each number where the bits of its place say when read backwards. */
function reorder(real: Float64Array, imaginary: Float64Array): void {
  const { length } = real;
  let reversed = 0;
  for (let i = 1; i < length; i++) {
    let bit = length >> 1;
    while (reversed & bit) {
      reversed ^= bit;
      bit >>= 1;
    }
    reversed |= bit;
    if (i >= reversed) continue;
    for (const values of [real, imaginary]) {
      const held = values[i]!;
      values[i] = values[reversed]!;
      values[reversed] = held;
    }
  }
}
