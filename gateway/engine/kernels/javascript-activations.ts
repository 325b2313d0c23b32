import type { ActivationKernels } from './activation-kernels';

/** Activations and dropout in plain JavaScript. */
export function javascriptActivations(f: Float32Array, bytes: Uint8Array): ActivationKernels {
  return {
    relu6(x, example, size, batch, mask) {
      const maskExample = (size + 7) >> 3;
      if (mask) bytes.fill(0, mask, mask + batch * maskExample);
      for (let b = 0; b < batch; b++) {
        for (let i = 0; i < size; i++) {
          const at = (x >> 2) + b * example + i;
          const value = f[at]!;
          if (value <= 0) f[at] = 0;
          else if (value >= 6) f[at] = 6;
          else if (mask) bytes[mask + b * maskExample + (i >> 3)]! |= 1 << (i & 7);
        }
      }
    },

    leakyRelu(x, example, size, batch, mask, slope) {
      const maskExample = (size + 7) >> 3;
      if (mask) bytes.fill(0, mask, mask + batch * maskExample);
      for (let b = 0; b < batch; b++) {
        for (let i = 0; i < size; i++) {
          const at = (x >> 2) + b * example + i;
          if (!(f[at]! > 0)) f[at]! *= slope;
          else if (mask) bytes[mask + b * maskExample + (i >> 3)]! |= 1 << (i & 7);
        }
      }
    },

    leakyReluBack(dx, example, size, batch, mask, slope) {
      const maskExample = (size + 7) >> 3;
      for (let b = 0; b < batch; b++)
        for (let i = 0; i < size; i++)
          if (!((bytes[mask + b * maskExample + (i >> 3)]! >> (i & 7)) & 1))
            f[(dx >> 2) + b * example + i]! *= slope;
    },

    elu(x, example, size, batch, alpha) {
      pairs(x, example, x, example, size, batch, (at) => {
        if (!(f[at]! > 0)) f[at] = alpha * Math.expm1(f[at]!);
      });
    },

    eluBack(dy, dyExample, y, yExample, size, batch, alpha) {
      pairs(dy, dyExample, y, yExample, size, batch, (at, from) => {
        if (!(f[from]! > 0)) f[at]! *= f[from]! + alpha;
      });
    },

    tanh(x, example, size, batch) {
      pairs(x, example, x, example, size, batch, (at) => {
        f[at] = Math.tanh(f[at]!);
      });
    },

    tanhBack(dy, dyExample, y, yExample, size, batch) {
      pairs(dy, dyExample, y, yExample, size, batch, (at, from) => {
        f[at]! *= 1 - f[from]! ** 2;
      });
    },

    sigmoid(x, example, size, batch) {
      pairs(x, example, x, example, size, batch, (at) => {
        const small = Math.exp(-Math.abs(f[at]!));
        f[at] = (f[at]! < 0 ? small : 1) / (1 + small);
      });
    },

    sigmoidBack(dy, dyExample, y, yExample, size, batch) {
      pairs(dy, dyExample, y, yExample, size, batch, (at, from) => {
        f[at]! *= f[from]! * (1 - f[from]!);
      });
    },

    dropout(x, example, size, batch, seed, first, threshold, scale) {
      for (let b = 0; b < batch; b++) {
        const stream = scramble(seed + Math.imul(first + b, 0x9e3779b9));
        for (let i = 0; i < size; i++) {
          const at = (x >> 2) + b * example + i;
          const draw = scramble(stream + Math.imul(i, 0x85ebca6b)) >>> 0;
          f[at] = draw < threshold ? 0 : f[at]! * scale;
        }
      }
    },
  };
}

/** Each value of `x` with the one of `y` in the same place: both indices. */
export function pairs(
  x: number,
  xExample: number,
  y: number,
  yExample: number,
  size: number,
  batch: number,
  visit: (x: number, y: number) => void,
): void {
  for (let b = 0; b < batch; b++)
    for (let i = 0; i < size; i++) visit((x >> 2) + b * xExample + i, (y >> 2) + b * yExample + i);
}

/** Mixes an int32 so that neighbours have nothing in common: Murmur3's finaliser (Appleby). */
function scramble(bits: number): number {
  let x = bits | 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return x ^ (x >>> 16);
}
