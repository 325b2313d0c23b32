import type { Clock, Timer } from '../../platform';
import type { ModelFollower } from '../model/model-follower';
import type { RoundBase } from './grant-requester';
import type { RoundObstacle, RoundRunner } from './round-runner';
import type { RoundTrigger, TrainNowResult } from './round-trigger';

export interface RoundSchedulerOptions {
  readonly runner: RoundRunner;
  readonly follower: ModelFollower;
  readonly trigger: RoundTrigger;
  readonly clock: Clock;
  /** Asks for the next round if rounds are granted; it then starts with `startFrom`. */
  readonly askForGrant: () => void;
  /** A round was due while one ran. */
  readonly onSkip: (text: string) => void;
  /** Something that a status shows has changed. */
  readonly onChange: () => void;
}

/**
 * When local rounds start: after so many new windows, so long after the last round, or on demand; one at a time. A
 * round that is due stays due until it starts. One that is due while another runs is skipped, not queued.
 */
export class RoundScheduler {
  /** Rounds skipped since the start. */
  skipped = 0;
  /** While true no round starts, and one that runs goes on. */
  paused = false;

  private active = false;
  private current: Promise<void> | undefined;
  private newWindows = 0;
  /** The interval has passed since the last round. */
  private elapsed = false;
  private timer: Timer | undefined;

  constructor(private readonly options: RoundSchedulerOptions) {}

  get running(): boolean {
    return this.current !== undefined;
  }

  start(): void {
    this.active = true;
    this.arm();
    this.startIfDue();
  }

  /** Ends the round that runs; resolves when it has ended. It gives no update. */
  async stop(): Promise<void> {
    this.active = false;
    this.disarm();
    this.options.runner.stop();
    this.cancel();
    await this.current;
  }

  /** Ends the round that runs early. */
  cancel(): void {
    if (this.current) this.options.runner.cancel();
  }

  addWindow(): void {
    this.newWindows++;
    this.startIfDue();
  }

  startIfDue(): void {
    if (!this.due || this.paused || !this.active) return;
    if (this.current) this.skip('a round was due while one runs');
    else this.startOrAsk();
  }

  startNow(): TrainNowResult {
    if (!this.active) return 'not-ready';
    if (this.paused) return 'paused';
    if (this.current) {
      this.skip('a round was asked for while one runs');
      return 'busy';
    }
    return this.startOrAsk();
  }

  /** Starts a round that was granted. False if it cannot: it is paused, or there is too little to train on. */
  startFrom(base: RoundBase): boolean {
    if (!this.active || this.paused || this.current) return false;
    return this.begin(base) === 'started';
  }

  private get due(): boolean {
    const { newWindows } = this.options.trigger;
    return this.elapsed || (newWindows > 0 && this.newWindows >= newWindows);
  }

  private startOrAsk(): 'started' | 'asked' | RoundObstacle {
    const { follower, runner, askForGrant } = this.options;
    if (follower.task?.aggregation.participation.kind === 'granted') {
      const obstacle = runner.obstacle(Math.max(0, follower.version));
      if (obstacle) return obstacle;
      askForGrant();
      return 'asked';
    }
    const { lineage, version, parameters } = follower;
    if (!parameters || lineage === undefined) return 'not-ready';
    return this.begin({ lineage, version, parameters });
  }

  private begin(base: RoundBase): 'started' | RoundObstacle {
    const { runner, onChange } = this.options;
    const request = runner.prepare(base);
    if (typeof request === 'string') return request;
    // Windows that come during the round count for the next one; the interval waits for the round's end.
    this.newWindows = 0;
    this.elapsed = false;
    this.disarm();
    this.current = runner.run(request).finally(() => {
      this.current = undefined;
      this.arm();
      onChange();
    });
    onChange();
    return 'started';
  }

  private skip(text: string): void {
    this.skipped++;
    this.newWindows = 0;
    this.options.onSkip(text);
    this.options.onChange();
  }

  private arm(): void {
    this.disarm();
    const { clock, trigger } = this.options;
    if (!this.active || trigger.intervalMs <= 0) return;
    const onElapsed = () => {
      this.timer = undefined;
      this.elapsed = true;
      this.startIfDue();
    };
    this.timer = clock.after(trigger.intervalMs, onElapsed, { holdsProcess: true });
  }

  private disarm(): void {
    this.timer?.cancel();
    this.timer = undefined;
  }
}
