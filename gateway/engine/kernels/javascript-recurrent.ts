import type { RecurrentKernels } from './recurrent-kernels';

const sigmoid = (value: number) => 1 / (1 + Math.exp(-value));

/** Recurrent units in plain JavaScript. */
export function javascriptRecurrent(f: Float32Array): RecurrentKernels {
  return {
    gruStep(
      gates,
      gatesExample,
      products,
      state,
      stateExample,
      next,
      nextExample,
      kept,
      keptExample,
      batch,
      units,
    ) {
      for (let b = 0; b < batch; b++) {
        const a = (gates >> 2) + b * gatesExample;
        const u = (products >> 2) + b * 3 * units;
        const h = (state >> 2) + b * stateExample;
        for (let i = 0; i < units; i++) {
          const z = sigmoid(f[a + i]! + f[u + i]!);
          const r = sigmoid(f[a + units + i]! + f[u + units + i]!);
          const candidate = f[u + 2 * units + i]!;
          const c = Math.tanh(f[a + 2 * units + i]! + r * candidate);
          f[(next >> 2) + b * nextExample + i] = z * f[h + i]! + (1 - z) * c;
          f[a + i] = z;
          f[a + units + i] = r;
          f[a + 2 * units + i] = c;
          if (kept) f[(kept >> 2) + b * keptExample + i] = candidate;
        }
      }
    },

    gruStepBack(
      gates,
      gatesExample,
      kept,
      keptExample,
      state,
      stateExample,
      dy,
      dyExample,
      carried,
      batch,
      units,
    ) {
      for (let b = 0; b < batch; b++) {
        const a = (gates >> 2) + b * gatesExample;
        for (let i = 0; i < units; i++) {
          const own = b * units + i;
          const given = dy ? f[(dy >> 2) + b * dyExample + i]! : 0;
          const dh = f[(carried >> 2) + own]! + given;
          const [z, r, c] = [f[a + i]!, f[a + units + i]!, f[a + 2 * units + i]!];
          const dc = dh * (1 - z) * (1 - c * c);
          const dz = dh * (f[(state >> 2) + b * stateExample + i]! - c) * z * (1 - z);
          const candidate = (kept >> 2) + b * keptExample + i;
          const dr = dc * f[candidate]! * r * (1 - r);
          f[a + i] = dz;
          f[a + units + i] = dr;
          f[a + 2 * units + i] = dc * r;
          f[candidate] = dc;
          f[(carried >> 2) + own] = dh * z;
        }
      }
    },

    addTransposed(x, xRow, w, y, yRow, rows, inner, columns) {
      for (let r = 0; r < rows; r++) {
        const from = (x >> 2) + r * xRow;
        for (let c = 0; c < columns; c++) {
          const over = (w >> 2) + c * inner;
          let sum = 0;
          for (let i = 0; i < inner; i++) sum += f[from + i]! * f[over + i]!;
          f[(y >> 2) + r * yRow + c]! += sum;
        }
      }
    },
  };
}
