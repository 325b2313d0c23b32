import { performance } from 'node:perf_hooks';

/** Milliseconds of processor time that `work` takes: as many on a busy machine as on an idle one, nearly. */
export function processorMs(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  return sinceMs(before);
}

/** Milliseconds of processor time of this process since `before`, of `process.cpuUsage()`. */
export function sinceMs(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** Milliseconds that the event loop has nothing to do until `work` is done: what it waits for, not how busy a machine is. */
export async function idleMs(work: () => Promise<unknown>): Promise<number> {
  const before = performance.eventLoopUtilization();
  await work();
  return performance.eventLoopUtilization(before).idle;
}
