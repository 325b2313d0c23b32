// Normalisation of groups of channels over all rows of an example. Sums in double precision, one value at a time.

/** Mean of the group of `width` channels that begins at x, over all rows, and 1 over its deviation. */
function groupMoments(x: usize, rows: i32, row: usize, width: usize, epsilon: f32): v128 {
  const count = <f64>rows * <f64>(width >> 2);
  let sum: f64 = 0;
  let from = x;
  for (let r = 0; r < rows; r++) {
    for (let at: usize = 0; at < width; at += 4) sum += <f64>load<f32>(from + at);
    from += row;
  }
  const mean = sum / count;
  let squares: f64 = 0;
  from = x;
  for (let r = 0; r < rows; r++) {
    for (let at: usize = 0; at < width; at += 4) {
      const off = <f64>load<f32>(from + at) - mean;
      squares += off * off;
    }
    from += row;
  }
  return f64x2.replace_lane(f64x2.splat(mean), 1, 1 / Math.sqrt(squares / count + <f64>epsilon));
}

@inline
function within(x: usize, moments: v128): f64 {
  return (<f64>load<f32>(x) - f64x2.extract_lane(moments, 0)) * f64x2.extract_lane(moments, 1);
}

export function groupNorm(
  x: usize, xExample: i32, y: usize, yExample: i32, gamma: usize, beta: usize, epsilon: f32,
  batch: i32, rows: i32, channels: i32, groups: i32,
): void {
  const row = <usize>channels << 2;
  const width = <usize>(channels / groups) << 2;
  for (let b = 0; b < batch; b++) {
    for (let group: usize = 0; group < row; group += width) {
      let from = x + (<usize>(b * xExample) << 2) + group;
      let to = y + (<usize>(b * yExample) << 2) + group;
      const moments = groupMoments(from, rows, row, width, epsilon);
      for (let r = 0; r < rows; r++) {
        for (let at: usize = 0; at < width; at += 4) {
          const c = group + at;
          store<f32>(to + at, <f32>(within(from + at, moments) * <f64>load<f32>(gamma + c) + <f64>load<f32>(beta + c)));
        }
        from += row;
        to += row;
      }
    }
  }
}

export function groupNormBack(
  x: usize, xExample: i32, dy: usize, dyExample: i32, gamma: usize, dgamma: usize, epsilon: f32,
  batch: i32, rows: i32, channels: i32, groups: i32, through: i32,
): void {
  const row = <usize>channels << 2;
  const width = <usize>(channels / groups) << 2;
  const count = <f64>rows * <f64>(width >> 2);
  for (let b = 0; b < batch; b++) {
    for (let group: usize = 0; group < row; group += width) {
      const first = x + (<usize>(b * xExample) << 2) + group;
      const slopes = dy + (<usize>(b * dyExample) << 2) + group;
      const moments = groupMoments(first, rows, row, width, epsilon);
      let sum: f64 = 0;
      let product: f64 = 0;
      let from = first;
      let over = slopes;
      for (let r = 0; r < rows; r++) {
        for (let at: usize = 0; at < width; at += 4) {
          const c = group + at;
          const value = within(from + at, moments);
          const slope = <f64>load<f32>(over + at);
          if (dgamma) store<f32>(dgamma + c, load<f32>(dgamma + c) + <f32>(slope * value));
          const weighted = slope * <f64>load<f32>(gamma + c);
          sum += weighted;
          product += weighted * value;
        }
        from += row;
        over += row;
      }
      if (!through) continue;
      sum /= count;
      product /= count;
      from = first;
      over = slopes;
      for (let r = 0; r < rows; r++) {
        for (let at: usize = 0; at < width; at += 4) {
          const weighted = <f64>load<f32>(over + at) * <f64>load<f32>(gamma + group + at);
          const off = weighted - sum - within(from + at, moments) * product;
          store<f32>(over + at, <f32>(off * f64x2.extract_lane(moments, 1)));
        }
        from += row;
        over += row;
      }
    }
  }
}
