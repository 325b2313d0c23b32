// Where windows of a convolution lie with respect to the edges of the input.

/** One number of a geometry table (../kernels/convolution-kernels.ts). */
@inline
export function at(geometry: usize, index: usize): i32 {
  return load<i32>(geometry + (index << 2));
}

/** First window that does not begin before the edge; windows begin at `o * stride - before`. */
@inline
export function firstInside(before: i32, stride: i32, windows: i32): i32 {
  return min(windows, max(0, (before + stride - 1) / stride));
}

/** End of the windows, from `first` on, that do not reach beyond the other edge. */
@inline
export function endInside(length: i32, taps: i32, before: i32, stride: i32, first: i32, windows: i32): i32 {
  const room = length - taps + before;
  return room < 0 ? first : max(first, min(windows, room / stride + 1));
}
