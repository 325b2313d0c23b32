import type { Clock, Timer } from './clock';

/** Time without a connection after which somebody is cut off, ms. A broker that restarts is away for less. */
export const cutOffMs = 30_000;

/** Says once when a connection has been away for `cutOffMs`. */
export class CutOffTimer {
  /** It stays when it has rung, until the connection is back. */
  private timer: Timer | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly onCutOff: () => void,
  ) {}

  /** The connection is away. Called again, it is away since the first time. */
  away(): void {
    this.timer ??= this.clock.after(cutOffMs, this.onCutOff);
  }

  /** The connection is back, or nobody waits for it. */
  stop(): void {
    this.timer?.cancel();
    this.timer = undefined;
  }
}
