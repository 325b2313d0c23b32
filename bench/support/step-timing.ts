import { median } from './statistics';

/** Long enough for the JIT compilers to settle, short enough to be repeated for every case. */
const warmUpMs = 300;
const measureMs = 400;

/**
 * Milliseconds a step: the median over chunks of some steps each, after a warm-up.
 * @param steps runs that many steps
 */
export function timeSteps(steps: (count: number) => void): number {
  const timed = (count: number) => {
    const start = performance.now();
    steps(count);
    return performance.now() - start;
  };
  let count = 1;
  let last = 0;
  for (const end = performance.now() + warmUpMs; performance.now() < end; ) {
    last = timed(count) / count;
    count = Math.max(1, Math.min(100, Math.round(20 / last)));
  }
  const chunks: number[] = [];
  const end = performance.now() + measureMs;
  do chunks.push(timed(count) / count);
  while (performance.now() < end);
  return median(chunks);
}
