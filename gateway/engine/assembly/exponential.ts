// Exponential and logarithm, written out in double precision from plain arithmetic: they need no tables in memory and
// give the same bits everywhere. Within 4e-16 relative of the true value.

const LN2_HIGH = 6.93147180369123816490e-1;
const LN2_LOW = 1.90821492927058770002e-10;

/** e^x for x <= 0: 2^k e^r with |r| <= ln(2)/2, e^r by its Taylor series to the 13th power. */
export function exp(x: f64): f64 {
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
export function log(x: f64): f64 {
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
