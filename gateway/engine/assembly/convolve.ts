// Convolutions over pictures without a border around them: where a window reaches beyond an edge, only the taps inside
// are summed. A window's taps on one line of the input lie together, so the inner loop is that of a matrix product.
// Geometry is a table of int32 in the arena, as ../kernels/convolution-kernels.ts says.
import { gradient1, gradient4, transpose } from './affine';
import { at, endInside, firstInside } from './geometry';
import { loadLanes, madd, storePart } from './lanes';

/** Four windows a step apart, eight columns. Steps in bytes. */
function windows4(
  x: usize, xStep: usize, xLine: usize, w: usize, wRow: usize, wLine: usize, wPixel: usize,
  y: usize, yStep: usize, start0: v128, start1: v128, lines: i32, pixels: i32, run: usize, columns: i32,
): void {
  let s00 = start0, s01 = start1, s10 = start0, s11 = start1;
  let s20 = start0, s21 = start1, s30 = start0, s31 = start1;
  for (; lines > 0; lines--) {
    let a0 = x;
    let fromPixel = w;
    for (let p = pixels; p > 0; p--) {
      let from = fromPixel;
      let a1 = a0 + xStep;
      let a2 = a1 + xStep;
      let a3 = a2 + xStep;
      const end = a0 + run;
      while (a0 < end) {
        const w0 = v128.load(from);
        const w1 = v128.load(from, 16);
        let a = v128.load_splat<f32>(a0);
        s00 = madd(a, w0, s00);
        s01 = madd(a, w1, s01);
        a = v128.load_splat<f32>(a1);
        s10 = madd(a, w0, s10);
        s11 = madd(a, w1, s11);
        a = v128.load_splat<f32>(a2);
        s20 = madd(a, w0, s20);
        s21 = madd(a, w1, s21);
        a = v128.load_splat<f32>(a3);
        s30 = madd(a, w0, s30);
        s31 = madd(a, w1, s31);
        from += wRow;
        a0 += 4;
        a1 += 4;
        a2 += 4;
        a3 += 4;
      }
      fromPixel += wPixel;
    }
    x += xLine;
    w += wLine;
  }
  storePart(y, s00, s01, columns);
  storePart(y + yStep, s10, s11, columns);
  storePart(y + yStep * 2, s20, s21, columns);
  storePart(y + yStep * 3, s30, s31, columns);
}

/** One window. */
function windows1(
  x: usize, xLine: usize, w: usize, wRow: usize, wLine: usize, wPixel: usize,
  y: usize, start0: v128, start1: v128, lines: i32, pixels: i32, run: usize, columns: i32,
): void {
  for (; lines > 0; lines--) {
    let a0 = x;
    let fromPixel = w;
    for (let p = pixels; p > 0; p--) {
      let from = fromPixel;
      const end = a0 + run;
      while (a0 < end) {
        const a = v128.load_splat<f32>(a0);
        start0 = madd(a, v128.load(from), start0);
        start1 = madd(a, v128.load(from, 16), start1);
        from += wRow;
        a0 += 4;
      }
      fromPixel += wPixel;
    }
    x += xLine;
    w += wLine;
  }
  storePart(y, start0, start1, columns);
}

export function convolve(
  x: usize, xExample: i32, w: usize, wRow: i32, bias: usize,
  y: usize, yExample: i32, geometry: usize, batch: i32, columns: i32,
): void {
  const outLines = at(geometry, 0), outPixels = at(geometry, 1);
  const yLine = <usize>at(geometry, 2) << 2, yPixel = <usize>at(geometry, 3) << 2;
  const inLines = at(geometry, 4), inPixels = at(geometry, 5);
  const xPixel = <usize>at(geometry, 6) << 2, xLine = xPixel * inPixels;
  const kernelLines = at(geometry, 7), kernelPixels = at(geometry, 8);
  const strideLines = at(geometry, 9), stridePixels = at(geometry, 10);
  const top = at(geometry, 11), left = at(geometry, 12);
  const wStep = <usize>wRow << 2;
  const wLine = wStep * at(geometry, 13), wPixel = wStep * at(geometry, 14);
  const joined = wPixel == wStep * at(geometry, 6);
  const start0 = bias ? loadLanes(bias, columns) : f32x4.splat(0);
  const start1 = bias ? loadLanes(bias + 16, columns - 4) : f32x4.splat(0);
  const inside = firstInside(left, stridePixels, outPixels);
  const beyond = endInside(inPixels, kernelPixels, left, stridePixels, inside, outPixels);
  const step = xPixel * stridePixels;
  for (let b = 0; b < batch; b++) {
    for (let r = 0; r < outLines; r++) {
      const first = r * strideLines - top;
      const skipped = max(0, -first);
      const lines = min(kernelLines, inLines - first) - skipped;
      const from = x + xLine * (first + skipped);
      const weights = w + wLine * skipped;
      let to = y + yLine * r;
      let o = 0;
      while (o < outPixels) {
        const begin = o * stridePixels - left;
        if (o >= inside && o + 4 <= beyond) {
          const pixels = joined ? 1 : kernelPixels;
          const run = joined ? xPixel * kernelPixels : xPixel;
          windows4(
            from + xPixel * begin, step, xLine, weights, wStep, wLine, wPixel,
            to, yPixel, start0, start1, lines, pixels, run, columns,
          );
          to += yPixel << 2;
          o += 4;
          continue;
        }
        const lost = max(0, -begin);
        const taps = max(0, min(kernelPixels, inPixels - begin) - lost);
        const pixels = joined ? 1 : taps;
        const run = joined ? xPixel * taps : xPixel;
        windows1(
          from + xPixel * (begin + lost), xLine, weights + wPixel * lost, wStep, wLine, wPixel,
          to, start0, start1, lines, pixels, run, columns,
        );
        to += yPixel;
        o++;
      }
    }
    x += <usize>xExample << 2;
    y += <usize>yExample << 2;
  }
}

export function flipPanel(w: usize, panel: usize, positions: i32, inputs: i32, outputs: i32, first: i32): void {
  for (let k = positions - 1; k >= 0; k--) {
    transpose(w + (<usize>((k * inputs + first) * outputs) << 2), panel, outputs, outputs, inputs - first);
    panel += <usize>outputs << 5;
  }
}

/** Windows taken at a time, so that what a tile reads again and again stays in the nearest cache. */
const WINDOWS_AT_A_TIME = 128;

/** The gradient of neighbouring taps on one kernel line, over windows whose taps are all inside. Steps in bytes. */
function tapsGradient(
  x: usize, xLine: usize, xPixel: usize, dy: usize, dyLine: usize, dyPixel: usize,
  dw: usize, lines: i32, pixels: i32, run: i32, columns: i32,
): void {
  if (pixels <= 0) return;
  const row = <usize>columns << 2;
  const most = max(1, WINDOWS_AT_A_TIME / pixels);
  while (lines > 0) {
    const taken = min(lines, most);
    let from = x;
    let to = dw;
    let i = run;
    for (; i >= 4; i -= 4) {
      for (let n = 0; n < columns; n += 8) {
        const shift = <usize>n << 2;
        gradient4(from, xLine, xPixel, dy + shift, dyLine, dyPixel, to + shift, row, taken, pixels, columns - n);
      }
      from += 16;
      to += row << 2;
    }
    for (; i > 0; i--) {
      for (let n = 0; n < columns; n += 8) {
        const shift = <usize>n << 2;
        gradient1(from, xLine, xPixel, dy + shift, dyLine, dyPixel, to + shift, taken, pixels, columns - n);
      }
      from += 4;
      to += row;
    }
    x += xLine * taken;
    dy += dyLine * taken;
    lines -= taken;
  }
}

export function convolveWeights(
  x: usize, xExample: i32, dy: usize, dyExample: i32, dw: usize, geometry: usize, batch: i32, columns: i32,
): void {
  const outLines = at(geometry, 0), outPixels = at(geometry, 1);
  const dyPixel = <usize>columns << 2, dyLine = dyPixel * outPixels;
  const inLines = at(geometry, 4), inPixels = at(geometry, 5);
  const channels = at(geometry, 6);
  const xPixel = <usize>channels << 2, xLine = xPixel * inPixels;
  const kernelLines = at(geometry, 7), kernelPixels = at(geometry, 8);
  const strideLines = at(geometry, 9), stridePixels = at(geometry, 10);
  const top = at(geometry, 11), left = at(geometry, 12);
  const inside = firstInside(left, stridePixels, outPixels);
  const beyond = endInside(inPixels, kernelPixels, left, stridePixels, inside, outPixels);
  const xStep = xPixel * stridePixels, xDown = xLine * strideLines;
  const tapSize = xPixel * columns; // bytes of dw
  for (let b = 0; b < batch; b++) {
    for (let k = 0; k < kernelLines; k++) {
      const first = firstInside(top - k, strideLines, outLines);
      const lines = endInside(inLines, 1, top - k, strideLines, first, outLines) - first;
      if (lines <= 0) continue;
      const from = x + xLine * (first * strideLines - top + k);
      const over = dy + dyLine * first;
      const to = dw + tapSize * (k * kernelPixels);
      tapsGradient(
        from + xPixel * (inside * stridePixels - left), xDown, xStep, over + dyPixel * inside, dyLine, dyPixel,
        to, lines, beyond - inside, kernelPixels * channels, columns,
      );
      // What single taps see where the others are beyond an edge.
      for (let t = 0; t < kernelPixels; t++) {
        const low = firstInside(left - t, stridePixels, outPixels);
        const high = endInside(inPixels, 1, left - t, stridePixels, low, outPixels);
        const before = min(inside, high) - low;
        tapsGradient(
          from + xPixel * (low * stridePixels - left + t), xDown, xStep, over + dyPixel * low, dyLine, dyPixel,
          to + tapSize * t, lines, before, channels, columns,
        );
        const late = max(beyond, low);
        tapsGradient(
          from + xPixel * (late * stridePixels - left + t), xDown, xStep, over + dyPixel * late, dyLine, dyPixel,
          to + tapSize * t, lines, high - late, channels, columns,
        );
      }
    }
    x += <usize>xExample << 2;
    dy += <usize>dyExample << 2;
  }
}
