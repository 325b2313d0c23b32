// A linear sketch of a vector. The hash and the order of additions are those of kernels/javascript-sketch.ts, so that
// both give the same bits.
import { addSquares, loadLanes, total } from './lanes';

/** The last steps of MurmurHash3: every bit of the result depends on every bit of the key. */
@inline
function mix(key: u32): u32 {
  key = (key ^ (key >>> 16)) * 0x85ebca6b;
  key = (key ^ (key >>> 13)) * 0xc2b2ae35;
  return key ^ (key >>> 16);
}

/** All bits set where `bit` of the hash is. */
@inline
function chosen(hash: u32, bit: u32): v128 {
  return i32x4.splat(-(<i32>((hash >>> bit) & 1)));
}

export function sketch(x: usize, size: i32, into: usize, buckets: i32, seed: i32, sign: f64): f64 {
  const vectors = <u32>(buckets >> 2) - 1;
  const signs = f32x4.splat(<f32>sign);
  for (let block: u32 = 0; size > 0; block++, size -= 4, x += 16) {
    const hash = mix(<u32>seed + block * 0x9e3779b9);
    let values = v128.mul<f32>(loadLanes(x, size), signs);
    // Bits 31 to 28 are the signs of the four lanes, 27 and 26 swap them, and the lowest choose the vector.
    const flip = i32x4.mul(i32x4.splat(hash), i32x4(1, 2, 4, 8));
    values = v128.xor(values, v128.and(flip, i32x4.splat(0x80000000)));
    values = v128.bitselect(v128.shuffle<f32>(values, values, 1, 0, 3, 2), values, chosen(hash, 27));
    values = v128.bitselect(v128.shuffle<f32>(values, values, 2, 3, 0, 1), values, chosen(hash, 26));
    const to = into + (<usize>(hash & vectors) << 4);
    v128.store(to, v128.add<f32>(v128.load(to), values));
  }
  let squares = f64x2.splat(0);
  for (let i = 0; i < buckets; i += 4) squares = addSquares(squares, v128.load(into + (<usize>i << 2)));
  return total(squares);
}
