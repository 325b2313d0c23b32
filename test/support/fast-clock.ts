import { type Clock, systemClock } from '../../gateway/platform';

/** The machine's clock, on which time passes `factor` times as fast: for waits of minutes beside a real broker. */
export function fastClock(factor: number): Clock {
  const startMs = systemClock.now();
  return {
    now: () => Math.floor(startMs + (systemClock.now() - startMs) * factor),
    after: (delayMs, action, options) => systemClock.after(delayMs / factor, action, options),
  };
}
