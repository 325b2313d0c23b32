import type { Clock } from '../../platform';

/** A state of shared model and own windows. */
interface Point {
  readonly version: number;
  /** The largest id of an own window. */
  readonly newest: number;
}

/** Options of a rule. */
export interface DueRuleOptions {
  readonly clock: Clock;
  /** Least time between two, ms. */
  readonly intervalMs: number;
  /** New windows that are a reason; a new version always is. */
  readonly newWindows: number;
}

/** Decides when something is done again: if there is a reason, and not too often. */
export class DueRule {
  private last: (Point & { readonly atMs: number }) | undefined;

  constructor(private readonly options: DueRuleOptions) {}

  isDue({ version, newest }: Point): boolean {
    const { last } = this;
    if (!last) return true;
    const { clock, intervalMs, newWindows } = this.options;
    if (clock.now() - last.atMs < intervalMs) return false;
    return version !== last.version || newest - last.newest >= newWindows;
  }

  done({ version, newest }: Point): void {
    this.last = { version, newest, atMs: this.options.clock.now() };
  }

  /** Makes it due at once. */
  reset(): void {
    this.last = undefined;
  }
}
