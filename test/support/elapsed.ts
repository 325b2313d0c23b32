import { performance } from 'node:perf_hooks';

/** Milliseconds of processor time of `work`, which are almost the same on a busy machine as on an idle one. */
export function processorMs(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  return sinceMs(before);
}

/** Milliseconds of processor time of this process since `before`, a result of `process.cpuUsage()`. */
export function sinceMs(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/**
 * Milliseconds for which the event loop is idle until `work` is done: the time of waiting, whatever the load of the
 * machine.
 */
export async function idleMs(work: () => Promise<unknown>): Promise<number> {
  const before = performance.eventLoopUtilization();
  await work();
  return performance.eventLoopUtilization(before).idle;
}
