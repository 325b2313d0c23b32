import { type Kernels, panelRows } from './kernels';

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
   * `start` means zero, and with `add` it is what is there. A sum is rounded to float32 wherever a panel would end, so
   * that it is the same over weights that lie ready.
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
    add: boolean,
  ): void {
    for (let from = 0; from < inner; from += panelRows) {
      const taken = Math.min(panelRows, inner - from);
      const at = panel + from * panelRow;
      const on = add || from > 0;
      part(x + from, xExample, xRow, at, panelRow, start, y, yExample, yRow, batch, rows, taken, columns, on);
    }
  }

  /** The same for no more rows than a panel has. */
  function part(
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
    add: boolean,
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
          const one = add ? yAt + j : start < 0 ? -1 : start + j;
          const other = add ? yAt + yRow + j : one;
          store4(yAt + j, columns - j, one, s0, s1, s2, s3);
          if (second) store4(yAt + yRow + j, columns - j, other, t0, t1, t2, t3);
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
    affine(x, xExample, xRow, w, bias, y, yExample, yRow, _panel, batch, rows, inner, columns) {
      for (let n = 0; n < columns; n += tile) {
        const taken = Math.min(tile, columns - n);
        const [from, to] = [(w >> 2) + n, (y >> 2) + n];
        const start = bias ? (bias >> 2) + n : -1;
        product(
          x >> 2,
          xExample,
          xRow,
          from,
          columns,
          start,
          to,
          yExample,
          yRow,
          batch,
          rows,
          inner,
          taken,
          false,
        );
      }
    },

    affinePanel(x, xExample, xRow, panel, bias, y, yExample, yRow, batch, rows, inner, columns, add) {
      const start = bias ? bias >> 2 : -1;
      const [from, to, w] = [x >> 2, y >> 2, panel >> 2];
      product(
        from,
        xExample,
        xRow,
        w,
        tile,
        start,
        to,
        yExample,
        yRow,
        batch,
        rows,
        inner,
        columns,
        add === 1,
      );
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
        const columns = Math.min(tile, inputs - c);
        for (let from = 0; from < inner; from += panelRows) {
          const taken = Math.min(panelRows, inner - from);
          for (let i = 0; i < taken; i++) {
            const k = Math.floor((from + i) / outputs);
            const first = (w >> 2) + ((positions - 1 - k) * inputs + c) * outputs + from + i - k * outputs;
            for (let j = 0; j < tile; j++) f[to + i * tile + j] = j < columns ? f[first + j * outputs]! : 0;
          }
          const [over, into, on] = [(dy >> 2) + from, (dx >> 2) + c, from > 0];
          part(over, dyExample, dyRow, to, tile, -1, into, dxExample, dxRow, batch, rows, taken, columns, on);
        }
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
