// Rectifiers with a slope or a curve below zero.
import { loadSome, storeSome } from './lanes';
import { tanh4 } from './smooth';

export function leakyRelu(x: usize, example: i32, size: i32, batch: i32, mask: usize, slope: f32): void {
  const zero = f32x4.splat(0);
  const slopes = f32x4.splat(slope);
  for (let b = 0; b < batch; b++) {
    let at = x + (<usize>(b * example) << 2);
    let bits = 0;
    for (let left = size, half = 0; left > 0; left -= 4, half ^= 4) {
      const value = loadSome(at, left);
      const above = v128.gt<f32>(value, zero);
      storeSome(at, v128.bitselect(value, v128.mul<f32>(value, slopes), above), left);
      bits |= v128.bitmask<i32>(above) << half;
      if (half || left <= 4) {
        if (mask) store<u8>(mask++, bits);
        bits = 0;
      }
      at += 16;
    }
  }
}

export function leakyReluBack(dx: usize, example: i32, size: i32, batch: i32, mask: usize, slope: f32): void {
  const slopes = f32x4.splat(slope);
  const each = i32x4(1, 2, 4, 8);
  for (let b = 0; b < batch; b++) {
    let at = dx + (<usize>(b * example) << 2);
    let bits = 0;
    for (let left = size, half = 0; left > 0; left -= 4, half ^= 4) {
      bits = half ? bits >> 4 : <i32>load<u8>(mask++);
      const above = v128.eq<i32>(v128.and(i32x4.splat(bits), each), each);
      const value = loadSome(at, left);
      storeSome(at, v128.bitselect(value, v128.mul<f32>(value, slopes), above), left);
      at += 16;
    }
  }
}

/** e^x - 1 is 2 t / (1 - t) with t = tanh(x / 2), in which nothing cancels. */
export function elu(x: usize, example: i32, size: i32, batch: i32, alpha: f32): void {
  for (let b = 0; b < batch; b++) {
    let at = x + (<usize>(b * example) << 2);
    for (let left = size; left > 0; left -= 4) {
      const value = loadSome(at, left);
      const t = tanh4(v128.mul<f32>(v128.min<f32>(value, f32x4.splat(0)), f32x4.splat(0.5)));
      const below = v128.div<f32>(v128.mul<f32>(t, f32x4.splat(2 * alpha)), v128.sub<f32>(f32x4.splat(1), t));
      storeSome(at, v128.bitselect(value, below, v128.gt<f32>(value, f32x4.splat(0))), left);
      at += 16;
    }
  }
}

export function eluBack(dy: usize, dyExample: i32, y: usize, yExample: i32, size: i32, batch: i32, alpha: f32): void {
  const one = f32x4.splat(1);
  for (let b = 0; b < batch; b++) {
    let at = dy + (<usize>(b * dyExample) << 2);
    let from = y + (<usize>(b * yExample) << 2);
    for (let left = size; left > 0; left -= 4) {
      const value = loadSome(from, left);
      const below = v128.add<f32>(value, f32x4.splat(alpha));
      const slope = v128.bitselect(one, below, v128.gt<f32>(value, f32x4.splat(0)));
      storeSome(at, v128.mul<f32>(loadSome(at, left), slope), left);
      at += 16;
      from += 16;
    }
  }
}
