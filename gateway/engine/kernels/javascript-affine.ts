import type { Kernels } from './kernels';

type AffineKernels = Pick<Kernels, 'affine' | 'affineInput' | 'affineWeights' | 'affineBias'>;

/** Columns of a panel, as in the WebAssembly build. */
const tile = 8;

/** The matrix products in plain JavaScript, accumulated in double precision (`Math.fround` would be slower). */
export function javascriptAffine(f: Float32Array): AffineKernels {
  /**
   * `y[b,r,j] = start[j] + sum_i x[b,r,i] panel[i,j]` for up to eight columns. All positions are indices; a negative
   * `start` means zero.
   */
  function product(
    x: number,
    xExample: number,
    xRow: number,
    panel: number,
    panelRow: number,
    start: number,
    y: number,
    yExample: number,
    yRow: number,
    batch: number,
    rows: number,
    inner: number,
    columns: number,
  ): void {
    for (let b = 0; b < batch; b++) {
      for (let r = 0; r < rows; r++) {
        const xAt = x + b * xExample + r * xRow;
        const yAt = y + b * yExample + r * yRow;
        for (let j = 0; j < columns; j += 4) {
          const left = columns - j;
          let s0 = 0;
          let s1 = 0;
          let s2 = 0;
          let s3 = 0;
          for (let i = 0, at = panel + j; i < inner; i++, at += panelRow) {
            const value = f[xAt + i]!;
            s0 += value * f[at]!;
            s1 += value * f[at + 1]!;
            s2 += value * f[at + 2]!;
            s3 += value * f[at + 3]!;
          }
          const from = start + j;
          f[yAt + j] = start < 0 ? s0 : s0 + f[from]!;
          if (left > 1) f[yAt + j + 1] = start < 0 ? s1 : s1 + f[from + 1]!;
          if (left > 2) f[yAt + j + 2] = start < 0 ? s2 : s2 + f[from + 2]!;
          if (left > 3) f[yAt + j + 3] = start < 0 ? s3 : s3 + f[from + 3]!;
        }
      }
    }
  }

  return {
    affine(x, xExample, xRow, w, bias, y, yExample, yRow, panel, batch, rows, inner, columns) {
      for (let n = 0; n < columns; n += tile) {
        const taken = Math.min(tile, columns - n);
        const to = (y >> 2) + n;
        const start = (bias >> 2) + n;
        let from = (w >> 2) + n;
        let row = columns;
        if (taken < tile) {
          for (let i = 0; i < inner; i++) {
            for (let j = 0; j < tile; j++) {
              f[(panel >> 2) + i * tile + j] = j < taken ? f[from + i * columns + j]! : 0;
            }
          }
          from = panel >> 2;
          row = tile;
        }
        product(x >> 2, xExample, xRow, from, row, start, to, yExample, yRow, batch, rows, inner, taken);
      }
    },

    affineInput(
      dy,
      dyExample,
      dyRow,
      w,
      dx,
      dxExample,
      dxRow,
      panel,
      batch,
      rows,
      positions,
      inputs,
      outputs,
    ) {
      const inner = positions * outputs;
      const to = panel >> 2;
      for (let c = 0; c < inputs; c += tile) {
        const taken = Math.min(tile, inputs - c);
        for (let k = 0; k < positions; k++) {
          for (let j = 0; j < tile; j++) {
            const from = (w >> 2) + ((positions - 1 - k) * inputs + c + j) * outputs;
            for (let n = 0; n < outputs; n++)
              f[to + (k * outputs + n) * tile + j] = j < taken ? f[from + n]! : 0;
          }
        }
        const into = (dx >> 2) + c;
        product(dy >> 2, dyExample, dyRow, to, tile, -1, into, dxExample, dxRow, batch, rows, inner, taken);
      }
    },

    affineWeights(x, xExample, xRow, dy, dyExample, dyRow, dw, batch, rows, inner, columns) {
      const x0 = x >> 2;
      const dy0 = dy >> 2;
      const whole = columns & ~3;
      for (let i = 0; i < inner; i++) {
        const dwAt = (dw >> 2) + i * columns;
        let n = 0;
        for (; n < whole; n += 4) {
          let s0 = 0;
          let s1 = 0;
          let s2 = 0;
          let s3 = 0;
          for (let b = 0; b < batch; b++) {
            let xAt = x0 + b * xExample + i;
            let dyAt = dy0 + b * dyExample + n;
            for (let r = 0; r < rows; r++, xAt += xRow, dyAt += dyRow) {
              const value = f[xAt]!;
              s0 += value * f[dyAt]!;
              s1 += value * f[dyAt + 1]!;
              s2 += value * f[dyAt + 2]!;
              s3 += value * f[dyAt + 3]!;
            }
          }
          f[dwAt + n]! += s0;
          f[dwAt + n + 1]! += s1;
          f[dwAt + n + 2]! += s2;
          f[dwAt + n + 3]! += s3;
        }
        for (; n < columns; n++) {
          let sum = 0;
          for (let b = 0; b < batch; b++) {
            const xAt = x0 + b * xExample + i;
            const dyAt = dy0 + b * dyExample + n;
            for (let r = 0; r < rows; r++) sum += f[xAt + r * xRow]! * f[dyAt + r * dyRow]!;
          }
          f[dwAt + n]! += sum;
        }
      }
    },

    affineBias(dy, dyExample, dyRow, db, batch, rows, columns) {
      for (let n = 0; n < columns; n++) {
        let sum = 0;
        for (let b = 0; b < batch; b++) {
          const at = (dy >> 2) + b * dyExample + n;
          for (let r = 0; r < rows; r++) sum += f[at + r * dyRow]!;
        }
        f[(db >> 2) + n]! += sum;
      }
    },
  };
}
