import type { Clock, Timer } from '../../platform';
import type { ModelFollower } from '../model/model-follower';
import type { RoundBase } from './grant-requester';
import type { RoundObstacle, RoundRunner } from './round-runner';
import type { RoundTrigger, TrainNowResult } from './round-trigger';

/** Whether the next attempt would meet the same obstacle, unless something new comes. */
const isLasting = (obstacle: RoundObstacle) => obstacle === 'policy-limit' || obstacle === 'privacy-spent';

export interface RoundSchedulerOptions {
  readonly runner: RoundRunner;
  readonly follower: ModelFollower;
  readonly trigger: RoundTrigger;
  readonly clock: Clock;
  /** Requests the next round if rounds are granted. It then starts with `startFrom`. */
  readonly askForGrant: () => void;
  /** Called when a round was due while one ran. */
  readonly onSkip: (text: string) => void;
  /** Called when something has changed that a status shows. */
  readonly onChange: () => void;
  /** Called when a round has ended, after `onChange`. */
  readonly onEnd: () => void;
}

/**
 * Decides when local rounds start: after a number of new windows, after a time since the last round, or on demand. One
 * round runs at a time. A due round stays due until it starts. A round that is due while another runs is skipped and
 * not queued.
 */
export class RoundScheduler {
  /** Rounds skipped since the start. */
  skipped = 0;
  /** While true no round starts. A round that runs continues. */
  paused = false;

  private active = false;
  private current: Promise<void> | undefined;
  private newWindows = 0;
  /** Whether the interval since the last round has passed. */
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

  /** Ends the present round without an update. Resolves when it has ended. */
  async stop(): Promise<void> {
    this.active = false;
    this.disarm();
    this.options.runner.stop();
    this.cancel();
    await this.current;
  }

  /** Ends the present round early. */
  cancel(): void {
    if (this.current) this.options.runner.cancel();
  }

  addWindow(): void {
    this.newWindows++;
    this.startIfDue();
  }

  startIfDue(): void {
    if (!this.due || this.paused || !this.active) return;
    if (this.current) this.skip('a round was due while another one ran');
    else this.startOrAsk();
  }

  startNow(): TrainNowResult {
    if (!this.active) return 'not-ready';
    if (this.paused) return 'paused';
    if (this.current) {
      this.skip('a round was requested while another one ran');
      return 'busy';
    }
    return this.startOrAsk();
  }

  /** Starts a granted round. False if it cannot start: rounds are paused, or there are too few samples. */
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
      if (obstacle && isLasting(obstacle)) this.postpone();
      if (obstacle) return obstacle;
      askForGrant();
      return 'asked';
    }
    const { lineage, version, parameters } = follower;
    if (!parameters || lineage === undefined) return 'not-ready';
    return this.begin({ lineage, version, parameters });
  }

  private begin(base: RoundBase): 'started' | RoundObstacle {
    const { runner, onChange, onEnd } = this.options;
    const request = runner.prepare(base);
    if (typeof request === 'string') {
      // The next draw would fail in the same way, so it waits for new windows.
      if (isLasting(request)) this.postpone();
      return request;
    }
    // Windows that come during the round count for the next one. The interval begins at the end of the round.
    this.newWindows = 0;
    this.elapsed = false;
    this.disarm();
    this.current = runner.run(request).finally(() => {
      this.current = undefined;
      this.arm();
      onChange();
      onEnd();
    });
    onChange();
    return 'started';
  }

  /** Waits for new windows, or for the next interval. */
  private postpone(): void {
    this.newWindows = 0;
    this.elapsed = false;
    this.arm();
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
