import type { Clock, Timer } from '../platform';

/** The moments at which a region sends an update. */
export interface PaceSetting {
  /** Versions of the region. `auto`: after those that all gateways online have contributed to about once. */
  readonly versions: number | 'auto';
  /** Time since the first version that was not sent, ms. `auto`: the longest wait of a version of the federation above. */
  readonly ms: number | 'auto';
}

export const automaticPace: PaceSetting = { versions: 'auto', ms: 'auto' };

/** Options of `SendingPace`. */
export interface PaceOptions {
  readonly setting: PaceSetting;
  readonly clock: Clock;
  /** The longest wait of a version above, ms. */
  readonly longestMs: () => number;
  /** Called when the time is up. */
  readonly onDue: () => void;
}

/** Decides when a region sends what it has learned: after some versions, or after some time. */
export class SendingPace {
  private timer: Timer | undefined;
  private isUp = false;

  constructor(private readonly options: PaceOptions) {}

  /** The choice. @param all versions to which all gateways online have contributed about once */
  chosen(all: number): { readonly versions: number; readonly ms: number } {
    const { versions, ms } = this.options.setting;
    return {
      versions: versions === 'auto' ? all : versions,
      ms: ms === 'auto' ? this.options.longestMs() : ms,
    };
  }

  /** Whether an update is due. @param unsent versions that were not sent */
  isDue(unsent: number, all: number): boolean {
    if (unsent === 0) {
      this.rest();
      return false;
    }
    const { versions, ms } = this.chosen(all);
    this.timer ??= this.options.clock.after(ms, () => {
      this.isUp = true;
      this.options.onDue();
    });
    return this.isUp || unsent >= versions;
  }

  /** An update was made, or nothing is left to send. */
  rest(): void {
    this.timer?.cancel();
    this.timer = undefined;
    this.isUp = false;
  }
}
