// Convolutions of five positions with 6 multiplications for every 10: the minimal filtering of Winograd (1980), as
// Lavin and Gray (2016) use it. Two output rows depend on six input rows; at six points (0, 1, -1, 2, -2, infinity)
// the product of two polynomials is a product of values. For each point a plain matrix product remains.
//
// Rows must divide by 8, and channels and columns too; the schedule sees to it. Scratch holds the points of `group`
// examples at a time.
import { gradient4, transpose } from './affine';
import { madd } from './lanes';

@inline
function scaled(value: v128, factor: f32): v128 {
  return v128.mul<f32>(value, f32x4.splat(factor));
}

@inline
function plus(a: v128, b: v128): v128 {
  return v128.add<f32>(a, b);
}

@inline
function minus(a: v128, b: v128): v128 {
  return v128.sub<f32>(a, b);
}

/** Six rows of input to six points, for each pair of output rows: `u[point, pair, channel]`. `channels` divides by 4. */
function inputPoints(x: usize, row: usize, pairs: i32, channels: i32, u: usize): void {
  const step = (<usize>pairs * channels) << 2;
  for (let p = 0; p < pairs; p++) {
    for (let c = 0; c < channels; c += 4) {
      let at = x + (<usize>c << 2);
      const d0 = v128.load(at);
      at += row;
      const d1 = v128.load(at);
      at += row;
      const d2 = v128.load(at);
      at += row;
      const d3 = v128.load(at);
      at += row;
      const d4 = v128.load(at);
      const d5 = v128.load(at + row);
      let to = u;
      v128.store(to, plus(minus(scaled(d0, 4), scaled(d2, 5)), d4));
      to += step;
      const a = minus(d4, scaled(d2, 4));
      const b = minus(d3, scaled(d1, 4));
      v128.store(to, plus(a, b));
      to += step;
      v128.store(to, minus(a, b));
      to += step;
      const e = minus(d4, d2);
      const f = scaled(minus(d3, d1), 2);
      v128.store(to, plus(e, f));
      to += step;
      v128.store(to, minus(e, f));
      to += step;
      v128.store(to, plus(minus(scaled(d1, 4), scaled(d3, 5)), d5));
      u += 16;
    }
    x += row << 1;
  }
}

/** Five weights to six points, for eight columns: `v[point, i, 8]`. Steps in bytes. */
function weightPoints(w: usize, position: usize, row: usize, inner: i32, v: usize): void {
  const step = <usize>inner << 5;
  for (let i = 0; i < inner; i++) {
    for (let half: usize = 0; half < 32; half += 16) {
      let at = w + half;
      const g0 = v128.load(at);
      at += position;
      const g1 = v128.load(at);
      at += position;
      const g2 = v128.load(at);
      at += position;
      const g3 = v128.load(at);
      const g4 = v128.load(at + position);
      let to = v + half;
      v128.store(to, scaled(g0, 1.0 / 4.0));
      to += step;
      const even = plus(plus(g0, g2), g4);
      const odd = plus(g1, g3);
      v128.store(to, scaled(plus(even, odd), -1.0 / 6.0));
      to += step;
      v128.store(to, scaled(minus(even, odd), -1.0 / 6.0));
      to += step;
      const even2 = plus(plus(g0, scaled(g2, 4)), scaled(g4, 16));
      const odd2 = plus(scaled(g1, 2), scaled(g3, 8));
      v128.store(to, scaled(plus(even2, odd2), 1.0 / 24.0));
      to += step;
      v128.store(to, scaled(minus(even2, odd2), 1.0 / 24.0));
      to += step;
      v128.store(to, g4);
    }
    w += row;
    v += 32;
  }
}

/** Adds `times` eight columns of one point to a row. */
@inline
function addRow(y: usize, s0: v128, s1: v128, times: f32): void {
  if (times == 0) return;
  const factor = f32x4.splat(times);
  v128.store(y, madd(s0, factor, v128.load(y)));
  v128.store(y, madd(s1, factor, v128.load(y, 16)), 16);
}

/** Four pairs of rows at one point, added to the first of each `times0`, to the second `times1` times. */
function pointTile(
  u: usize, uRow: usize, v: usize, inner: i32, y: usize, yRow: usize, times0: f32, times1: f32,
): void {
  let a0 = u;
  let a1 = a0 + uRow;
  let a2 = a1 + uRow;
  let a3 = a2 + uRow;
  let s00 = f32x4.splat(0), s01 = s00, s10 = s00, s11 = s00;
  let s20 = s00, s21 = s00, s30 = s00, s31 = s00;
  const end = u + (<usize>inner << 2);
  while (a0 < end) {
    const p0 = v128.load(v);
    const p1 = v128.load(v, 16);
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
    v += 32;
    a0 += 4;
    a1 += 4;
    a2 += 4;
    a3 += 4;
  }
  addRow(y, s00, s01, times0);
  addRow(y + yRow, s00, s01, times1);
  addRow(y + yRow * 2, s10, s11, times0);
  addRow(y + yRow * 3, s10, s11, times1);
  addRow(y + yRow * 4, s20, s21, times0);
  addRow(y + yRow * 5, s20, s21, times1);
  addRow(y + yRow * 6, s30, s31, times0);
  addRow(y + yRow * 7, s30, s31, times1);
}

/** Forward, or with `flip` backward: then w is `[5, columns, inner]` and read from the other end. */
function convolve(
  x: usize, xExample: i32, w: usize, bias: usize, y: usize, yExample: i32, scratch: usize,
  batch: i32, rows: i32, inner: i32, columns: i32, group: i32, flip: bool,
): void {
  const pairs = rows >> 1;
  const uRow = <usize>inner << 2;
  const uStep = uRow * pairs;
  const uExample = uStep * 6;
  const vStep = <usize>inner << 5;
  const v = scratch + uExample * group;
  const panel = v + vStep * 6;
  const yRow = <usize>columns << 2;
  while (batch > 0) {
    const taken = min(batch, group);
    for (let b = 0; b < taken; b++) {
      inputPoints(x + (<usize>(b * xExample) << 2), uRow, pairs, inner, scratch + uExample * b);
    }
    for (let n = 0; n < columns; n += 8) {
      const at = <usize>n << 2;
      let bias0 = f32x4.splat(0);
      let bias1 = bias0;
      if (flip) {
        for (let k = 0; k < 5; k++) {
          const from = w + (<usize>(((4 - k) * columns + n) * inner) << 2);
          transpose(from, panel + vStep * k, inner, inner, 8);
        }
        weightPoints(panel, vStep, 32, inner, v);
      } else {
        weightPoints(w + at, yRow * inner, yRow, inner, v);
        if (bias) {
          bias0 = v128.load(bias + at);
          bias1 = v128.load(bias + at, 16);
        }
      }
      for (let b = 0; b < taken; b++) {
        let to = y + (<usize>(b * yExample) << 2) + at;
        let u = scratch + uExample * b;
        for (let p = 0; p < pairs; p += 4) {
          for (let r = 0; r < 8; r++) {
            v128.store(to + yRow * r, bias0);
            v128.store(to + yRow * r, bias1, 16);
          }
          pointTile(u, uRow, v, inner, to, yRow, 1, 0);
          pointTile(u + uStep, uRow, v + vStep, inner, to, yRow, 1, 1);
          pointTile(u + uStep * 2, uRow, v + vStep * 2, inner, to, yRow, 1, -1);
          pointTile(u + uStep * 3, uRow, v + vStep * 3, inner, to, yRow, 1, 2);
          pointTile(u + uStep * 4, uRow, v + vStep * 4, inner, to, yRow, 1, -2);
          pointTile(u + uStep * 5, uRow, v + vStep * 5, inner, to, yRow, 0, 1);
          to += yRow << 3;
          u += uRow << 2;
        }
      }
    }
    x += <usize>(taken * xExample) << 2;
    y += <usize>(taken * yExample) << 2;
    batch -= taken;
  }
}

export function winograd(
  x: usize, xExample: i32, w: usize, bias: usize, y: usize, yExample: i32, scratch: usize,
  batch: i32, rows: i32, channels: i32, columns: i32, group: i32,
): void {
  convolve(x, xExample, w, bias, y, yExample, scratch, batch, rows, channels, columns, group, false);
}

export function winogradInput(
  dy: usize, dyExample: i32, w: usize, dx: usize, dxExample: i32, scratch: usize,
  batch: i32, rows: i32, inputs: i32, outputs: i32, group: i32,
): void {
  convolve(dy, dyExample, w, 0, dx, dxExample, scratch, batch, rows, outputs, inputs, group, true);
}

/** Pairs of rows of the output's gradient to six points: `e[point, pair, column]`. */
function gradientPoints(dy: usize, row: usize, pairs: i32, columns: i32, e: usize): void {
  const step = (<usize>pairs * columns) << 2;
  for (let p = 0; p < pairs; p++) {
    for (let n = 0; n < columns; n += 4) {
      const first = v128.load(dy + (<usize>n << 2));
      const second = v128.load(dy + row + (<usize>n << 2));
      const twice = scaled(second, 2);
      let to = e;
      v128.store(to, scaled(first, 1.0 / 4.0));
      to += step;
      v128.store(to, scaled(plus(first, second), -1.0 / 6.0));
      to += step;
      v128.store(to, scaled(minus(first, second), -1.0 / 6.0));
      to += step;
      v128.store(to, scaled(plus(first, twice), 1.0 / 24.0));
      to += step;
      v128.store(to, scaled(minus(first, twice), 1.0 / 24.0));
      to += step;
      v128.store(to, second);
      e += 16;
    }
    dy += row << 1;
  }
}

@inline
function accumulate(at: usize, value: v128): void {
  v128.store(at, v128.add<f32>(v128.load(at), value));
}

/** Six points of a tile of 4 by 8 to the gradients of its five positions. Steps in bytes. */
function addPositions(m: usize, dw: usize, row: usize, position: usize): void {
  for (let r = 0; r < 4; r++) {
    for (let half: usize = 0; half < 32; half += 16) {
      const m1 = v128.load(m + half, 128);
      const m2 = v128.load(m + half, 256);
      const m3 = v128.load(m + half, 384);
      const m4 = v128.load(m + half, 512);
      const sum = plus(m1, m2);
      const sum2 = plus(m3, m4);
      const difference = minus(m1, m2);
      const difference2 = minus(m3, m4);
      let to = dw + half;
      accumulate(to, plus(v128.load(m + half), plus(sum, sum2)));
      to += position;
      accumulate(to, plus(difference, scaled(difference2, 2)));
      to += position;
      accumulate(to, plus(sum, scaled(sum2, 4)));
      to += position;
      accumulate(to, plus(difference, scaled(difference2, 8)));
      to += position;
      accumulate(to, plus(v128.load(m + half, 640), plus(sum, scaled(sum2, 16))));
    }
    m += 32;
    dw += row;
  }
}

export function winogradWeights(
  x: usize, xExample: i32, dy: usize, dyExample: i32, dw: usize, scratch: usize,
  batch: i32, rows: i32, channels: i32, columns: i32, group: i32,
): void {
  const pairs = rows >> 1;
  const uRow = <usize>channels << 2;
  const uStep = uRow * pairs;
  const eRow = <usize>columns << 2;
  const eStep = eRow * pairs;
  const m = scratch;
  const u = m + 768;
  const e = u + uStep * 6 * group;
  while (batch > 0) {
    const taken = min(batch, group);
    for (let b = 0; b < taken; b++) {
      inputPoints(x + (<usize>(b * xExample) << 2), uRow, pairs, channels, u + uStep * 6 * b);
      gradientPoints(dy + (<usize>(b * dyExample) << 2), eRow, pairs, columns, e + eStep * 6 * b);
    }
    for (let c = 0; c < channels; c += 4) {
      for (let n = 0; n < columns; n += 8) {
        memory.fill(m, 0, 768);
        for (let j = 0; j < 6; j++) {
          const from = u + uStep * j + (<usize>c << 2);
          const over = e + eStep * j + (<usize>n << 2);
          gradient4(from, uStep * 6, uRow, over, eStep * 6, eRow, m + (<usize>j << 7), 32, taken, pairs, 8);
        }
        addPositions(m, dw + eRow * c + (<usize>n << 2), eRow, eRow * channels);
      }
    }
    x += <usize>(taken * xExample) << 2;
    dy += <usize>(taken * dyExample) << 2;
    batch -= taken;
  }
}
