// Softmax cross-entropy. Exponential and logarithm are written out (in double precision, from plain arithmetic), so
// that they need no tables in memory and give the same bits everywhere.

const LN2_HIGH = 6.93147180369123816490e-1;
const LN2_LOW = 1.90821492927058770002e-10;

/** e^x for x <= 0: 2^k e^r with |r| <= ln(2)/2, e^r by its Taylor series to the 13th power. */
function exp(x: f64): f64 {
  if (!(x > -700)) return x <= -700 ? 0 : x;
  const k = Math.round(x * 1.44269504088896338700);
  const r = x - k * LN2_HIGH - k * LN2_LOW;
  let sum: f64 = 1.0 / 6227020800.0;
  sum = sum * r + 1.0 / 479001600.0;
  sum = sum * r + 1.0 / 39916800.0;
  sum = sum * r + 1.0 / 3628800.0;
  sum = sum * r + 1.0 / 362880.0;
  sum = sum * r + 1.0 / 40320.0;
  sum = sum * r + 1.0 / 5040.0;
  sum = sum * r + 1.0 / 720.0;
  sum = sum * r + 1.0 / 120.0;
  sum = sum * r + 1.0 / 24.0;
  sum = sum * r + 1.0 / 6.0;
  sum = sum * r + 0.5;
  sum = sum * r + 1.0;
  sum = sum * r + 1.0;
  return sum * reinterpret<f64>((<i64>k + 1023) << 52);
}

/** ln(x) for normal x > 0: exponent and, with s = (m-1)/(m+1), the series 2 (s + s^3/3 + s^5/5 + ...). */
function log(x: f64): f64 {
  let bits = reinterpret<i64>(x);
  let exponent = <i32>(bits >> 52) - 1023;
  let m = reinterpret<f64>((bits & 0xfffffffffffff) | 0x3ff0000000000000);
  if (m > 1.41421356237309514547) {
    m *= 0.5;
    exponent++;
  }
  const s = (m - 1) / (m + 1);
  const square = s * s;
  let sum: f64 = 0;
  for (let i: f64 = 23; i >= 1; i -= 2) sum = sum * square + 1 / i;
  return <f64>exponent * LN2_HIGH + (2 * s * sum + <f64>exponent * LN2_LOW);
}

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
