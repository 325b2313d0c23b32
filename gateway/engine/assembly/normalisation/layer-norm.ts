// Normalisation of rows. Sums in double precision, one value at a time.

/** Mean of a row, and 1 over its deviation. */
function momentsOf(x: usize, channels: i32, epsilon: f32): v128 {
  let sum: f64 = 0;
  for (let c = 0; c < channels; c++) sum += <f64>load<f32>(x + (<usize>c << 2));
  const mean = sum / <f64>channels;
  let squares: f64 = 0;
  for (let c = 0; c < channels; c++) {
    const off = <f64>load<f32>(x + (<usize>c << 2)) - mean;
    squares += off * off;
  }
  const scale = 1 / Math.sqrt(squares / <f64>channels + <f64>epsilon);
  return f64x2.replace_lane(f64x2.splat(mean), 1, scale);
}

@inline
function normalised(x: usize, moments: v128): f64 {
  return (<f64>load<f32>(x) - f64x2.extract_lane(moments, 0)) * f64x2.extract_lane(moments, 1);
}

export function layerNorm(
  x: usize, xExample: i32, y: usize, yExample: i32, gamma: usize, beta: usize, epsilon: f32,
  batch: i32, rows: i32, channels: i32,
): void {
  const row = <usize>channels << 2;
  for (let b = 0; b < batch; b++) {
    let from = x + (<usize>(b * xExample) << 2);
    let to = y + (<usize>(b * yExample) << 2);
    for (let r = 0; r < rows; r++) {
      const moments = momentsOf(from, channels, epsilon);
      for (let at: usize = 0; at < row; at += 4) {
        const value = normalised(from + at, moments) * <f64>load<f32>(gamma + at) + <f64>load<f32>(beta + at);
        store<f32>(to + at, <f32>value);
      }
      from += row;
      to += row;
    }
  }
}

export function layerNormBack(
  x: usize, xExample: i32, dy: usize, dyExample: i32, gamma: usize, dgamma: usize, epsilon: f32,
  batch: i32, rows: i32, channels: i32, through: i32,
): void {
  const row = <usize>channels << 2;
  for (let b = 0; b < batch; b++) {
    let from = x + (<usize>(b * xExample) << 2);
    let over = dy + (<usize>(b * dyExample) << 2);
    for (let r = 0; r < rows; r++) {
      const moments = momentsOf(from, channels, epsilon);
      let sum: f64 = 0;
      let product: f64 = 0;
      for (let at: usize = 0; at < row; at += 4) {
        const value = normalised(from + at, moments);
        const slope = <f64>load<f32>(over + at);
        if (dgamma) store<f32>(dgamma + at, load<f32>(dgamma + at) + <f32>(slope * value));
        const weighted = slope * <f64>load<f32>(gamma + at);
        sum += weighted;
        product += weighted * value;
      }
      if (through) {
        sum /= <f64>channels;
        product /= <f64>channels;
        for (let at: usize = 0; at < row; at += 4) {
          const weighted = <f64>load<f32>(over + at) * <f64>load<f32>(gamma + at);
          const off = weighted - sum - normalised(from + at, moments) * product;
          store<f32>(over + at, <f32>(off * f64x2.extract_lane(moments, 1)));
        }
      }
      from += row;
      over += row;
    }
  }
}
