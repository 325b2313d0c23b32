import { closeSync, openSync, readSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

/** How late the event loop of this process was, beyond what was asked for, in milliseconds. */
export interface EventLoopDelay {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /**
   * The most processor time that the main thread took without coming back to its event loop, in milliseconds: what the
   * largest delay would be on a machine that does nothing else. Absent where the system does not tell (Linux does).
   */
  readonly longestCpuMs?: number;
}

const resolutionMs = 1;

/** Starts watching the event loop of the process it is called in; the result stops and tells. */
export function watchEventLoop(): () => EventLoopDelay {
  const histogram = monitorEventLoopDelay({ resolution: resolutionMs });
  const stopTurns = watchTurns();
  histogram.enable();
  return () => {
    histogram.disable();
    const longest = stopTurns();
    // A timer that fires on time is seen one resolution after it was set.
    const added = (nanoseconds: number) => Number(Math.max(0, nanoseconds / 1e6 - resolutionMs).toFixed(3));
    return {
      p50Ms: added(histogram.percentile(50)),
      p99Ms: added(histogram.percentile(99)),
      maxMs: added(histogram.max),
      ...(longest === undefined ? {} : { longestCpuMs: Number(longest.toFixed(1)) }),
    };
  };
}

/** Reads the main thread's processor time again and again; the result stops, and tells the most between two readings. */
function watchTurns(): () => number | undefined {
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

/** The processor time of the main thread (the process's first), in milliseconds. */
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
