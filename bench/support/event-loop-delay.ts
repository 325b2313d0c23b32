import { monitorEventLoopDelay } from 'node:perf_hooks';

/** How late the event loop of this process was, beyond what was asked for, in milliseconds. */
export interface EventLoopDelay {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

const resolutionMs = 1;

/** Starts watching the event loop of the process it is called in; the result stops and tells. */
export function watchEventLoop(): () => EventLoopDelay {
  const histogram = monitorEventLoopDelay({ resolution: resolutionMs });
  histogram.enable();
  return () => {
    histogram.disable();
    // A timer that fires on time is seen one resolution after it was set.
    const added = (nanoseconds: number) => Number(Math.max(0, nanoseconds / 1e6 - resolutionMs).toFixed(3));
    return {
      p50Ms: added(histogram.percentile(50)),
      p99Ms: added(histogram.percentile(99)),
      maxMs: added(histogram.max),
    };
  };
}
