import type { Kernels } from './kernels';

type AffineKernels = Pick<Kernels, 'affine' | 'affinePanel' | 'affineInput' | 'affineWeights' | 'affineBias'>;

/** Columns of a panel, as in the WebAssembly build. */
const tile = 8;

/**
 * The matrix products in plain JavaScript, accumulated in double precision (`Math.fround` would be slower).
 * Loops go four columns at a time and may read up to three values beyond a row, which are not used: see `guardBytes`.
 */
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
      for (let r = 0; r < rows; r += 2) {
        const xAt = x + b * xExample + r * xRow;
        const yAt = y + b * yExample + r * yRow;
        // Two rows share what is read of the panel; the last row of an odd number is done twice.
        const second = r + 1 < rows ? 1 : 0;
        const down = second * xRow;
        for (let j = 0; j < columns; j += 4) {
          let s0 = 0;
          let s1 = 0;
          let s2 = 0;
          let s3 = 0;
          let t0 = 0;
          let t1 = 0;
          let t2 = 0;
          let t3 = 0;
          for (let i = xAt, at = panel + j; i < xAt + inner; i++, at += panelRow) {
            const value = f[i]!;
            const below = f[i + down]!;
            const p0 = f[at]!;
            const p1 = f[at + 1]!;
            const p2 = f[at + 2]!;
            const p3 = f[at + 3]!;
            s0 += value * p0;
            s1 += value * p1;
            s2 += value * p2;
            s3 += value * p3;
            t0 += below * p0;
            t1 += below * p1;
            t2 += below * p2;
            t3 += below * p3;
          }
          store4(yAt + j, columns - j, start < 0 ? -1 : start + j, s0, s1, s2, s3);
          if (second) store4(yAt + yRow + j, columns - j, start < 0 ? -1 : start + j, t0, t1, t2, t3);
        }
      }
    }
  }

  /** Stores up to four values, on top of those at `start` unless that is negative. */
  function store4(
    to: number,
    count: number,
    start: number,
    a: number,
    b: number,
    c: number,
    d: number,
  ): void {
    f[to] = start < 0 ? a : a + f[start]!;
    if (count > 1) f[to + 1] = start < 0 ? b : b + f[start + 1]!;
    if (count > 2) f[to + 2] = start < 0 ? c : c + f[start + 2]!;
    if (count > 3) f[to + 3] = start < 0 ? d : d + f[start + 3]!;
  }

  return {
    affine(x, xExample, xRow, w, bias, y, yExample, yRow, panel, batch, rows, inner, columns) {
      for (let n = 0; n < columns; n += tile) {
        const taken = Math.min(tile, columns - n);
        const to = (y >> 2) + n;
        const start = bias ? (bias >> 2) + n : -1;
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

    affinePanel(x, xExample, xRow, panel, bias, y, yExample, yRow, batch, rows, inner, columns) {
      const start = bias ? bias >> 2 : -1;
      const [from, to] = [x >> 2, y >> 2];
      product(from, xExample, xRow, panel >> 2, tile, start, to, yExample, yRow, batch, rows, inner, columns);
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
      for (let i = 0; i < inner; i += 2) {
        // Two rows share what is read of dy; the last row of an odd number is done twice and added once.
        const down = i + 1 < inner ? 1 : 0;
        const to = (dw >> 2) + i * columns;
        for (let n = 0; n < columns; n += 4) {
          let s0 = 0;
          let s1 = 0;
          let s2 = 0;
          let s3 = 0;
          let t0 = 0;
          let t1 = 0;
          let t2 = 0;
          let t3 = 0;
          for (let b = 0; b < batch; b++) {
            let xAt = x0 + b * xExample + i;
            let dyAt = dy0 + b * dyExample + n;
            for (let r = 0; r < rows; r++, xAt += xRow, dyAt += dyRow) {
              const value = f[xAt]!;
              const below = f[xAt + down]!;
              const d0 = f[dyAt]!;
              const d1 = f[dyAt + 1]!;
              const d2 = f[dyAt + 2]!;
              const d3 = f[dyAt + 3]!;
              s0 += value * d0;
              s1 += value * d1;
              s2 += value * d2;
              s3 += value * d3;
              t0 += below * d0;
              t1 += below * d1;
              t2 += below * d2;
              t3 += below * d3;
            }
          }
          store4(to + n, columns - n, to + n, s0, s1, s2, s3);
          if (down) store4(to + columns + n, columns - n, to + columns + n, t0, t1, t2, t3);
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
