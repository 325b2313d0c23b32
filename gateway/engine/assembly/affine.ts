// Matrix products over rows that may overlap. The heart of each is a tile of 4 rows by 8 columns held in registers.
import { loadLanes, madd, storeLanes, storePart } from './lanes';

/** Rows that a panel has at most: longer sums are made in parts, in the same order. As in ../kernels/kernels.ts. */
const PANEL_ROWS = 64;

/** Four rows of output: `y[r, 0..columns) = start + sum_i x[r, i] panel[i, 0..8)`. Strides in bytes. */
export function tile4(
  x: usize, xRow: usize, panel: usize, panelRow: usize,
  y: usize, yRow: usize, start0: v128, start1: v128, inner: i32, columns: i32,
): void {
  fourRows(
    x, xRow, panel, panelRow, y, yRow, inner, columns,
    start0, start1, start0, start1, start0, start1, start0, start1,
  );
}

/**
 * The same on top of what is there. A function of its own: a branch in the other one would slow down every product by a
 * tenth.
 */
function addTile4(
  x: usize, xRow: usize, panel: usize, panelRow: usize,
  y: usize, yRow: usize, inner: i32, columns: i32,
): void {
  let at = y;
  const s00 = loadPart(at, columns), s01 = loadPart(at + 16, columns - 4);
  at += yRow;
  const s10 = loadPart(at, columns), s11 = loadPart(at + 16, columns - 4);
  at += yRow;
  const s20 = loadPart(at, columns), s21 = loadPart(at + 16, columns - 4);
  at += yRow;
  const s30 = loadPart(at, columns), s31 = loadPart(at + 16, columns - 4);
  fourRows(x, xRow, panel, panelRow, y, yRow, inner, columns, s00, s01, s10, s11, s20, s21, s30, s31);
}

/** `loadLanes`, once for all. */
function loadPart(at: usize, count: i32): v128 {
  return loadLanes(at, count);
}

/** The body of both: four rows on top of eight vectors. */
@inline
function fourRows(
  x: usize, xRow: usize, panel: usize, panelRow: usize, y: usize, yRow: usize, inner: i32, columns: i32,
  s00: v128, s01: v128, s10: v128, s11: v128, s20: v128, s21: v128, s30: v128, s31: v128,
): void {
  let a0 = x;
  let a1 = a0 + xRow;
  let a2 = a1 + xRow;
  let a3 = a2 + xRow;
  const end = x + (<usize>inner << 2);
  while (a0 < end) {
    const p0 = v128.load(panel);
    const p1 = v128.load(panel, 16);
    let a = v128.load_splat<f32>(a0);
    s00 = madd(a, p0, s00);
    s01 = madd(a, p1, s01);
    a = v128.load_splat<f32>(a1);
    s10 = madd(a, p0, s10);
    s11 = madd(a, p1, s11);
    a = v128.load_splat<f32>(a2);
    s20 = madd(a, p0, s20);
    s21 = madd(a, p1, s21);
    a = v128.load_splat<f32>(a3);
    s30 = madd(a, p0, s30);
    s31 = madd(a, p1, s31);
    panel += panelRow;
    a0 += 4;
    a1 += 4;
    a2 += 4;
    a3 += 4;
  }
  if (columns >= 8) {
    v128.store(y, s00);
    v128.store(y, s01, 16);
    y += yRow;
    v128.store(y, s10);
    v128.store(y, s11, 16);
    y += yRow;
    v128.store(y, s20);
    v128.store(y, s21, 16);
    y += yRow;
    v128.store(y, s30);
    v128.store(y, s31, 16);
  } else {
    storePart(y, s00, s01, columns);
    storePart(y + yRow, s10, s11, columns);
    storePart(y + yRow * 2, s20, s21, columns);
    storePart(y + yRow * 3, s30, s31, columns);
  }
}

/** One row. */
function tile1(
  x: usize, panel: usize, panelRow: usize,
  y: usize, start0: v128, start1: v128, inner: i32, columns: i32,
): void {
  const end = x + (<usize>inner << 2);
  while (x < end) {
    const a = v128.load_splat<f32>(x);
    start0 = madd(a, v128.load(panel), start0);
    start1 = madd(a, v128.load(panel, 16), start1);
    panel += panelRow;
    x += 4;
  }
  storePart(y, start0, start1, columns);
}

/** All rows of all examples against one panel of up to 8 columns. Strides in values. */
function product(
  x: usize, xExample: i32, xRow: i32, panel: usize, panelRow: usize,
  y: usize, yExample: i32, yRow: i32, start0: v128, start1: v128,
  batch: i32, rows: i32, inner: i32, columns: i32, add: i32,
): void {
  const xStep = <usize>xRow << 2;
  const yStep = <usize>yRow << 2;
  for (let b = 0; b < batch; b++) {
    let xAt = x;
    let yAt = y;
    let r = rows;
    for (; r >= 4; r -= 4) {
      if (add) addTile4(xAt, xStep, panel, panelRow, yAt, yStep, inner, columns);
      else tile4(xAt, xStep, panel, panelRow, yAt, yStep, start0, start1, inner, columns);
      xAt += xStep << 2;
      yAt += yStep << 2;
    }
    for (; r > 0; r--) {
      if (add) {
        start0 = loadPart(yAt, columns);
        start1 = loadPart(yAt + 16, columns - 4);
      }
      tile1(xAt, panel, panelRow, yAt, start0, start1, inner, columns);
      xAt += xStep;
      yAt += yStep;
    }
    x += <usize>xExample << 2;
    y += <usize>yExample << 2;
  }
}

export function affine(
  x: usize, xExample: i32, xRow: i32, w: usize, bias: usize,
  y: usize, yExample: i32, yRow: i32, panel: usize,
  batch: i32, rows: i32, inner: i32, columns: i32,
): void {
  const wRow = <usize>columns << 2;
  let n = columns;
  for (; n >= 8; n -= 8) {
    const start0 = bias ? v128.load(bias) : f32x4.splat(0);
    const start1 = bias ? v128.load(bias, 16) : f32x4.splat(0);
    product(x, xExample, xRow, w, wRow, y, yExample, yRow, start0, start1, batch, rows, inner, 8, 0);
    w += 32;
    if (bias) bias += 32;
    y += 32;
  }
  if (n == 0) return;
  for (let from = 0; from < inner; from += PANEL_ROWS) {
    const taken = min(PANEL_ROWS, inner - from);
    for (let i = 0; i < taken; i++) {
      v128.store(panel + (i << 5), loadLanes(w, n));
      v128.store(panel + (i << 5), loadLanes(w + 16, n - 4), 16);
      w += wRow;
    }
    affinePanel(x, xExample, xRow, panel, bias, y, yExample, yRow, batch, rows, taken, n, i32(from > 0));
    x += PANEL_ROWS << 2;
  }
}

export function affinePanel(
  x: usize, xExample: i32, xRow: i32, panel: usize, bias: usize,
  y: usize, yExample: i32, yRow: i32, batch: i32, rows: i32, inner: i32, columns: i32, add: i32,
): void {
  const start0 = bias ? loadLanes(bias, columns) : f32x4.splat(0);
  const start1 = bias ? loadLanes(bias + 16, columns - 4) : f32x4.splat(0);
  product(x, xExample, xRow, panel, 32, y, yExample, yRow, start0, start1, batch, rows, inner, columns, add);
}

/** Copies `count` outputs of up to 8 input channels of one kernel position, transposed: `panel[n, j] = w[j, n]`. */
export function transpose(w: usize, panel: usize, outputs: i32, count: i32, taken: i32): void {
  const row = <usize>outputs << 2;
  let n = 0;
  if (taken >= 8) {
    for (; n + 4 <= count; n += 4) {
      transpose4(w, row, panel);
      transpose4(w + (row << 2), row, panel + 16);
      w += 16;
      panel += 128;
    }
  }
  for (; n < count; n++) {
    for (let j = 0; j < 8; j++) {
      store<f32>(panel + (j << 2), j < taken ? load<f32>(w + <usize>j * row) : 0);
    }
    w += 4;
    panel += 32;
  }
}

/** Four by four values, from rows `row` bytes apart to rows of a panel. */
@inline
function transpose4(from: usize, row: usize, to: usize): void {
  const a = v128.load(from);
  const b = v128.load(from + row);
  const c = v128.load(from + row * 2);
  const d = v128.load(from + row * 3);
  const ab0 = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
  const ab1 = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
  const cd0 = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
  const cd1 = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<f32>(ab0, cd0, 0, 1, 4, 5));
  v128.store(to, v128.shuffle<f32>(ab0, cd0, 2, 3, 6, 7), 32);
  v128.store(to, v128.shuffle<f32>(ab1, cd1, 0, 1, 4, 5), 64);
  v128.store(to, v128.shuffle<f32>(ab1, cd1, 2, 3, 6, 7), 96);
}

export function affineInput(
  dy: usize, dyExample: i32, dyRow: i32, w: usize,
  dx: usize, dxExample: i32, dxRow: i32, panel: usize,
  batch: i32, rows: i32, positions: i32, inputs: i32, outputs: i32,
): void {
  const zero = f32x4.splat(0);
  const inner = positions * outputs;
  for (let c = 0; c < inputs; c += 8) {
    for (let from = 0; from < inner; from += PANEL_ROWS) {
      const taken = min(PANEL_ROWS, inner - from);
      // The rows of a panel may be of several positions.
      for (let row = 0; row < taken; ) {
        const k = (from + row) / outputs;
        const n = from + row - k * outputs;
        const count = min(taken - row, outputs - n);
        const at = w + (<usize>(((positions - 1 - k) * inputs + c) * outputs + n) << 2);
        transpose(at, panel + (<usize>row << 5), outputs, count, inputs - c);
        row += count;
      }
      product(
        dy + (<usize>from << 2), dyExample, dyRow, panel, 32,
        dx, dxExample, dxRow, zero, zero, batch, rows, taken, inputs - c, i32(from > 0),
      );
    }
    dx += 32;
  }
}

function addPart(at: usize, first: v128, second: v128, columns: i32): void {
  storeLanes(at, v128.add<f32>(loadLanes(at, columns), first), columns);
  if (columns > 4) storeLanes(at + 16, v128.add<f32>(loadLanes(at + 16, columns - 4), second), columns - 4);
}

@inline
function add8(at: usize, first: v128, second: v128): void {
  v128.store(at, v128.add<f32>(v128.load(at), first));
  v128.store(at, v128.add<f32>(v128.load(at, 16), second), 16);
}

/** Four rows and 8 columns of the weight gradient, over all rows of all examples. Strides in bytes. */
export function gradient4(
  x: usize, xExample: usize, xRow: usize, dy: usize, dyExample: usize, dyRow: usize,
  dw: usize, dwRow: usize, batch: i32, rows: i32, columns: i32,
): void {
  let s00 = f32x4.splat(0), s01 = s00, s10 = s00, s11 = s00;
  let s20 = s00, s21 = s00, s30 = s00, s31 = s00;
  for (let b = 0; b < batch; b++) {
    let a = x;
    let d = dy;
    for (let r = rows; r > 0; r--) {
      const d0 = v128.load(d);
      const d1 = v128.load(d, 16);
      let v = v128.load_splat<f32>(a);
      s00 = madd(v, d0, s00);
      s01 = madd(v, d1, s01);
      v = v128.load_splat<f32>(a, 4);
      s10 = madd(v, d0, s10);
      s11 = madd(v, d1, s11);
      v = v128.load_splat<f32>(a, 8);
      s20 = madd(v, d0, s20);
      s21 = madd(v, d1, s21);
      v = v128.load_splat<f32>(a, 12);
      s30 = madd(v, d0, s30);
      s31 = madd(v, d1, s31);
      a += xRow;
      d += dyRow;
    }
    x += xExample;
    dy += dyExample;
  }
  if (columns >= 8) {
    add8(dw, s00, s01);
    add8(dw + dwRow, s10, s11);
    add8(dw + dwRow * 2, s20, s21);
    add8(dw + dwRow * 3, s30, s31);
    return;
  }
  addPart(dw, s00, s01, columns);
  addPart(dw + dwRow, s10, s11, columns);
  addPart(dw + dwRow * 2, s20, s21, columns);
  addPart(dw + dwRow * 3, s30, s31, columns);
}

/** The same for one row. */
export function gradient1(
  x: usize, xExample: usize, xRow: usize, dy: usize, dyExample: usize, dyRow: usize,
  dw: usize, batch: i32, rows: i32, columns: i32,
): void {
  let s0 = f32x4.splat(0), s1 = s0;
  for (let b = 0; b < batch; b++) {
    let a = x;
    let d = dy;
    for (let r = rows; r > 0; r--) {
      const v = v128.load_splat<f32>(a);
      s0 = madd(v, v128.load(d), s0);
      s1 = madd(v, v128.load(d, 16), s1);
      a += xRow;
      d += dyRow;
    }
    x += xExample;
    dy += dyExample;
  }
  addPart(dw, s0, s1, columns);
}

/** The weight gradient of a single row: `dw[i, n] += x[i] dy[n]`. */
function outer(x: usize, dy: usize, dw: usize, inner: i32, columns: i32): void {
  for (; inner > 0; inner--) {
    const v = v128.load_splat<f32>(x);
    let n = columns;
    let d = dy;
    for (; n >= 8; n -= 8) {
      v128.store(dw, madd(v, v128.load(d), v128.load(dw)));
      v128.store(dw, madd(v, v128.load(d, 16), v128.load(dw, 16)), 16);
      dw += 32;
      d += 32;
    }
    for (; n > 0; n--) {
      store<f32>(dw, load<f32>(dw) + load<f32>(x) * load<f32>(d));
      dw += 4;
      d += 4;
    }
    x += 4;
  }
}

/** Rows taken at a time, so that what a tile reads again and again stays in the nearest cache. */
const ROWS_AT_A_TIME = 96;

export function affineWeights(
  x: usize, xExample: i32, xRow: i32, dy: usize, dyExample: i32, dyRow: i32,
  dw: usize, batch: i32, rows: i32, inner: i32, columns: i32,
): void {
  if (batch == 1 && rows == 1) {
    outer(x, dy, dw, inner, columns);
    return;
  }
  const xStep = <usize>xRow << 2;
  const xJump = <usize>xExample << 2;
  const dyStep = <usize>dyRow << 2;
  const dyJump = <usize>dyExample << 2;
  const dwRow = <usize>columns << 2;
  const most = max(1, ROWS_AT_A_TIME / rows);
  while (batch > 0) {
    const taken = min(batch, most);
    let from = x;
    let to = dw;
    let i = inner;
    for (; i >= 4; i -= 4) {
      for (let n = 0; n < columns; n += 8) {
        const at = <usize>n << 2;
        gradient4(from, xJump, xStep, dy + at, dyJump, dyStep, to + at, dwRow, taken, rows, columns - n);
      }
      from += 16;
      to += dwRow << 2;
    }
    for (; i > 0; i--) {
      for (let n = 0; n < columns; n += 8) {
        const at = <usize>n << 2;
        gradient1(from, xJump, xStep, dy + at, dyJump, dyStep, to + at, taken, rows, columns - n);
      }
      from += 4;
      to += dwRow;
    }
    x += xJump * taken;
    dy += dyJump * taken;
    batch -= taken;
  }
}

export function affineBias(
  dy: usize, dyExample: i32, dyRow: i32, db: usize, batch: i32, rows: i32, columns: i32,
): void {
  const step = <usize>dyRow << 2;
  let n = 0;
  // Sixteen columns are a line of the cache.
  for (; n + 16 <= columns; n += 16) {
    let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
    for (let b = 0; b < batch; b++) {
      let d = dy + (<usize>(b * dyExample) << 2);
      for (let r = rows; r > 0; r--) {
        s0 = v128.add<f32>(s0, v128.load(d));
        s1 = v128.add<f32>(s1, v128.load(d, 16));
        s2 = v128.add<f32>(s2, v128.load(d, 32));
        s3 = v128.add<f32>(s3, v128.load(d, 48));
        d += step;
      }
    }
    add8(db, s0, s1);
    add8(db + 32, s2, s3);
    dy += 64;
    db += 64;
  }
  for (; n < columns; n += 8) {
    let s0 = f32x4.splat(0), s1 = s0;
    for (let b = 0; b < batch; b++) {
      let d = dy + (<usize>(b * dyExample) << 2);
      for (let r = rows; r > 0; r--) {
        s0 = v128.add<f32>(s0, v128.load(d));
        s1 = v128.add<f32>(s1, v128.load(d, 16));
        d += step;
      }
    }
    addPart(db, s0, s1, columns - n);
    dy += 32;
    db += 32;
  }
}
