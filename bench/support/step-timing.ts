import { median } from './statistics';

/** Long enough for the JIT compilers to finish, short enough to repeat it for every case. */
const warmUpMs = 300;
const measureMs = 400;

/** Milliseconds per step: by the clock, and of the processor. */
export interface StepTimes {
  readonly stepMs: number;
  readonly cpuMs: number;
}

/**
 * Measures steps: medians over chunks of some steps each, after a warm-up.
 * @param steps runs the given number of steps
 */
export function measureSteps(steps: (count: number) => void): StepTimes {
  const timed = (count: number): StepTimes => {
    const start = performance.now();
    const before = process.cpuUsage();
    steps(count);
    const { user, system } = process.cpuUsage(before);
    return { stepMs: (performance.now() - start) / count, cpuMs: (user + system) / 1000 / count };
  };
  let count = 1;
  for (const end = performance.now() + warmUpMs; performance.now() < end; )
    count = Math.max(1, Math.min(100, Math.round(20 / timed(count).stepMs)));
  const chunks: StepTimes[] = [];
  const end = performance.now() + measureMs;
  do chunks.push(timed(count));
  while (performance.now() < end);
  return {
    stepMs: median(chunks.map(({ stepMs }) => stepMs)),
    cpuMs: median(chunks.map(({ cpuMs }) => cpuMs)),
  };
}

/** Milliseconds per step by the clock. */
export const timeSteps = (steps: (count: number) => void): number => measureSteps(steps).stepMs;
