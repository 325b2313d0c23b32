// Vectors of four float32, whole or in part.

/** `sum + a b`; in the relaxed build it may be fused (faster, last bits depend on the CPU). */
@inline
export function madd(a: v128, b: v128, sum: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return v128.relaxed_madd<f32>(a, b, sum);
  return v128.add<f32>(sum, v128.mul<f32>(a, b));
}

/** Loads the first `count` lanes (all of them for 4 or more); the others are zero. */
@inline
export function loadLanes(at: usize, count: i32): v128 {
  if (count >= 4) return v128.load(at);
  let value = f32x4.splat(0);
  if (count > 0) value = f32x4.replace_lane(value, 0, load<f32>(at));
  if (count > 1) value = f32x4.replace_lane(value, 1, load<f32>(at, 4));
  if (count > 2) value = f32x4.replace_lane(value, 2, load<f32>(at, 8));
  return value;
}

/** Stores the first `count` lanes. */
@inline
export function storeLanes(at: usize, value: v128, count: i32): void {
  if (count >= 4) {
    v128.store(at, value);
    return;
  }
  if (count > 0) store<f32>(at, f32x4.extract_lane(value, 0));
  if (count > 1) store<f32>(at, f32x4.extract_lane(value, 1), 4);
  if (count > 2) store<f32>(at, f32x4.extract_lane(value, 2), 8);
}

/**
 * `loadLanes` as a function of its own, a tenth of the bytes at each use: where memory and not the call takes the time.
 * The compiler writes out at their uses functions that are as short; one that calls itself it cannot.
 */
export function loadSome(at: usize, count: i32): v128 {
  if (count >= 4) return v128.load(at);
  if (count <= 0) return f32x4.splat(0);
  const rest = loadSome(at + 4, count - 1);
  return f32x4.replace_lane(v128.shuffle<f32>(rest, rest, 0, 0, 1, 2), 0, load<f32>(at));
}

/** `storeLanes` likewise. */
export function storeSome(at: usize, value: v128, count: i32): void {
  if (count >= 4) v128.store(at, value);
  else if (count > 0) {
    store<f32>(at, f32x4.extract_lane(value, 0));
    storeSome(at + 4, v128.shuffle<f32>(value, value, 1, 2, 3, 3), count - 1);
  }
}

/** Stores up to eight columns. */
export function storePart(at: usize, first: v128, second: v128, columns: i32): void {
  storeLanes(at, first, columns);
  if (columns > 4) storeLanes(at + 16, second, columns - 4);
}

/** Sum of the four lanes, in a fixed order. */
@inline
export function sumLanes(value: v128): f32 {
  return (
    f32x4.extract_lane(value, 0) +
    f32x4.extract_lane(value, 1) +
    (f32x4.extract_lane(value, 2) + f32x4.extract_lane(value, 3))
  );
}

/** Adds the squares of four values to two double sums. */
@inline
export function addSquares(sum: v128, value: v128): v128 {
  const low = f64x2.promote_low_f32x4(value);
  const high = f64x2.promote_low_f32x4(v128.shuffle<f32>(value, value, 2, 3, 6, 7));
  return v128.add<f64>(sum, v128.add<f64>(v128.mul<f64>(low, low), v128.mul<f64>(high, high)));
}

@inline
export function total(sum: v128): f64 {
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}
