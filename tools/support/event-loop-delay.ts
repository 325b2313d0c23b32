import { closeSync, openSync, readSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

const resolutionMs = 1;

/** Starts measuring the event loop of this process. The returned function ends the measurement and returns the delays. */
export function watchEventLoop(): () => EventLoopDelay {
  const histogram = monitorEventLoopDelay({ resolution: resolutionMs });
  const stopTasks = watchTasks();
  histogram.enable();
  return () => {
    histogram.disable();
    const longest = stopTasks();
    // A timer that fires on time is observed one resolution after it was set.
    const added = (nanoseconds: number) => Number(Math.max(0, nanoseconds / 1e6 - resolutionMs).toFixed(3));
    return {
      p50Ms: added(histogram.percentile(50)),
      p99Ms: added(histogram.percentile(99)),
      maxMs: added(histogram.max),
      ...(longest === undefined ? {} : { longestCpuMs: Number(longest.toFixed(1)) }),
    };
  };
}

/** Delays of the event loop of this process beyond the requested time, in milliseconds. */
export interface EventLoopDelay {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /**
   * The longest processor time of the main thread without a return to its event loop, in milliseconds: the largest delay
   * on a machine that does nothing else. Absent if the system does not report it (Linux does).
   */
  readonly longestCpuMs?: number;
}

/** Polls the main thread's processor time. The returned function stops and returns the largest step between two polls. */
function watchTasks(): () => number | undefined {
  const clock = openThreadClock();
  if (!clock) return () => undefined;
  let before = clock.readMs();
  let longest = 0;
  const timer = setInterval(() => {
    const now = clock.readMs();
    longest = Math.max(longest, now - before);
    before = now;
  }, resolutionMs);
  return () => {
    clearInterval(timer);
    clock.close();
    return longest;
  };
}

/** A reader of the processor time of the main thread, the first of the process, in milliseconds. */
function openThreadClock(): { readMs(): number; close(): void } | undefined {
  try {
    const file = openSync(`/proc/self/task/${process.pid}/schedstat`, 'r');
    const bytes = Buffer.alloc(64);
    return {
      readMs: () => Number(bytes.toString('latin1', 0, readSync(file, bytes, 0, 64, 0)).split(' ')[0]) / 1e6,
      close: () => closeSync(file),
    };
  } catch {
    return undefined;
  }
}
