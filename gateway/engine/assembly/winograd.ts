// Convolutions of five positions with 8 multiplications for every 20: the minimal filtering of Winograd (1980), as Lavin
// and Gray (2016) use it. Four output rows depend on eight input rows; at eight points (0, 1, -1, 2, -2, 1/2, -1/2,
// infinity) the product of two polynomials is a product of values. For each point a plain matrix product remains.
//
// Rows, channels and columns divide by 8; the schedule sees to it. Scratch holds the points of `group` examples at a
// time, as `../layers/winograd.ts` counts it. Steps are in bytes.
import { gradient4, tile4, transpose } from './affine';
import { madd } from './lanes';

/** Products at eight points, of four rows by eight columns. */
const TILE_BYTES: usize = 8 * 4 * 8 * 4;
/** From one point to the next within a tile, and from one row to the next. */
const TILE_STEP: usize = 128;
const TILE_ROW: usize = 32;

@inline
function scaled(value: v128, factor: f32): v128 {
  return v128.mul<f32>(value, f32x4.splat(factor));
}

/** `value + other factor`. */
@inline
function plusScaled(value: v128, other: v128, factor: f32): v128 {
  return madd(other, f32x4.splat(factor), value);
}

@inline
function plus(a: v128, b: v128): v128 {
  return v128.add<f32>(a, b);
}

@inline
function minus(a: v128, b: v128): v128 {
  return v128.sub<f32>(a, b);
}

/**
 * Eight rows of input to eight points, for each four output rows of an example. Point, fours of rows and fours of
 * channels lie `step`, `uRow` and `block` apart.
 */
function inputPoints(
  x: usize, row: usize, quads: i32, channels: i32, u: usize, step: usize, uRow: usize, block: usize,
): void {
  for (; quads > 0; quads--) {
    let from = x;
    let over = u;
    for (let c = 0; c < channels; c += 4) {
      let at = from;
      const d0 = v128.load(at);
      at += row;
      const d1 = v128.load(at);
      at += row;
      const d2 = v128.load(at);
      at += row;
      const d3 = v128.load(at);
      at += row;
      const d4 = v128.load(at);
      at += row;
      const d5 = v128.load(at);
      at += row;
      const d6 = v128.load(at);
      const d7 = v128.load(at + row);
      let to = over;
      v128.store(to, plusScaled(minus(d0, d6), minus(d4, d2), 21.0 / 4.0));
      to += step;
      let even = plusScaled(plus(d2, d6), d4, -17.0 / 4.0);
      let odd = plusScaled(plus(d1, d5), d3, -17.0 / 4.0);
      v128.store(to, plus(even, odd));
      to += step;
      v128.store(to, minus(even, odd));
      to += step;
      even = plusScaled(plusScaled(d6, d2, 1.0 / 4.0), d4, -5.0 / 4.0);
      const middle = scaled(d3, -5.0 / 2.0);
      odd = plusScaled(plusScaled(middle, d1, 1.0 / 2.0), d5, 2);
      v128.store(to, plus(even, odd));
      to += step;
      v128.store(to, minus(even, odd));
      to += step;
      even = plusScaled(plusScaled(d6, d2, 4), d4, -5);
      odd = plusScaled(plusScaled(middle, d1, 2), d5, 1.0 / 2.0);
      v128.store(to, plus(even, odd));
      to += step;
      v128.store(to, minus(even, odd));
      to += step;
      v128.store(to, plusScaled(minus(d7, d1), minus(d3, d5), 21.0 / 4.0));
      from += 16;
      over += block;
    }
    x += row << 2;
    u += uRow;
  }
}

/** The values of the polynomial `g0 + g1 t + ... + g4 t^4` at the seven finite points, each in its proportion. */
@inline
function evaluate(g0: v128, g1: v128, g2: v128, g3: v128, g4: v128, to: usize, step: usize): void {
  v128.store(to, g0);
  to += step;
  let even = scaled(plus(plus(g0, g2), g4), -2.0 / 9.0);
  let odd = scaled(plus(g1, g3), -2.0 / 9.0);
  v128.store(to, plus(even, odd));
  to += step;
  v128.store(to, minus(even, odd));
  to += step;
  even = scaled(plusScaled(plusScaled(g0, g2, 4), g4, 16), 1.0 / 90.0);
  odd = scaled(plusScaled(g1, g3, 4), 1.0 / 45.0);
  v128.store(to, plus(even, odd));
  to += step;
  v128.store(to, minus(even, odd));
  to += step;
  even = scaled(plusScaled(plusScaled(g4, g2, 4), g0, 16), 2.0 / 45.0);
  odd = scaled(plusScaled(g3, g1, 4), 4.0 / 45.0);
  v128.store(to, plus(even, odd));
  to += step;
  v128.store(to, minus(even, odd));
}

/** Five weights to eight points, for eight columns: `v[point, i, 8]`. */
function weightPoints(w: usize, position: usize, row: usize, inner: i32, v: usize): void {
  const step = <usize>inner << 5;
  for (; inner > 0; inner--) {
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
      evaluate(g0, g1, g2, g3, g4, v + half, step);
      v128.store(v + half + step * 7, g4);
    }
    w += row;
    v += 32;
  }
}

/** Four rows of the output's gradient to eight points, eight columns in a row of `e`; those columns are `block` apart. */
function gradientPoints(
  dy: usize, row: usize, quads: i32, columns: i32, e: usize, step: usize, block: usize,
): void {
  for (; quads > 0; quads--) {
    for (let n = 0; n < columns; n += 4) {
      let at = dy + (<usize>n << 2);
      const g0 = v128.load(at);
      at += row;
      const g1 = v128.load(at);
      at += row;
      const g2 = v128.load(at);
      const g3 = v128.load(at + row);
      const to = e + block * (n >> 3) + ((n & 4) << 2);
      evaluate(g0, g1, g2, g3, f32x4.splat(0), to, step);
      v128.store(to + step * 7, g3);
    }
    dy += row << 2;
    e += 32;
  }
}

/**
 * Eight points of a row of a tile to what they are of: four output rows, on top of `start`, or with `five` the gradients
 * of five positions, on top of what is there.
 */
@inline
function finish(m: usize, to: usize, step: usize, five: bool, start: v128): void {
  const m1 = v128.load(m, 128);
  const m2 = v128.load(m, 256);
  const m3 = v128.load(m, 384);
  const m4 = v128.load(m, 512);
  const m5 = v128.load(m, 640);
  const m6 = v128.load(m, 768);
  const last = v128.load(m, 896);
  const sum1 = plus(m1, m2);
  const sum2 = plus(m3, m4);
  const sum3 = plus(m5, m6);
  put(to, plus(plus(v128.load(m), sum1), plus(sum2, sum3)), five, start);
  to += step;
  const odd1 = minus(m1, m2);
  const odd2 = minus(m3, m4);
  const odd3 = minus(m5, m6);
  put(to, plusScaled(plusScaled(odd1, odd2, 2), odd3, 1.0 / 2.0), five, start);
  to += step;
  put(to, plusScaled(plusScaled(sum1, sum2, 4), sum3, 1.0 / 4.0), five, start);
  to += step;
  const third = plusScaled(plusScaled(odd1, odd2, 8), odd3, 1.0 / 8.0);
  if (five) {
    put(to, third, five, start);
    to += step;
    put(to, plus(plusScaled(plusScaled(sum1, sum2, 16), sum3, 1.0 / 16.0), last), five, start);
  } else put(to, plus(third, last), five, start);
}

@inline
function put(to: usize, value: v128, add: bool, start: v128): void {
  v128.store(to, plus(value, add ? v128.load(to) : start));
}

/** Forward, or with `flip` backward: then w is `[5, columns, inner]` and read from the other end. */
function convolve(
  x: usize, xExample: i32, w: usize, bias: usize, y: usize, yExample: i32, scratch: usize,
  batch: i32, rows: i32, inner: i32, columns: i32, group: i32, flip: bool,
): void {
  const quads = rows >> 2;
  const uRow = <usize>inner << 2;
  // A tile may reach beyond the last row of points: what it makes of that is thrown away.
  const uStep = uRow * ((group * quads + 3) & ~3);
  const vStep = <usize>inner << 5;
  const tile = scratch;
  const u = tile + TILE_BYTES;
  const v = u + uStep * 8;
  const panel = v + vStep * 8;
  const yRow = <usize>columns << 2;
  const yJump = (<usize>yExample << 2) - yRow * rows;
  const zero = f32x4.splat(0);
  while (batch > 0) {
    const taken = min(batch, group);
    for (let b = 0; b < taken; b++) {
      inputPoints(x + (<usize>(b * xExample) << 2), uRow, quads, inner, u + uRow * (b * quads), uStep, uRow, 16);
    }
    for (let n = 0; n < columns; n += 8) {
      const at = <usize>n << 2;
      let bias0 = zero;
      let bias1 = zero;
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
      let to = y + at;
      let from = u;
      let left = quads;
      for (let row = taken * quads; row > 0; row -= 4) {
        for (let j: usize = 0; j < 8; j++) {
          tile4(from + uStep * j, uRow, v + vStep * j, 32, tile + TILE_STEP * j, TILE_ROW, zero, zero, inner, 8);
        }
        from += uRow << 2;
        const end = tile + TILE_ROW * min(row, 4);
        for (let m = tile; m < end; m += TILE_ROW) {
          finish(m, to, yRow, false, bias0);
          finish(m + 16, to + 16, yRow, false, bias1);
          to += yRow << 2;
          if (--left == 0) {
            left = quads;
            to += yJump;
          }
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

export function winogradWeights(
  x: usize, xExample: i32, dy: usize, dyExample: i32, dw: usize, scratch: usize,
  batch: i32, rows: i32, channels: i32, columns: i32, group: i32,
): void {
  const quads = rows >> 2;
  // What a tile reads lies together: `u[fours of channels, point, row, 4]`, `e[eights of columns, point, row, 8]`.
  const uStep = <usize>(group * quads) << 4;
  const eStep = uStep << 1;
  const uBlock = uStep << 3;
  const eBlock = eStep << 3;
  const dwRow = <usize>columns << 2;
  const position = dwRow * channels;
  const tile = scratch;
  const u = tile + TILE_BYTES;
  const e = u + uBlock * (channels >> 2);
  const zero = f32x4.splat(0);
  while (batch > 0) {
    const taken = min(batch, group);
    for (let b = 0; b < taken; b++) {
      const row = <usize>(b * quads) << 4;
      const from = x + (<usize>(b * xExample) << 2);
      inputPoints(from, <usize>channels << 2, quads, channels, u + row, uStep, 16, uBlock);
      gradientPoints(dy + (<usize>(b * dyExample) << 2), dwRow, quads, columns, e + (row << 1), eStep, eBlock);
    }
    let from = u;
    let to = dw;
    for (let c = 0; c < channels; c += 4) {
      let over = e;
      for (let n = 0; n < columns; n += 8) {
        memory.fill(tile, 0, TILE_BYTES);
        for (let j: usize = 0; j < 8; j++) {
          gradient4(
            from + uStep * j, 0, 16, over + eStep * j, 0, 32, tile + TILE_STEP * j, TILE_ROW, 1, taken * quads, 8,
          );
        }
        let at = to + (<usize>n << 2);
        for (let m = tile; m < tile + TILE_STEP; m += TILE_ROW) {
          finish(m, at, position, true, zero);
          finish(m + 16, at + 16, position, true, zero);
          at += dwRow;
        }
        over += eBlock;
      }
      from += uBlock;
      to += dwRow << 2;
    }
    x += <usize>(taken * xExample) << 2;
    dy += <usize>(taken * dyExample) << 2;
    batch -= taken;
  }
}
