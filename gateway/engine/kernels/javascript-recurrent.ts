import type { RecurrentKernels } from './recurrent-kernels';

const sigmoid = (value: number) => 1 / (1 + Math.exp(-value));

/** The opening of a gate: a sigmoid, or a clipped line. */
const gate = (value: number, slope: number) =>
  slope === 0 ? sigmoid(value) : Math.min(1, Math.max(0, slope * value + 0.5));
/** The slope of a gate, from its opening. */
const gateSlope = (open: number, slope: number) => {
  const product = open * (1 - open);
  if (slope === 0) return product;
  return product > 0 ? slope : 0;
};

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

    lstmStep(
      gates,
      gatesExample,
      products,
      cell,
      cellExample,
      nextCell,
      nextCellExample,
      next,
      nextExample,
      batch,
      units,
      slope,
    ) {
      for (let b = 0; b < batch; b++) {
        const a = (gates >> 2) + b * gatesExample;
        const u = (products >> 2) + b * 4 * units;
        for (let j = 0; j < units; j++) {
          const [i, f0, g, o] = [a + j, a + units + j, a + 2 * units + j, a + 3 * units + j];
          const sum = (gate: number) => f[a + gate * units + j]! + f[u + gate * units + j]!;
          f[i] = gate(sum(0), slope);
          f[f0] = gate(sum(1), slope);
          f[g] = Math.tanh(sum(2));
          f[o] = gate(sum(3), slope);
          const content = f[f0]! * f[(cell >> 2) + b * cellExample + j]! + f[i]! * f[g]!;
          f[(nextCell >> 2) + b * nextCellExample + j] = content;
          f[(next >> 2) + b * nextExample + j] = f[o]! * Math.tanh(content);
        }
      }
    },

    lstmStepBack(
      gates,
      gatesExample,
      cell,
      cellExample,
      nextCell,
      nextCellExample,
      dy,
      dyExample,
      carried,
      carriedCell,
      batch,
      units,
      slope,
    ) {
      for (let b = 0; b < batch; b++) {
        const a = (gates >> 2) + b * gatesExample;
        for (let j = 0; j < units; j++) {
          const own = b * units + j;
          const dh = f[(carried >> 2) + own]! + (dy ? f[(dy >> 2) + b * dyExample + j]! : 0);
          const [i, f0, g, o] = [f[a + j]!, f[a + units + j]!, f[a + 2 * units + j]!, f[a + 3 * units + j]!];
          const t = Math.tanh(f[(nextCell >> 2) + b * nextCellExample + j]!);
          const dc = f[(carriedCell >> 2) + own]! + dh * o * (1 - t * t);
          f[a + j] = dc * g * gateSlope(i, slope);
          f[a + units + j] = dc * f[(cell >> 2) + b * cellExample + j]! * gateSlope(f0, slope);
          f[a + 2 * units + j] = dc * i * (1 - g * g);
          f[a + 3 * units + j] = dh * t * gateSlope(o, slope);
          f[(carried >> 2) + own] = 0;
          f[(carriedCell >> 2) + own] = dc * f0;
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
