import type { SketchKernels } from './sketch-kernels';

/** The last steps of MurmurHash3: every bit of the result depends on every bit of the key. */
function mix(key: number): number {
  let hash = Math.imul(key ^ (key >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** The sketch with the hash and the order of additions of assembly/sketch.ts: the same bits. */
export function javascriptSketch(f: Float32Array): SketchKernels {
  return {
    sketch(x, size, into, buckets, seed, sign) {
      const [from, to] = [x >> 2, into >> 2];
      const vectors = (buckets >> 2) - 1;
      for (let i = 0, block = 0; i < size; i += 4, block++) {
        const hash = mix((seed + Math.imul(block, 0x9e3779b9)) | 0);
        // Bits 31 to 28 are the signs of the four lanes, 27 and 26 swap them, and the lowest choose the vector.
        const swap = ((hash >>> 27) & 1) | ((hash >>> 25) & 2);
        const vector = to + (hash & vectors) * 4;
        for (let lane = 0; lane < 4 && i + lane < size; lane++) {
          const value = f[from + i + lane]! * sign;
          f[vector + (lane ^ swap)]! += (hash >>> (31 - lane)) & 1 ? -value : value;
        }
      }
      let squares = 0;
      for (let i = to; i < to + buckets; i++) squares += f[i]! * f[i]!;
      return squares;
    },
  };
}
