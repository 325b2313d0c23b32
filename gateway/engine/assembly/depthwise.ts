// Convolutions of each channel with weights of its own, four channels in a vector. Edges and geometry as in convolve.ts.
import { at, endInside, firstInside } from './geometry';
import { loadLanes, madd, storeLanes } from './lanes';

/** Four windows a step apart, for up to four channels. Steps in bytes. */
@inline
function windows4(
  x: usize, xStep: usize, xPixel: usize, xLine: usize, w: usize, wPixel: usize, wLine: usize,
  y: usize, yStep: usize, start: v128, lines: i32, taps: i32, lanes: i32,
): void {
  let s0 = start, s1 = start, s2 = start, s3 = start;
  for (; lines > 0; lines--) {
    let from = x;
    let weights = w;
    for (let t = taps; t > 0; t--) {
      const v = v128.load(weights);
      s0 = madd(v128.load(from), v, s0);
      s1 = madd(v128.load(from + xStep), v, s1);
      s2 = madd(v128.load(from + xStep * 2), v, s2);
      s3 = madd(v128.load(from + xStep * 3), v, s3);
      from += xPixel;
      weights += wPixel;
    }
    x += xLine;
    w += wLine;
  }
  storeLanes(y, s0, lanes);
  storeLanes(y + yStep, s1, lanes);
  storeLanes(y + yStep * 2, s2, lanes);
  storeLanes(y + yStep * 3, s3, lanes);
}

@inline
function windows1(
  x: usize, xPixel: usize, xLine: usize, w: usize, wPixel: usize, wLine: usize,
  y: usize, start: v128, lines: i32, taps: i32, lanes: i32,
): void {
  for (; lines > 0; lines--) {
    let from = x;
    let weights = w;
    for (let t = taps; t > 0; t--) {
      start = madd(v128.load(from), v128.load(weights), start);
      from += xPixel;
      weights += wPixel;
    }
    x += xLine;
    w += wLine;
  }
  storeLanes(y, start, lanes);
}

/** One window for sixteen channels. */
@inline
function window16(
  x: usize, xPixel: usize, xLine: usize, w: usize, wPixel: usize, wLine: usize,
  y: usize, bias: usize, lines: i32, taps: i32,
): void {
  let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
  if (bias) {
    s0 = v128.load(bias);
    s1 = v128.load(bias, 16);
    s2 = v128.load(bias, 32);
    s3 = v128.load(bias, 48);
  }
  for (; lines > 0; lines--) {
    let from = x;
    let weights = w;
    for (let t = taps; t > 0; t--) {
      s0 = madd(v128.load(from), v128.load(weights), s0);
      s1 = madd(v128.load(from, 16), v128.load(weights, 16), s1);
      s2 = madd(v128.load(from, 32), v128.load(weights, 32), s2);
      s3 = madd(v128.load(from, 48), v128.load(weights, 48), s3);
      from += xPixel;
      weights += wPixel;
    }
    x += xLine;
    w += wLine;
  }
  v128.store(y, s0);
  v128.store(y, s1, 16);
  v128.store(y, s2, 32);
  v128.store(y, s3, 48);
}

export function depthwise(
  x: usize, xExample: i32, w: usize, bias: usize, y: usize, yExample: i32, geometry: usize, batch: i32,
): void {
  const outLines = at(geometry, 0), outPixels = at(geometry, 1);
  const yLine = <usize>at(geometry, 2) << 2, yPixel = <usize>at(geometry, 3) << 2;
  const inLines = at(geometry, 4), inPixels = at(geometry, 5), channels = at(geometry, 6);
  const xPixel = <usize>channels << 2, xLine = xPixel * inPixels;
  const kernelLines = at(geometry, 7), kernelPixels = at(geometry, 8);
  const strideLines = at(geometry, 9), stridePixels = at(geometry, 10);
  const top = at(geometry, 11), left = at(geometry, 12);
  const wLine = xPixel * at(geometry, 13), wPixel = xPixel * at(geometry, 14);
  const inside = firstInside(left, stridePixels, outPixels);
  const beyond = endInside(inPixels, kernelPixels, left, stridePixels, inside, outPixels);
  const step = xPixel * stridePixels;
  const none = f32x4.splat(0);
  const wide = <usize>(channels >> 4) << 6;
  for (let b = 0; b < batch; b++) {
    for (let r = 0; r < outLines; r++) {
      const first = r * strideLines - top;
      const skipped = max(0, -first);
      const lines = min(kernelLines, inLines - first) - skipped;
      const line = x + xLine * (first + skipped);
      const weightLine = w + wLine * skipped;
      let to = y + yLine * r;
      // Channels by sixteens, window by window; of the rest, four windows at a time where all their taps are inside.
      for (let o = 0; o < outPixels; o++) {
        const begin = o * stridePixels - left;
        const lost = max(0, -begin);
        const taps = min(kernelPixels, inPixels - begin) - lost;
        const from = line + xPixel * (begin + lost);
        const weights = weightLine + wPixel * lost;
        const four = o >= inside && o + 4 <= beyond && ((o - inside) & 3) == 0;
        const done = o >= inside && o < inside + ((beyond - inside) & ~3);
        let shift: usize = 0;
        for (; shift < wide; shift += 64) {
          const start = bias ? bias + shift : 0;
          window16(from + shift, xPixel, xLine, weights + shift, wPixel, wLine, to + shift, start, lines, taps);
        }
        for (; shift < xPixel; shift += 16) {
          if (done && !four) break;
          const start = bias ? v128.load(bias + shift) : none;
          const own = from + shift;
          const tap = weights + shift;
          const into = to + shift;
          const lanes = <i32>((xPixel - shift) >> 2);
          if (four) windows4(own, step, xPixel, xLine, tap, wPixel, wLine, into, yPixel, start, lines, taps, lanes);
          else windows1(own, xPixel, xLine, tap, wPixel, wLine, into, start, lines, taps, lanes);
        }
        to += yPixel;
      }
    }
    x += <usize>xExample << 2;
    y += <usize>yExample << 2;
  }
}

/** Four channels of a gradient: neighbours, or those that a table names. */
@inline
function gradientLanes(dy: usize, table: usize, c: usize): v128 {
  if (!table) return v128.load(dy + (c << 2));
  const names = table + (c << 2);
  let value = v128.load_splat<f32>(dy + (<usize>load<u32>(names) << 2));
  value = v128.load_lane<f32>(dy + (<usize>load<u32>(names, 4) << 2), value, 1);
  value = v128.load_lane<f32>(dy + (<usize>load<u32>(names, 8) << 2), value, 2);
  return v128.load_lane<f32>(dy + (<usize>load<u32>(names, 12) << 2), value, 3);
}

/** Gradient of one tap for `4 * vectors` channels over all windows whose tap is inside. Steps in bytes. */
@inline
function tapGradient(
  x: usize, xExample: usize, xDown: usize, xStep: usize, dy: usize, dyExample: usize, dyLine: usize, dyPixel: usize,
  table: usize, dw: usize, batch: i32, lines: i32, pixels: i32, c: i32, lanes: i32,
): void {
  let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
  const wide = !table && lanes >= 16;
  x += <usize>c << 2;
  for (let b = 0; b < batch; b++) {
    for (let r = 0; r < lines; r++) {
      let from = x + xDown * r;
      let over = dy + dyLine * r;
      if (wide) {
        over += <usize>c << 2;
        for (let p = pixels; p > 0; p--) {
          s0 = madd(v128.load(from), v128.load(over), s0);
          s1 = madd(v128.load(from, 16), v128.load(over, 16), s1);
          s2 = madd(v128.load(from, 32), v128.load(over, 32), s2);
          s3 = madd(v128.load(from, 48), v128.load(over, 48), s3);
          from += xStep;
          over += dyPixel;
        }
      } else {
        for (let p = pixels; p > 0; p--) {
          s0 = madd(v128.load(from), gradientLanes(over, table, c), s0);
          from += xStep;
          over += dyPixel;
        }
      }
    }
    x += xExample;
    dy += dyExample;
  }
  dw += <usize>c << 2;
  storeLanes(dw, v128.add<f32>(loadLanes(dw, lanes), s0), lanes);
  if (wide) {
    v128.store(dw, v128.add<f32>(v128.load(dw, 16), s1), 16);
    v128.store(dw, v128.add<f32>(v128.load(dw, 32), s2), 32);
    v128.store(dw, v128.add<f32>(v128.load(dw, 48), s3), 48);
  }
}

/** Windows that are gone through before the next tap. */
const WINDOWS_AT_A_TIME = 128;

export function depthwiseWeights(
  x: usize, xExample: i32, dy: usize, dyExample: i32, dyChannels: i32, table: usize, dw: usize,
  geometry: usize, batch: i32,
): void {
  const outLines = at(geometry, 0), outPixels = at(geometry, 1);
  const dyPixel = <usize>dyChannels << 2, dyLine = dyPixel * outPixels;
  const inLines = at(geometry, 4), inPixels = at(geometry, 5), channels = at(geometry, 6);
  const xPixel = <usize>channels << 2, xLine = xPixel * inPixels;
  const kernelLines = at(geometry, 7), kernelPixels = at(geometry, 8);
  const strideLines = at(geometry, 9), stridePixels = at(geometry, 10);
  const top = at(geometry, 11), left = at(geometry, 12);
  const xStep = xPixel * stridePixels, xDown = xLine * strideLines;
  const xJump = <usize>xExample << 2, dyJump = <usize>dyExample << 2;
  // Examples at a time, and channels, so that what the taps read again and again stays in the nearest cache.
  const group = max(1, WINDOWS_AT_A_TIME / (outLines * outPixels));
  for (let b = 0; b < batch; b += group) {
    const examples = min(group, batch - b);
    let c = 0;
    while (c < channels) {
      let to = dw;
      for (let k = 0; k < kernelLines; k++) {
        const first = firstInside(top - k, strideLines, outLines);
        const lines = endInside(inLines, 1, top - k, strideLines, first, outLines) - first;
        const down = x + xLine * (first * strideLines - top + k);
        for (let t = 0; t < kernelPixels; t++) {
          const low = firstInside(left - t, stridePixels, outPixels);
          const pixels = endInside(inPixels, 1, left - t, stridePixels, low, outPixels) - low;
          const from = down + xPixel * (low * stridePixels - left + t);
          const over = dy + dyLine * first + dyPixel * low;
          tapGradient(
            from, xJump, xDown, xStep, over, dyJump, dyLine, dyPixel,
            table, to, examples, lines, pixels, c, channels - c,
          );
          to += xPixel;
        }
      }
      c += !table && channels - c >= 16 ? 16 : 4;
    }
    x += xJump * examples;
    dy += dyJump * examples;
  }
}
