/** Rounding to the levels of a signed byte, which the encodings of one byte share. */

/** The largest level; -128 is never written. */
const top = 127;

/** Below this a float32 is subnormal: a scale like that stands for nothing worth sending. */
export const smallestScale = 2 ** -126;

/** Values up to this size have a scale whose top level is finite. */
export const largestWithScale = 2 ** 127;

/** Half of a level if the largest value has this size. */
export const halfLevelOf = (largest: number): number => largest / (2 * top);

/** The largest size of the values from `from` to before `end`, and of `largest`; NaN, once there, stays. */
export function largestOf(values: Float32Array, from: number, end: number, largest: number): number {
  let result = largest;
  for (let i = from; i < end; i++) {
    const size = Math.abs(values[i]!);
    // Nothing is larger than NaN.
    if (size > result || Number.isNaN(size)) result = size;
  }
  return result;
}

/**
 * The size of a level: float32(largest / 127). 0 if it would be subnormal; NaN if `largest` is not finite, or so large that
 * 127 levels are not: the receiver then sees NaN everywhere and can refuse the whole with its reason.
 */
export function scaleOf(largest: number): number {
  const scale = Math.fround(largest / top);
  if (!Number.isFinite(Math.fround(scale * top))) return Number.NaN;
  return scale < smallestScale ? 0 : scale;
}

/**
 * Rounds the values from `from` to before `end`: sign(x) * min(127, floor(|x| / scale + 1/2)), computed in binary64, so that
 * halves round away from zero and -x gives -q.
 */
export function toLevels(
  values: Float32Array,
  from: number,
  end: number,
  scale: number,
  into: Int8Array,
): void {
  for (let i = from; i < end; i++) {
    const value = values[i]!;
    // Below 2^31 a conversion to an integer is the floor.
    const level = (Math.abs(value) / scale + 0.5) | 0;
    const most = level > top ? top : level;
    into[i] = value < 0 ? -most : most;
  }
}

/** Writes the values of the levels from `from` to before `end`, float32(q * scale), to `into`, from `at` on. */
export function fromLevels(
  levels: Int8Array,
  scale: number,
  from: number,
  end: number,
  into: Float32Array,
  at: number,
): void {
  for (let i = from, to = at; i < end; i++) into[to++] = levels[i]! * scale;
}
