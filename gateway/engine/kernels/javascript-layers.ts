import type { LayerKernels } from './layer-kernels';

/** The layers without a matrix product in plain JavaScript. */
export function javascriptLayers(f: Float32Array, bytes: Uint8Array): LayerKernels {
  /** Each value of `x` with the one of `y` in the same place: both indices. */
  function pairs(
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

  return {
    copyRows(x, xExample, y, yExample, size, batch) {
      pairs(x, xExample, y, yExample, size, batch, (from, to) => {
        f[to] = f[from]!;
      });
    },

    addRows(x, xExample, y, yExample, size, batch) {
      pairs(x, xExample, y, yExample, size, batch, (from, to) => {
        f[to]! += f[from]!;
      });
    },

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

    maxPool2d(x, xExample, y, yExample, mask, batch, height, width, channels, down, across, relu) {
      const maskExample = (height * width * channels + 7) >> 3;
      if (mask) bytes.fill(0, mask, mask + batch * maskExample);
      for (let b = 0; b < batch; b++) {
        const from = (x >> 2) + b * xExample;
        let to = (y >> 2) + b * yExample;
        for (let row = 0; row + down <= height; row += down) {
          for (let column = 0; column + across <= width; column += across) {
            for (let c = 0; c < channels; c++) {
              let largest = (row * width + column) * channels + c;
              for (let j = 0; j < down; j++) {
                for (let k = 0; k < across; k++) {
                  const i = ((row + j) * width + column + k) * channels + c;
                  if (f[from + i]! > f[from + largest]!) largest = i;
                }
              }
              const value = f[from + largest]!;
              const passes = relu === 0 || !(value <= 0);
              f[to++] = passes ? value : 0;
              if (mask && passes) bytes[mask + b * maskExample + (largest >> 3)]! |= 1 << (largest & 7);
            }
          }
        }
      }
    },

    maxPool2dBack(dy, dyExample, dx, dxExample, mask, batch, height, width, channels, down, across) {
      const maskExample = (height * width * channels + 7) >> 3;
      const columns = Math.floor(width / across);
      const rows = Math.floor(height / down);
      for (let b = 0; b < batch; b++) {
        for (let i = 0; i < height * width; i++) {
          const [row, column] = [Math.floor(i / width / down), Math.floor((i % width) / across)];
          for (let c = 0; c < channels; c++) {
            const place = i * channels + c;
            const set = (bytes[mask + b * maskExample + (place >> 3)]! >> (place & 7)) & 1;
            const inside = row < rows && column < columns && set;
            const from = (dy >> 2) + b * dyExample + (row * columns + column) * channels + c;
            f[(dx >> 2) + b * dxExample + place] = inside ? f[from]! : 0;
          }
        }
      }
    },

    averagePool2d(x, xExample, y, yExample, batch, height, width, channels, down, across) {
      for (let b = 0; b < batch; b++) {
        const from = (x >> 2) + b * xExample;
        let to = (y >> 2) + b * yExample;
        for (let row = 0; row + down <= height; row += down) {
          for (let column = 0; column + across <= width; column += across) {
            for (let c = 0; c < channels; c++) {
              let sum = 0;
              for (let j = 0; j < down; j++)
                for (let k = 0; k < across; k++)
                  sum += f[from + ((row + j) * width + column + k) * channels + c]!;
              f[to++] = sum / (down * across);
            }
          }
        }
      }
    },

    averagePool2dBack(dy, dyExample, dx, dxExample, batch, height, width, channels, down, across) {
      const columns = Math.floor(width / across);
      const rows = Math.floor(height / down);
      for (let b = 0; b < batch; b++) {
        for (let i = 0; i < height * width; i++) {
          const [row, column] = [Math.floor(i / width / down), Math.floor((i % width) / across)];
          const from = (dy >> 2) + b * dyExample + (row * columns + column) * channels;
          const to = (dx >> 2) + b * dxExample + i * channels;
          const inside = row < rows && column < columns;
          for (let c = 0; c < channels; c++) f[to + c] = inside ? f[from + c]! / (down * across) : 0;
        }
      }
    },

    upsample(x, xExample, y, yExample, batch, length, channels, times) {
      for (let b = 0; b < batch; b++)
        for (let t = 0; t < length * times; t++)
          for (let c = 0; c < channels; c++)
            f[(y >> 2) + b * yExample + t * channels + c] =
              f[(x >> 2) + b * xExample + Math.floor(t / times) * channels + c]!;
    },

    upsampleBack(dy, dyExample, dx, dxExample, batch, length, channels, times) {
      for (let b = 0; b < batch; b++) {
        for (let t = 0; t < length; t++) {
          for (let c = 0; c < channels; c++) {
            let sum = 0;
            for (let j = 0; j < times; j++)
              sum += f[(dy >> 2) + b * dyExample + (t * times + j) * channels + c]!;
            f[(dx >> 2) + b * dxExample + t * channels + c] = sum;
          }
        }
      }
    },

    foldNorm(gamma, beta, mean, variance, epsilon, factors, channels) {
      for (let c = 0; c < channels; c++) {
        const scale = f[(gamma >> 2) + c]! / Math.sqrt(f[(variance >> 2) + c]! + epsilon);
        f[(factors >> 2) + c] = scale;
        f[(factors >> 2) + channels + c] = f[(beta >> 2) + c]! - f[(mean >> 2) + c]! * scale;
      }
    },

    scaleRows(x, xExample, y, yExample, batch, rows, channels, factors, shift) {
      for (let b = 0; b < batch; b++) {
        for (let i = 0; i < rows * channels; i++) {
          const c = i % channels;
          const added = shift ? f[(shift >> 2) + c]! : 0;
          f[(y >> 2) + b * yExample + i] = f[(x >> 2) + b * xExample + i]! * f[(factors >> 2) + c]! + added;
        }
      }
    },

    normGamma(x, xExample, dy, dyExample, dgamma, mean, variance, epsilon, batch, rows, channels) {
      for (let c = 0; c < channels; c++) {
        const centre = f[(mean >> 2) + c]!;
        let sum = 0;
        for (let b = 0; b < batch; b++)
          for (let i = c; i < rows * channels; i += channels)
            sum += f[(dy >> 2) + b * dyExample + i]! * (f[(x >> 2) + b * xExample + i]! - centre);
        f[(dgamma >> 2) + c]! += sum / Math.sqrt(f[(variance >> 2) + c]! + epsilon);
      }
    },
  };
}

/** Mixes an int32 so that neighbours have nothing in common: Murmur3's finaliser (Appleby). */
function scramble(bits: number): number {
  let x = bits | 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return x ^ (x >>> 16);
}
