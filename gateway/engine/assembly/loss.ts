// Losses and their gradients, in double precision until they are stored.
import { exp, log } from './exponential';

export function softmaxLoss(
  logits: usize, example: i32, labels: usize, gradient: usize, gradientExample: i32,
  classes: i32, batch: i32, scale: f64,
): f64 {
  let loss: f64 = 0;
  for (let b = 0; b < batch; b++) {
    const at = logits + (<usize>(b * example) << 2);
    let top = load<f32>(at);
    for (let c = 1; c < classes; c++) top = max<f32>(top, load<f32>(at + (c << 2)));
    let sum: f64 = 0;
    for (let c = 0; c < classes; c++) sum += exp(<f64>load<f32>(at + (c << 2)) - <f64>top);
    const label = labels ? load<i32>(labels + (b << 2)) : -1;
    if (label >= 0) {
      loss += (sum == sum ? log(sum) : sum) - (<f64>load<f32>(at + (label << 2)) - <f64>top);
    }
    const to = scale == 0 ? at : gradient + (<usize>(b * gradientExample) << 2);
    for (let c = 0; c < classes; c++) {
      const p = exp(<f64>load<f32>(at + (c << 2)) - <f64>top) / sum;
      store<f32>(to + (c << 2), <f32>(scale == 0 ? p : (p - <f64>i32(c == label)) * scale));
    }
  }
  return loss;
}

export function sigmoidLoss(
  logits: usize, example: i32, labels: usize, gradient: usize, gradientExample: i32,
  outputs: i32, batch: i32, scale: f64,
): f64 {
  let loss: f64 = 0;
  const share: f64 = 1 / <f64>outputs;
  for (let b = 0; b < batch; b++) {
    const at = logits + (<usize>(b * example) << 2);
    const to = scale == 0 ? at : gradient + (<usize>(b * gradientExample) << 2);
    const label = labels ? load<i32>(labels + (b << 2)) : -1;
    const yes = outputs == 1 ? label - 1 : label;
    for (let c = 0; c < outputs; c++) {
      const logit = <f64>load<f32>(at + (c << 2));
      const small = exp(-Math.abs(logit));
      if (labels) loss += (Math.max(c == yes ? -logit : logit, 0) + log(1 + small)) * share;
      const p = (logit < 0 ? small : 1) / (1 + small);
      store<f32>(to + (c << 2), <f32>(scale == 0 ? p : (p - <f64>i32(c == yes)) * scale * share));
    }
  }
  return loss;
}

export function valueLoss(
  values: usize, example: i32, target: usize, targetExample: i32, gradient: usize, gradientExample: i32,
  size: i32, batch: i32, scale: f64, delta: f64,
): f64 {
  let loss: f64 = 0;
  const share: f64 = 1 / <f64>size;
  for (let b = 0; b < batch; b++) {
    const at = values + (<usize>(b * example) << 2);
    const wanted = target + (<usize>(b * targetExample) << 2);
    const to = gradient + (<usize>(b * gradientExample) << 2);
    for (let i = 0; i < size; i++) {
      const error = <f64>load<f32>(at + (i << 2)) - <f64>load<f32>(wanted + (i << 2));
      const far = Math.abs(error);
      let slope = error;
      if (delta == 0) {
        slope = 2 * error;
        loss += error * error * share;
      } else if (far > delta) {
        slope = error < 0 ? -delta : delta;
        loss += delta * (far - delta * 0.5) * share;
      } else {
        loss += error * error * 0.5 * share;
      }
      if (scale != 0) store<f32>(to + (i << 2), <f32>(slope * scale * share));
    }
  }
  return loss;
}
