import type { Trainer } from '../../engine';
import type { Clock, Log, Random } from '../../platform';
import type { Selection } from '../../selection';
import type { SampleStore } from '../../stream';
import type { Update } from '../../wire';
import type { ModelFollower } from '../model/model-follower';
import type { RoundBase } from './grant-requester';
import { type RoundRequest, RoundRunner, requireFinite } from './round-runner';
import { RoundSchedule } from './round-schedule';
import type { RoundTrigger, TrainNowResult } from './round-trigger';

export interface LocalRoundsOptions {
  readonly follower: ModelFollower;
  readonly trainer: Trainer;
  readonly store: SampleStore;
  readonly trigger: RoundTrigger;
  readonly clock: Clock;
  readonly random: Random;
  readonly log?: Log;
  /** The plan of a round from this version; undefined while there is none. */
  readonly selection: (version: number) => Selection | undefined;
  /** Where rounds are granted: asks for the next one, which then begins with `beginFrom`. */
  readonly askForGrant: () => void;
  /** A round is done on the lineage that still is the model's; the round has ended when this resolves. */
  readonly onUpdate: (update: Update, selection: Selection) => Promise<void>;
  /** A round was left out, or came to nothing. */
  readonly onSkip: (text: string) => void;
  readonly onFailure: (error: unknown) => void;
  /** A round that had begun is over, and there is no update of it. */
  readonly onNothing: () => void;
  /** Something that a status shows has changed. */
  readonly onChange: () => void;
}

/**
 * Local rounds, one at a time: begins one when it is due and can be, leaves one out where one runs. A round depends on
 * what was there when it began; what comes meanwhile counts for the next.
 */
export class LocalRounds {
  /** Rounds left out since the start. */
  skipped = 0;
  /** While true no round begins by itself or on demand; one that runs goes on. */
  paused = false;

  private readonly runner: RoundRunner;
  private readonly schedule: RoundSchedule;
  private active = false;
  private current: Promise<void> | undefined;

  constructor(private readonly options: LocalRoundsOptions) {
    this.runner = new RoundRunner(options.trainer);
    this.schedule = new RoundSchedule(options.trigger, options.clock, () => this.startIfDue());
  }

  get running(): boolean {
    return this.current !== undefined;
  }

  start(): void {
    this.active = true;
    this.schedule.start();
    this.startIfDue();
  }

  /** Ends the round that runs; resolves when it has ended. Nothing comes of it. */
  async stop(): Promise<void> {
    this.active = false;
    this.schedule.stop();
    this.cancel();
    await this.current;
  }

  /** Ends the round that runs early. */
  cancel(): void {
    if (this.current) this.options.trainer.cancel();
  }

  addWindow(): void {
    this.schedule.addWindow();
    this.startIfDue();
  }

  startIfDue(): void {
    if (!this.schedule.due || this.paused || !this.active) return;
    if (this.current) this.skip('a round was due while one runs');
    else this.beginOrAsk();
  }

  startNow(): TrainNowResult {
    if (!this.active) return 'not-ready';
    if (this.paused) return 'paused';
    if (this.current) {
      this.skip('a round was asked for while one runs');
      return 'busy';
    }
    return this.beginOrAsk();
  }

  /** Begins a round that was granted. False where it cannot: it is paused, or there is too little to train on. */
  beginFrom(base: RoundBase): boolean {
    if (!this.active || this.paused || this.current) return false;
    const request = this.requestFrom(base);
    if (typeof request === 'string') return false;
    this.begin(request);
    return true;
  }

  private beginOrAsk(): 'started' | 'asked' | 'too-few-samples' | 'not-ready' {
    const { follower, askForGrant } = this.options;
    if (follower.task?.aggregation.participation.kind === 'granted') {
      const obstacle = this.obstacle(Math.max(0, follower.version));
      if (obstacle) return obstacle;
      askForGrant();
      return 'asked';
    }
    const { lineage, version, parameters } = follower;
    if (!parameters || lineage === undefined) return 'not-ready';
    const request = this.requestFrom({ lineage, version, parameters });
    if (typeof request === 'string') return request;
    this.begin(request);
    return 'started';
  }

  private skip(text: string): void {
    this.skipped++;
    this.schedule.skip();
    this.options.onSkip(text);
    this.options.onChange();
  }

  /** Why no round can begin, where none can. */
  private obstacle(version: number): 'too-few-samples' | 'not-ready' | undefined {
    const { follower, store, selection } = this.options;
    const { task, trainable } = follower;
    if (!task || !trainable || !selection(version)) return 'not-ready';
    // A store too small for the task's minimum trains when it is full.
    const enough = store.size > 0 && store.size >= Math.min(task.training.minSamples, store.limit);
    return enough ? undefined : 'too-few-samples';
  }

  /** All that the next round depends on, or why there can be none now. */
  private requestFrom({
    lineage,
    version,
    parameters,
  }: RoundBase): RoundRequest | 'too-few-samples' | 'not-ready' {
    const { follower, random, store } = this.options;
    const { task, model } = follower;
    const selection = this.options.selection(version);
    const obstacle = this.obstacle(version);
    if (obstacle) return obstacle;
    if (!task || !model || !selection) return 'not-ready';
    return {
      id: random.hex(8),
      task,
      model,
      selection,
      lineage,
      baseVersion: version,
      parameters,
      samples: store.draw(task.training.maxSamplesPerRound, random),
      seed: random.integer(0x1_0000_0000),
    };
  }

  private begin(request: RoundRequest): void {
    this.schedule.begin();
    const { id, samples, baseVersion } = request;
    this.options.log?.debug?.(`round ${id} begins: ${samples.count} samples, version ${baseVersion}`);
    this.current = this.run(request)
      .catch((error) => {
        if (!this.active) return;
        this.options.onNothing();
        this.options.onFailure(error);
      })
      .finally(() => {
        this.current = undefined;
        this.schedule.end();
        this.options.onChange();
      });
    this.options.onChange();
  }

  private async run(request: RoundRequest): Promise<void> {
    const { update } = await this.runner.run(request);
    const { id, steps, durationMs, lossBefore, lossAfter } = update;
    this.options.log?.debug?.(
      `round ${id} ends: ${steps} steps in ${durationMs.toFixed(1)} ms, loss ${lossBefore.toPrecision(4)} to ${lossAfter.toPrecision(4)}`,
    );
    if (!this.active) return;
    if (request.lineage !== this.options.follower.lineage) {
      this.options.onNothing();
      this.options.onSkip(`a round on lineage ${request.lineage} came to nothing: the model started anew`);
      return;
    }
    requireFinite(update);
    await this.options.onUpdate(update, request.selection);
  }
}
