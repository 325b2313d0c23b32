// Activations with their gradients, dropout, normalisation, and copies.
import { loadLanes, loadSome, madd, storeLanes, storeSome } from './lanes';
import { sigmoid4, tanh4 } from './smooth';

export function copyRows(x: usize, xExample: i32, y: usize, yExample: i32, size: i32, batch: i32): void {
  for (let b = 0; b < batch; b++) {
    memory.copy(y + (<usize>(b * yExample) << 2), x + (<usize>(b * xExample) << 2), <usize>size << 2);
  }
}

export function addRows(x: usize, xExample: i32, y: usize, yExample: i32, size: i32, batch: i32): void {
  for (let b = 0; b < batch; b++) {
    let from = x + (<usize>(b * xExample) << 2);
    let to = y + (<usize>(b * yExample) << 2);
    for (let i = size; i > 0; i -= 4) {
      storeLanes(to, v128.add<f32>(loadLanes(to, i), loadLanes(from, i)), i);
      from += 16;
      to += 16;
    }
  }
}

export function relu6(x: usize, example: i32, size: i32, batch: i32, mask: usize): void {
  const zero = f32x4.splat(0);
  const six = f32x4.splat(6);
  for (let b = 0; b < batch; b++) {
    let at = x + (<usize>(b * example) << 2);
    let i = size;
    for (; i >= 8; i -= 8) {
      const v0 = v128.load(at);
      const v1 = v128.load(at, 16);
      const r0 = v128.min<f32>(v128.max<f32>(v0, zero), six);
      const r1 = v128.min<f32>(v128.max<f32>(v1, zero), six);
      v128.store(at, r0);
      v128.store(at, r1, 16);
      if (mask) {
        const low = v128.bitmask<i32>(v128.and(v128.gt<f32>(v0, zero), v128.lt<f32>(v0, six)));
        const high = v128.bitmask<i32>(v128.and(v128.gt<f32>(v1, zero), v128.lt<f32>(v1, six)));
        store<u8>(mask++, low | (high << 4));
      }
      at += 32;
    }
    if (i > 0) {
      const v0 = loadSome(at, i);
      const v1 = loadSome(at + 16, i - 4);
      storeSome(at, v128.min<f32>(v128.max<f32>(v0, zero), six), i);
      storeSome(at + 16, v128.min<f32>(v128.max<f32>(v1, zero), six), i - 4);
      if (mask) {
        const low = v128.bitmask<i32>(v128.and(v128.gt<f32>(v0, zero), v128.lt<f32>(v0, six)));
        const high = v128.bitmask<i32>(v128.and(v128.gt<f32>(v1, zero), v128.lt<f32>(v1, six)));
        store<u8>(mask++, low | (high << 4));
      }
    }
  }
}

export function tanh(x: usize, example: i32, size: i32, batch: i32): void {
  for (let b = 0; b < batch; b++) {
    let at = x + (<usize>(b * example) << 2);
    for (let i = size; i > 0; i -= 4) {
      storeSome(at, tanh4(loadSome(at, i)), i);
      at += 16;
    }
  }
}

export function sigmoid(x: usize, example: i32, size: i32, batch: i32): void {
  for (let b = 0; b < batch; b++) {
    let at = x + (<usize>(b * example) << 2);
    for (let i = size; i > 0; i -= 4) {
      storeSome(at, sigmoid4(loadSome(at, i)), i);
      at += 16;
    }
  }
}

export function tanhBack(dy: usize, dyExample: i32, y: usize, yExample: i32, size: i32, batch: i32): void {
  const one = f32x4.splat(1);
  for (let b = 0; b < batch; b++) {
    let at = dy + (<usize>(b * dyExample) << 2);
    let from = y + (<usize>(b * yExample) << 2);
    for (let i = size; i > 0; i -= 4) {
      const v = loadSome(from, i);
      storeSome(at, v128.mul<f32>(loadSome(at, i), v128.sub<f32>(one, v128.mul<f32>(v, v))), i);
      at += 16;
      from += 16;
    }
  }
}

export function sigmoidBack(dy: usize, dyExample: i32, y: usize, yExample: i32, size: i32, batch: i32): void {
  const one = f32x4.splat(1);
  for (let b = 0; b < batch; b++) {
    let at = dy + (<usize>(b * dyExample) << 2);
    let from = y + (<usize>(b * yExample) << 2);
    for (let i = size; i > 0; i -= 4) {
      const v = loadSome(from, i);
      storeSome(at, v128.mul<f32>(loadSome(at, i), v128.mul<f32>(v, v128.sub<f32>(one, v))), i);
      at += 16;
      from += 16;
    }
  }
}

/** Mixes an int32 so that neighbours have nothing in common: Murmur3's finaliser (Appleby). */
@inline
function scramble(x: u32): u32 {
  x = (x ^ (x >> 16)) * 0x85ebca6b;
  x = (x ^ (x >> 13)) * 0xc2b2ae35;
  return x ^ (x >> 16);
}

export function dropout(
  x: usize, example: i32, size: i32, batch: i32, seed: i32, first: i32, threshold: f64, scale: f32,
): void {
  const limit = <u32>threshold;
  for (let b = 0; b < batch; b++) {
    const at = x + (<usize>(b * example) << 2);
    const stream = scramble(<u32>seed + <u32>(first + b) * 0x9e3779b9);
    for (let i = 0; i < size; i++) {
      const value = load<f32>(at + (i << 2)) * scale;
      store<f32>(at + (i << 2), scramble(stream + <u32>i * 0x85ebca6b) < limit ? 0 : value);
    }
  }
}

export function foldNorm(
  gamma: usize, beta: usize, mean: usize, variance: usize, epsilon: f32, factors: usize, channels: i32,
): void {
  for (let c: usize = 0; c < <usize>channels << 2; c += 4) {
    const scale = load<f32>(gamma + c) / Mathf.sqrt(load<f32>(variance + c) + epsilon);
    store<f32>(factors + c, scale);
    store<f32>(factors + c + (<usize>channels << 2), load<f32>(beta + c) - load<f32>(mean + c) * scale);
  }
}

export function scaleRows(
  x: usize, xExample: i32, y: usize, yExample: i32,
  batch: i32, rows: i32, channels: i32, factors: usize, shift: usize,
): void {
  const row = <usize>channels << 2;
  const zero = f32x4.splat(0);
  for (let b = 0; b < batch; b++) {
    let from = x + (<usize>(b * xExample) << 2);
    let to = y + (<usize>(b * yExample) << 2);
    for (let r = 0; r < rows; r++) {
      let c = 0;
      for (; c + 4 <= channels; c += 4) {
        const at = <usize>c << 2;
        const scaled = v128.mul<f32>(v128.load(from + at), v128.load(factors + at));
        v128.store(to + at, shift ? v128.add<f32>(scaled, v128.load(shift + at)) : scaled);
      }
      if (c < channels) {
        const at = <usize>c << 2;
        const left = channels - c;
        const added = shift ? loadLanes(shift + at, left) : zero;
        const scaled = v128.mul<f32>(loadLanes(from + at, left), loadLanes(factors + at, left));
        storeLanes(to + at, v128.add<f32>(scaled, added), left);
      }
      from += row;
      to += row;
    }
  }
}

export function normGamma(
  x: usize, xExample: i32, dy: usize, dyExample: i32, dgamma: usize, mean: usize, variance: usize, epsilon: f32,
  batch: i32, rows: i32, channels: i32,
): void {
  const row = <usize>channels << 2;
  let c = 0;
  // Sixteen channels are a line of the cache.
  for (; c + 16 <= channels; c += 16) {
    const at = <usize>c << 2;
    let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
    const m0 = v128.load(mean + at), m1 = v128.load(mean + at, 16);
    const m2 = v128.load(mean + at, 32), m3 = v128.load(mean + at, 48);
    for (let b = 0; b < batch; b++) {
      let from = x + (<usize>(b * xExample) << 2) + at;
      let over = dy + (<usize>(b * dyExample) << 2) + at;
      for (let r = 0; r < rows; r++) {
        s0 = madd(v128.load(over), v128.sub<f32>(v128.load(from), m0), s0);
        s1 = madd(v128.load(over, 16), v128.sub<f32>(v128.load(from, 16), m1), s1);
        s2 = madd(v128.load(over, 32), v128.sub<f32>(v128.load(from, 32), m2), s2);
        s3 = madd(v128.load(over, 48), v128.sub<f32>(v128.load(from, 48), m3), s3);
        from += row;
        over += row;
      }
    }
    addOverSpread(dgamma + at, s0, variance + at, epsilon, 4);
    addOverSpread(dgamma + at + 16, s1, variance + at + 16, epsilon, 4);
    addOverSpread(dgamma + at + 32, s2, variance + at + 32, epsilon, 4);
    addOverSpread(dgamma + at + 48, s3, variance + at + 48, epsilon, 4);
  }
  for (; c < channels; c += 4) {
    const at = <usize>c << 2;
    const left = channels - c;
    const centre = loadLanes(mean + at, left);
    let sum = f32x4.splat(0);
    for (let b = 0; b < batch; b++) {
      let from = x + (<usize>(b * xExample) << 2) + at;
      let over = dy + (<usize>(b * dyExample) << 2) + at;
      for (let r = 0; r < rows; r++) {
        sum = madd(loadLanes(over, left), v128.sub<f32>(loadLanes(from, left), centre), sum);
        from += row;
        over += row;
      }
    }
    addOverSpread(dgamma + at, sum, variance + at, epsilon, left);
  }
}

@inline
function addOverSpread(to: usize, sum: v128, variance: usize, epsilon: f32, lanes: i32): void {
  const spread = v128.sqrt<f32>(v128.add<f32>(loadLanes(variance, lanes), f32x4.splat(epsilon)));
  storeLanes(to, v128.add<f32>(loadLanes(to, lanes), v128.div<f32>(sum, spread)), lanes);
}
