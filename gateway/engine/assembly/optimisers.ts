// Parameter updates. Values too small to matter become zero: arithmetic on denormal numbers is many times slower.
import { addSquares, loadLanes, storeLanes, total } from './lanes';

const NEGLIGIBLE: f32 = 1e-30;

@inline
function settle(value: v128): v128 {
  return v128.and(value, v128.ge<f32>(v128.abs<f32>(value), f32x4.splat(NEGLIGIBLE)));
}

/** Sum of squares of four values at a time, in double precision. */
function squaresOf(g: usize, size: i32): f64 {
  let sum = f64x2.splat(0);
  for (; size >= 4; size -= 4) {
    sum = addSquares(sum, v128.load(g));
    g += 16;
  }
  return total(addSquares(sum, loadLanes(g, size)));
}

export function decay(v: usize, size: i32, factor: f64): void {
  const keep = f32x4.splat(<f32>factor);
  for (; size > 0; size -= 4, v += 16) storeLanes(v, settle(v128.mul<f32>(loadLanes(v, size), keep)), size);
}

export function sgd(w: usize, g: usize, v: usize, size: i32, rate: f64, momentum: f64): f64 {
  const squares = squaresOf(g, size);
  const rates = f32x4.splat(<f32>-rate);
  const keep = f32x4.splat(<f32>momentum);
  const whole = size & ~3;
  const end = w + (<usize>whole << 2);
  if (v) {
    while (w < end) {
      const step = settle(v128.add<f32>(v128.mul<f32>(v128.load(v), keep), v128.mul<f32>(v128.load(g), rates)));
      v128.store(v, step);
      v128.store(w, settle(v128.add<f32>(v128.load(w), step)));
      w += 16;
      g += 16;
      v += 16;
    }
  } else {
    while (w < end) {
      v128.store(w, settle(v128.add<f32>(v128.load(w), v128.mul<f32>(v128.load(g), rates))));
      w += 16;
      g += 16;
    }
  }
  const left = size - whole;
  if (left) {
    let step = v128.mul<f32>(loadLanes(g, left), rates);
    if (v) {
      step = settle(v128.add<f32>(v128.mul<f32>(loadLanes(v, left), keep), step));
      storeLanes(v, step, left);
    }
    storeLanes(w, settle(v128.add<f32>(loadLanes(w, left), step)), left);
  }
  return squares;
}

export function adam(
  w: usize, g: usize, m: usize, v: usize, sum: usize, size: i32,
  rate: f64, beta1: f64, beta2: f64, epsilon: f64,
): f64 {
  const rates = f32x4.splat(<f32>rate);
  const keep1 = f32x4.splat(<f32>(1 - beta1));
  const keep2 = f32x4.splat(<f32>(1 - beta2));
  const floor = f32x4.splat(<f32>epsilon);
  let squares = f64x2.splat(0);
  for (let left = size; left > 0; left -= 4) {
    const gradient = loadLanes(g, left);
    squares = addSquares(squares, gradient);
    let mean = loadLanes(m, left);
    mean = settle(v128.add<f32>(mean, v128.mul<f32>(v128.sub<f32>(gradient, mean), keep1)));
    let spread = loadLanes(v, left);
    const square = v128.mul<f32>(gradient, gradient);
    spread = settle(v128.add<f32>(spread, v128.mul<f32>(v128.sub<f32>(square, spread), keep2)));
    storeLanes(m, mean, left);
    storeLanes(v, spread, left);
    storeLanes(sum, v128.add<f32>(loadLanes(sum, left), gradient), left);
    const step = v128.div<f32>(v128.mul<f32>(rates, mean), v128.add<f32>(v128.sqrt<f32>(spread), floor));
    storeLanes(w, settle(v128.sub<f32>(loadLanes(w, left), step)), left);
    w += 16;
    g += 16;
    m += 16;
    v += 16;
    sum += 16;
  }
  return total(squares);
}
