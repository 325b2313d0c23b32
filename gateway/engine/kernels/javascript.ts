import { javascriptFeatures } from './features/javascript-features';
import { javascriptActivations } from './javascript-activations';
import { javascriptAffine } from './javascript-affine';
import { javascriptConvolutions } from './javascript-convolutions';
import { javascriptLayers } from './javascript-layers';
import { javascriptLosses } from './javascript-losses';
import { javascriptRecurrent } from './javascript-recurrent';
import { javascriptRounded } from './javascript-rounded';
import { javascriptSketch } from './javascript-sketch';
import { javascriptWindows } from './javascript-windows';
import type { Kernels } from './kernels';

/** Values below this in size become zero in the optimisers; squares of them would be denormal. */
const negligible = 1e-30;
const settle = (value: number) => (value < negligible && value > -negligible ? 0 : value);

/** The kernels in typed-array JavaScript: for hosts without WebAssembly, and the oracle of the tests. */
export function javascriptKernels(arena: ArrayBuffer): Kernels {
  const f = new Float32Array(arena, 0, arena.byteLength >> 2);
  const ints = new Int32Array(arena, 0, arena.byteLength >> 2);
  const bytes = new Uint8Array(arena);
  const bit = (mask: number, example: number, i: number) =>
    (bytes[mask + example + (i >> 3)]! >> (i & 7)) & 1;

  const affine = javascriptAffine(f);

  return {
    ...affine,
    ...javascriptConvolutions(f, ints),
    ...javascriptActivations(f, bytes),
    ...javascriptFeatures(f, ints),
    ...javascriptLayers(f, bytes),
    ...javascriptWindows(f, bytes, ints),
    ...javascriptRecurrent(f),
    ...javascriptRounded(arena),
    ...javascriptLosses(f, ints),
    ...javascriptSketch(f),

    // The same sums, straight: here it is not the multiplications that take the time.
    winograd(x, xExample, w, bias, y, yExample, scratch, batch, rows, channels, columns) {
      const inner = 5 * channels;
      affine.affine(
        x,
        xExample,
        channels,
        w,
        bias,
        y,
        yExample,
        columns,
        scratch,
        batch,
        rows,
        inner,
        columns,
      );
    },

    winogradInput(dy, dyExample, w, dx, dxExample, scratch, batch, rows, inputs, outputs) {
      const [from, to] = [outputs, inputs];
      affine.affineInput(dy, dyExample, from, w, dx, dxExample, to, scratch, batch, rows, 5, inputs, outputs);
    },

    winogradWeights(x, xExample, dy, dyExample, dw, _scratch, batch, rows, channels, columns) {
      const inner = 5 * channels;
      affine.affineWeights(x, xExample, channels, dy, dyExample, columns, dw, batch, rows, inner, columns);
    },

    relu(x, example, size, batch, mask) {
      const maskExample = (size + 7) >> 3;
      for (let b = 0; b < batch; b++) {
        const at = (x >> 2) + b * example;
        if (mask) bytes.fill(0, mask + b * maskExample, mask + (b + 1) * maskExample);
        for (let i = 0; i < size; i++) {
          const value = f[at + i]!;
          if (value <= 0) f[at + i] = 0;
          else if (mask) bytes[mask + b * maskExample + (i >> 3)]! |= 1 << (i & 7);
        }
      }
    },

    reluBack(dx, example, size, batch, mask) {
      const maskExample = (size + 7) >> 3;
      for (let b = 0; b < batch; b++) {
        const at = (dx >> 2) + b * example;
        for (let i = 0; i < size; i++) if (!bit(mask, b * maskExample, i)) f[at + i] = 0;
      }
    },

    maxPool(x, xExample, y, yExample, mask, batch, inLength, length, channels, window, relu) {
      const maskExample = (inLength * channels + 7) >> 3;
      for (let b = 0; b < batch; b++) {
        const xAt = (x >> 2) + b * xExample;
        const yAt = (y >> 2) + b * yExample;
        const maskAt = mask + b * maskExample;
        if (mask) bytes.fill(0, maskAt, maskAt + maskExample);
        for (let t = 0; t < length; t++) {
          for (let c = 0; c < channels; c++) {
            const first = t * window * channels + c;
            let largest = first;
            for (let j = 1; j < window; j++) {
              const i = first + j * channels;
              if (f[xAt + i]! > f[xAt + largest]!) largest = i;
            }
            const value = f[xAt + largest]!;
            const passes = relu === 0 || !(value <= 0);
            f[yAt + t * channels + c] = passes ? value : 0;
            if (mask && passes) bytes[maskAt + (largest >> 3)]! |= 1 << (largest & 7);
          }
        }
      }
    },

    maxPoolBack(dy, dyExample, dx, dxExample, mask, batch, inLength, length, channels, window) {
      const maskExample = (inLength * channels + 7) >> 3;
      const pooled = length * window;
      for (let b = 0; b < batch; b++) {
        for (let t = 0; t < inLength; t++) {
          const dyAt = (dy >> 2) + b * dyExample + Math.floor(t / window) * channels;
          const dxAt = (dx >> 2) + b * dxExample + t * channels;
          for (let c = 0; c < channels; c++) {
            f[dxAt + c] = t < pooled && bit(mask, b * maskExample, t * channels + c) ? f[dyAt + c]! : 0;
          }
        }
      }
    },

    averagePool(x, xExample, y, yExample, batch, length, channels) {
      for (let b = 0; b < batch; b++) {
        const at = (x >> 2) + b * xExample;
        for (let c = 0; c < channels; c++) {
          let sum = 0;
          for (let t = 0; t < length; t++) sum += f[at + t * channels + c]!;
          f[(y >> 2) + b * yExample + c] = sum / length;
        }
      }
    },

    averagePoolBack(dy, dyExample, dx, dxExample, batch, length, channels) {
      for (let b = 0; b < batch; b++) {
        const at = (dx >> 2) + b * dxExample;
        for (let c = 0; c < channels; c++) {
          const share = f[(dy >> 2) + b * dyExample + c]! / length;
          for (let t = 0; t < length; t++) f[at + t * channels + c] = share;
        }
      }
    },

    zeroHalo(x, example, lead, size, batch) {
      for (let b = 0; b < batch; b++) {
        const at = (x >> 2) + b * example;
        f.fill(0, at, at + lead);
        f.fill(0, at + lead + size, at + example);
      }
    },

    zero(x, size) {
      f.fill(0, x >> 2, (x >> 2) + size);
    },

    takeChannels(x, xExample, y, yExample, batch, rows, channels, table, count) {
      for (let b = 0; b < batch; b++) {
        for (let r = 0; r < rows; r++) {
          const xAt = (x >> 2) + b * xExample + r * channels;
          const yAt = (y >> 2) + b * yExample + r * count;
          for (let j = 0; j < count; j++) f[yAt + j] = f[xAt + ints[(table >> 2) + j]!]!;
        }
      }
    },

    sgd(w, g, v, size, rate, momentum) {
      let squares = 0;
      for (let i = 0; i < size; i++) {
        const gradient = f[(g >> 2) + i]!;
        squares += gradient * gradient;
        let step = -rate * gradient;
        if (v) {
          step = settle(momentum * f[(v >> 2) + i]! + step);
          f[(v >> 2) + i] = step;
        }
        f[(w >> 2) + i] = settle(f[(w >> 2) + i]! + step);
      }
      return squares;
    },

    decay(v, size, factor) {
      const keep = Math.fround(factor);
      for (let i = v >> 2; i < (v >> 2) + size; i++) f[i] = settle(f[i]! * keep);
    },

    adam(w, g, m, v, sum, size, rate, beta1, beta2, epsilon) {
      let squares = 0;
      for (let i = 0; i < size; i++) {
        const gradient = f[(g >> 2) + i]!;
        const square = gradient * gradient;
        squares += square;
        const first = f[(m >> 2) + i]!;
        const second = f[(v >> 2) + i]!;
        const mean = settle(first + (gradient - first) * (1 - beta1));
        const spread = settle(second + (square - second) * (1 - beta2));
        f[(m >> 2) + i] = mean;
        f[(v >> 2) + i] = spread;
        f[(sum >> 2) + i]! += gradient;
        f[(w >> 2) + i] = settle(f[(w >> 2) + i]! - (rate * mean) / (Math.sqrt(spread) + epsilon));
      }
      return squares;
    },
  };
}
