import { pairs } from './javascript-activations';
import { javascriptGroupNorm } from './javascript-group-norm';
import type { LayerKernels } from './layer-kernels';

/** The layers without a matrix product that are no activation, in plain JavaScript. */
export function javascriptLayers(
  f: Float32Array,
  bytes: Uint8Array,
): Omit<LayerKernels, 'largest' | 'means' | 'windowsBack'> {
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

    layerNorm(x, xExample, y, yExample, gamma, beta, epsilon, batch, rows, channels) {
      for (let b = 0; b < batch; b++) {
        for (let r = 0; r < rows; r++) {
          const from = (x >> 2) + b * xExample + r * channels;
          const to = (y >> 2) + b * yExample + r * channels;
          const { mean, scale } = momentsOf(f, from, channels, epsilon);
          for (let c = 0; c < channels; c++)
            f[to + c] = (f[from + c]! - mean) * scale * f[(gamma >> 2) + c]! + f[(beta >> 2) + c]!;
        }
      }
    },

    layerNormBack(x, xExample, dy, dyExample, gamma, dgamma, epsilon, batch, rows, channels, through) {
      for (let b = 0; b < batch; b++) {
        for (let r = 0; r < rows; r++) {
          const from = (x >> 2) + b * xExample + r * channels;
          const over = (dy >> 2) + b * dyExample + r * channels;
          const { mean, scale } = momentsOf(f, from, channels, epsilon);
          let sum = 0;
          let product = 0;
          for (let c = 0; c < channels; c++) {
            const value = (f[from + c]! - mean) * scale;
            if (dgamma) f[(dgamma >> 2) + c]! += f[over + c]! * value;
            const weighted = f[over + c]! * f[(gamma >> 2) + c]!;
            sum += weighted / channels;
            product += (weighted * value) / channels;
          }
          for (let c = 0; through && c < channels; c++) {
            const value = (f[from + c]! - mean) * scale;
            f[over + c] = (f[over + c]! * f[(gamma >> 2) + c]! - sum - value * product) * scale;
          }
        }
      }
    },

    ...javascriptGroupNorm(f),
  };
}

/** Mean of a row, and 1 over its deviation. */
function momentsOf(f: Float32Array, at: number, channels: number, epsilon: number) {
  const row = f.subarray(at, at + channels);
  const mean = row.reduce((sum, value) => sum + value, 0) / channels;
  const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / channels;
  return { mean, scale: 1 / Math.sqrt(variance + epsilon) };
}
