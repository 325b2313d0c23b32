// Statistics of windows: ../../kernels/features/feature-kernels.ts. Sums in double precision; scratch in float32. Sines and cosines
// follow from square roots and products, so the bits are the same everywhere.

const FLOOR: f64 = 1e-4;

// Bits of the groups of statistics, as model/layer-kinds/features.ts numbers them.
const MEAN = 1;
const DEVIATION = 2;
const QUANTILES = 4;
const RANGE = 8;
const ENERGY = 16;
const CROSSINGS = 32;
const DIFFERENCE = 64;
const AUTOCORRELATION = 128;
const BANDS = 256;
const CORRELATION = 512;

@inline
function intAt(table: usize, i: i32): i32 {
  return load<i32>(table + (<usize>i << 2));
}

@inline
function at(base: usize, i: i32): f64 {
  return <f64>load<f32>(base + (<usize>i << 2));
}

@inline
function put(base: usize, i: i32, value: f64): void {
  store<f32>(base + (<usize>i << 2), <f32>value);
}

/** Shellsort with the gaps of Ciura (2001): in place, and fast for the lengths of windows. */
function sort(values: usize, length: i32): void {
  let gap = 1;
  while (gap < length) gap = gap < 701 ? nextGap(gap) : <i32>(<f64>gap * 2.25);
  while (gap > 0) {
    for (let i = gap; i < length; i++) {
      const value = load<f32>(values + (<usize>i << 2));
      let j = i;
      while (j >= gap) {
        const before = load<f32>(values + (<usize>(j - gap) << 2));
        if (!(before > value)) break;
        store<f32>(values + (<usize>j << 2), before);
        j -= gap;
      }
      store<f32>(values + (<usize>j << 2), value);
    }
    gap = gap > 701 ? <i32>(<f64>gap / 2.25) : gapBefore(gap);
  }
}

function nextGap(gap: i32): i32 {
  if (gap < 4) return 4;
  if (gap < 10) return 10;
  if (gap < 23) return 23;
  if (gap < 57) return 57;
  if (gap < 132) return 132;
  if (gap < 301) return 301;
  return 701;
}

function gapBefore(gap: i32): i32 {
  if (gap > 301) return 301;
  if (gap > 132) return 132;
  if (gap > 57) return 57;
  if (gap > 23) return 23;
  if (gap > 10) return 10;
  if (gap > 4) return 4;
  if (gap > 1) return 1;
  return 0;
}

/** A quantile between the two values beside it, by distance. */
function quantile(sorted: usize, length: i32, percent: f64): f64 {
  const place = <f64>(length - 1) * percent / 100;
  const below = <i32>place;
  const a = at(sorted, below);
  const b = at(sorted, below + 1 < length ? below + 1 : below);
  return a + (b - a) * (place - <f64>below);
}

/** Fourier transform in place of pairs of a real and an imaginary part, by halves (Cooley and Tukey 1965). */
function transform(values: usize, size: i32): void {
  for (let i = 1, j = 0; i < size; i++) {
    let bit = size >> 1;
    while (j & bit) {
      j ^= bit;
      bit >>= 1;
    }
    j ^= bit;
    if (i >= j) continue;
    const kept = load<u64>(values + (<usize>i << 3));
    store<u64>(values + (<usize>i << 3), load<u64>(values + (<usize>j << 3)));
    store<u64>(values + (<usize>j << 3), kept);
  }
  // The step of an angle is halved from stage to stage: cos and sin of pi / span.
  let stepC: f64 = -1;
  let stepS: f64 = 0;
  for (let span = 1; span < size; span <<= 1) {
    let c: f64 = 1;
    let s: f64 = 0;
    for (let k = 0; k < span; k++) {
      for (let i = k; i < size; i += span << 1) {
        const a = values + (<usize>i << 3);
        const b = values + (<usize>(i + span) << 3);
        const re = <f64>load<f32>(b);
        const im = <f64>load<f32>(b, 4);
        const x = re * c + im * s;
        const y = im * c - re * s;
        const u = <f64>load<f32>(a);
        const v = <f64>load<f32>(a, 4);
        store<f32>(a, <f32>(u + x));
        store<f32>(a, <f32>(v + y), 4);
        store<f32>(b, <f32>(u - x));
        store<f32>(b, <f32>(v - y), 4);
      }
      const turned = c * stepC - s * stepS;
      s = s * stepC + c * stepS;
      c = turned;
    }
    const halfC = span == 1 ? 0 : Math.sqrt((1 + stepC) * 0.5);
    stepS = span == 1 ? 1 : stepS / (2 * halfC);
    stepC = halfC;
  }
}

/** Writes the energies of the bands of a signal's deviations from its mean. @returns where the next value goes */
function writeBands(
  signal: usize, length: i32, mean: f64, work: usize, padded: i32, bands: i32, to: usize,
): usize {
  for (let i = 0; i < padded; i++) {
    store<f32>(work + (<usize>i << 3), i < length ? <f32>(at(signal, i) - mean) : 0);
    store<f32>(work + (<usize>i << 3), 0, 4);
  }
  transform(work, padded);
  const half = padded >> 1;
  const scale = 1 / (<f64>length * <f64>padded);
  let from = 0;
  for (let band = 0; band < bands; band++) {
    const last = half >> (bands - 1 - band);
    let sum: f64 = 0;
    for (let k = from + 1; k <= last; k++) {
      const re = at(work, k << 1);
      const im = at(work, (k << 1) + 1);
      sum += (re * re + im * im) * (k == half ? 1 : 2);
    }
    put(to, band, sum * scale);
    from = last;
  }
  return to + (<usize>bands << 2);
}

/**
 * Writes the features of one signal that lies row by row in `signal`, and its moments (mean, deviation) to `moments`.
 * @returns where the next value goes
 */
function writeSignal(signal: usize, work: usize, moments: usize, table: usize, to: usize): usize {
  const length = intAt(table, 0);
  const groups = intAt(table, 3);
  const last = length - 1;
  let sum: f64 = 0;
  let energy: f64 = 0;
  let least = at(signal, 0);
  let most = least;
  for (let i = 0; i < length; i++) {
    const value = at(signal, i);
    sum += value;
    energy += value * value;
    if (value < least) least = value;
    if (value > most) most = value;
  }
  const mean = sum / <f64>length;
  let squares: f64 = 0;
  let crossings = 0;
  let difference: f64 = 0;
  let above = at(signal, 0) >= mean;
  for (let i = 0; i < length; i++) {
    const value = at(signal, i);
    squares += (value - mean) * (value - mean);
    if (i > 0) difference += Math.abs(value - at(signal, i - 1));
    const now = value >= mean;
    if (now != above) crossings++;
    above = now;
  }
  const variance = squares / <f64>length;
  put(moments, 0, mean);
  put(moments, 1, Math.sqrt(variance));

  if (groups & MEAN) { put(to, 0, mean); to += 4; }
  if (groups & DEVIATION) { put(to, 0, Math.sqrt(variance)); to += 4; }
  if (groups & QUANTILES) {
    memory.copy(work, signal, <usize>length << 2);
    sort(work, length);
    put(to, 0, at(work, 0));
    put(to, 1, quantile(work, length, 10));
    put(to, 2, quantile(work, length, 25));
    put(to, 3, quantile(work, length, 50));
    put(to, 4, quantile(work, length, 75));
    put(to, 5, quantile(work, length, 90));
    put(to, 6, at(work, last));
    to += 28;
  }
  if (groups & RANGE) { put(to, 0, most - least); to += 4; }
  if (groups & ENERGY) { put(to, 0, energy / <f64>length); to += 4; }
  if (groups & CROSSINGS) { put(to, 0, <f64>crossings / <f64>last); to += 4; }
  if (groups & DIFFERENCE) { put(to, 0, difference / <f64>last); to += 4; }
  if (groups & AUTOCORRELATION) {
    const lags = intAt(table, 6);
    for (let l = 0; l < lags; l++) {
      const lag = intAt(table, 8 + l);
      let product: f64 = 0;
      for (let i = lag; i < length; i++) product += (at(signal, i - lag) - mean) * (at(signal, i) - mean);
      put(to, 0, product / <f64>length / (variance + FLOOR));
      to += 4;
    }
  }
  if (groups & BANDS) {
    to = writeBands(signal, length, mean, work, intAt(table, 4), intAt(table, 5), to);
  }
  return to;
}

export function windowFeatures(
  x: usize, xExample: i32, y: usize, yExample: i32, work: usize, table: usize, batch: i32,
): void {
  const length = intAt(table, 0);
  const channels = intAt(table, 1);
  const signals = intAt(table, 2);
  const lags = intAt(table, 6);
  const triples = intAt(table, 7);
  const sorted = work + (<usize>length << 2);
  const moments = sorted + (<usize>intAt(table, 4) << 3);
  const row = <usize>channels << 2;
  for (let b = 0; b < batch; b++) {
    const window = x + (<usize>(b * xExample) << 2);
    let to = y + (<usize>(b * yExample) << 2);
    for (let c = 0; c < signals; c++) {
      let from = window + (<usize>c << 2);
      for (let i = 0; i < length; i++, from += row) store<f32>(work + (<usize>i << 2), load<f32>(from));
      to = writeSignal(work, sorted, moments + (<usize>c << 3), table, to);
    }
    for (let t = 0; t < triples; t++) {
      let from = window + (<usize>intAt(table, 8 + lags + t) << 2);
      for (let i = 0; i < length; i++, from += row) {
        const p = at(from, 0);
        const q = at(from, 1);
        const r = at(from, 2);
        put(work, i, Math.sqrt(p * p + q * q + r * r));
      }
      // Nobody reads the moments of a magnitude: they lie behind those of the channels.
      to = writeSignal(work, sorted, moments + (<usize>channels << 3), table, to);
    }
    if (intAt(table, 3) & CORRELATION) {
      for (let c = 0; c < signals; c++) {
        for (let d = c + 1; d < signals; d++) {
          put(to, 0, correlation(window, row, length, moments, c, d));
          to += 4;
        }
      }
    }
    const end = window + <usize>(length - 1) * row;
    for (let c = signals; c < channels; c++, to += 4) put(to, 0, at(end, c));
  }
}

function correlation(window: usize, row: usize, length: i32, moments: usize, c: i32, d: i32): f64 {
  const meanC = at(moments, c << 1);
  const meanD = at(moments, d << 1);
  let sum: f64 = 0;
  let from = window;
  for (let i = 0; i < length; i++, from += row) sum += (at(from, c) - meanC) * (at(from, d) - meanD);
  return sum / <f64>length / (at(moments, (c << 1) + 1) * at(moments, (d << 1) + 1) + FLOOR);
}
