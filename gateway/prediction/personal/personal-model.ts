import type { Trainer } from '../../engine';
import type { ModelFollower } from '../../participant';
import {
  type Clock,
  FtteError,
  type Log,
  messageOf,
  noticeCodeOf,
  type Random,
  SerialQueue,
  silentLog,
  type Timer,
  TypedEmitter,
} from '../../platform';
import type { PlanRequest, Selection } from '../../selection';
import type { SampleStore, StoredSample } from '../../stream';
import { adaptModel, changeBy, judge } from './adapt';
import { DueRule } from './due-rule';
import { adoptAbove, canJudge, isBetter, isWorse, keepAbove } from './gate';
import { mixed } from './mixture';
import { type Occasion, occasionOf } from './occasion';
import { PersistedPersonal } from './persisted-personal';
import type { OwnModel } from './personal-file';
import type { PersonalReport } from './personal-report';
import { adoptedText, droppedText, keptText, notBetterText, tooFewText, worseText } from './personal-texts';
import { newerThan, splitsByTime } from './split-by-time';

/** Options of the personal model of a gateway. */
export interface PersonalModelOptions {
  /** The source of the shared model. Its owner starts and stops it. */
  readonly follower: ModelFollower;
  /** The shared model that is adapted: the one that the predictor uses. */
  readonly use: 'average' | 'current';
  /** The labelled windows of this gateway. Undefined while nothing stores them. */
  readonly samples: () => SampleStore | undefined;
  /** Makes a training engine. One exists only while the model is adapted or judged. */
  readonly createTrainer: () => Trainer;
  readonly choosePlan: (request: PlanRequest) => Selection | Promise<Selection>;
  /** Memory that the training program may use, bytes. */
  readonly budgetBytes: () => number;
  /** File in which an adopted model survives a restart. Default: it does not. */
  readonly file?: string | undefined;
  /** False: the file is not written, and what an earlier run has left in it is erased. Default: true. */
  readonly keep?: (() => boolean) | undefined;
  /** The key that the file is encrypted with. Default: it is in plain, for its owner alone. */
  readonly storageKey?: string | Uint8Array | undefined;
  /** Least time between two adaptations, ms. Default 10 minutes. */
  readonly intervalMs?: number;
  readonly clock: Clock;
  /** Jitter between attempts to write the file. */
  readonly random: Random;
  readonly log?: Log | undefined;
}

/** Events of a personal model: the report whenever it has changed. */
export type PersonalModelEvents = { change: PersonalReport };

const usualIntervalMs = 600_000;
/** An adopted model is judged again at most once in this time, and what is due is looked for as often. */
const lookMs = 60_000;
/** New windows after which a model is adapted again although no new version has come. */
const newWindows = 32;

/**
 * The own model of a gateway: the shared one, plus a share of what own labelled windows have changed in it. It is adopted
 * only if it is better than the shared model on own windows that were kept out, by more than chance explains, and it goes
 * as soon as it no longer is. It follows the versions: the change is added to each new one. Nothing of it is sent.
 */
export class PersonalModel extends TypedEmitter<PersonalModelEvents> {
  private readonly kept: PersistedPersonal;
  private readonly log: Log;
  private readonly queue = new SerialQueue();
  private own: OwnModel | undefined;
  private state: PersonalReport = { model: 'shared', reason: 'no model has arrived yet' };
  private generation = 0;
  private trainer: Trainer | undefined;
  private isStarted = false;
  private isStopped = false;
  private isDue = false;
  private timer: Timer | undefined;
  private readonly offs: (() => void)[] = [];
  private readonly adaptations: DueRule;
  private readonly judgements: DueRule;

  constructor(private readonly options: PersonalModelOptions) {
    super();
    const { log = silentLog, clock, intervalMs = usualIntervalMs } = options;
    this.log = log;
    this.adaptations = new DueRule({ clock, intervalMs, newWindows });
    this.judgements = new DueRule({ clock, intervalMs: lookMs, newWindows: 1 });
    this.onListenerError = (error, event) =>
      log.error(`listener of ${event}: ${messageOf(error)}`, 'unexpected');
    this.kept = new PersistedPersonal({
      ...options,
      file: options.file,
      onProblem: (error) => log.warn(error.message, noticeCodeOf(error)),
      onRecovered: (path) => log.info(`${path} can be written again`),
    });
  }

  /** The model that answers, why, and the accuracy of both on own windows. */
  get report(): PersonalReport {
    return this.state;
  }

  /** Reads the stored model, and adapts from now on. */
  async start(): Promise<void> {
    if (this.isStarted || this.isStopped) return;
    this.isStarted = true;
    const { follower, use } = this.options;
    const { generation } = this;
    await this.queue.run(async () => {
      const own = await this.kept.load();
      if (generation !== this.generation || this.isStopped) return;
      if (own?.use === use) this.adopt(own, 'it was kept from the time before the restart');
    });
    if (this.isStopped) return;
    this.offs.push(follower.on('version', () => this.look()));
    this.offs.push(follower.on('task', () => this.look()));
    this.lookAgain();
    this.look();
  }

  /** Ends an adaptation that runs. The stored model stays. */
  async stop(): Promise<void> {
    if (this.isStopped) return;
    this.isStopped = true;
    this.timer?.cancel();
    for (const off of this.offs.splice(0)) off();
    await this.trainer?.close();
    await this.queue.idle();
    await this.kept.stop();
  }

  /** Resolves when what is due at this time is done. */
  idle(): Promise<void> {
    return this.queue.idle();
  }

  /** Forgets the own model, also on disk. The shared model answers. @throws FtteError `storage` if it cannot be erased */
  async forget(): Promise<void> {
    this.clear('the own model was forgotten');
    await this.trainer?.close();
    await this.queue.run(() => this.kept.erase());
  }

  /** Parameters that answer in place of the shared ones. Undefined: the shared ones are no worse. */
  async parameters(
    shared: Float32Array,
    { lineage, modelKey }: { readonly lineage: string; readonly modelKey: string },
  ): Promise<Float32Array | undefined> {
    const { own } = this;
    if (own?.lineage !== lineage || own.modelKey !== modelKey || own.change.length !== shared.length)
      return undefined;
    return mixed(shared, own.change, own.mixture);
  }

  private lookAgain(): void {
    this.timer = this.options.clock.after(lookMs, () => {
      this.look();
      this.lookAgain();
    });
  }

  /** Does what is due: judges an adopted model, or adapts one. One look covers all that happens before its turn. */
  private look(): void {
    if (this.isDue || this.isStopped) return;
    this.isDue = true;
    void this.queue.run(async () => {
      this.isDue = false;
      if (this.isStopped) return;
      try {
        await this.work();
      } catch (error) {
        if (!this.isStopped && !isCancelled(error)) this.fail(error);
      } finally {
        const { trainer } = this;
        this.trainer = undefined;
        await trainer?.close();
      }
    });
  }

  private async work(): Promise<void> {
    await this.endOfTask();
    const { follower, use, samples } = this.options;
    const occasion = occasionOf(follower, use, samples());
    if (typeof occasion === 'object') {
      await this.judgeAgain(occasion);
      await this.adapt(occasion);
    } else if (occasion !== undefined && !this.own) this.say({ model: 'shared', reason: occasion });
  }

  /** Drops an own model of another task. */
  private async endOfTask(): Promise<void> {
    const { lineage, modelKey } = this.options.follower;
    const { own } = this;
    if (!own || lineage === undefined || (own.lineage === lineage && own.modelKey === modelKey)) return;
    const why = own.modelKey === modelKey ? 'the federation began its model again' : 'the task has changed';
    this.log.info(droppedText(why));
    this.clear(why);
    await this.kept.erase();
  }

  /** Drops an adopted model that new windows or a new version of the shared model have overtaken. */
  private async judgeAgain(occasion: Occasion): Promise<void> {
    const { own } = this;
    const { task, shared, version, model, store, samples, overlap } = occasion;
    if (!own || !this.judgements.isDue(occasion)) return;
    const windows = store.batch(newerThan(own.newest, samples, overlap));
    if (!canJudge(windows.y, task)) return;
    this.judgements.done(occasion);
    const { generation } = this;
    const trainer = this.engine();
    await trainer.configure({ model });
    const personal = await mixed(shared, own.change, own.mixture);
    const comparison = await judge(trainer, shared, personal, windows);
    if (generation !== this.generation) return;
    if (isWorse(comparison, keepAbove))
      return this.drop({ version, keptOut: comparison }, worseText(comparison));
    this.adopt({ ...own, version, comparison }, keptText(comparison));
  }

  /** The shared model answers again. @param judged facts for the report */
  private async drop(judged: Partial<PersonalReport>, why: string): Promise<void> {
    this.log.info(droppedText(why));
    this.own = undefined;
    this.say({ ...judged, model: 'shared', reason: why });
    await this.kept.erase();
  }

  private async adapt(occasion: Occasion): Promise<void> {
    const { task, model, shared, version, lineage, modelKey, store, samples, newest, overlap } = occasion;
    const { budgetBytes, choosePlan, use } = this.options;
    if (!this.adaptations.isDue(occasion)) return;
    const splits = splitsByTime(samples, overlap);
    const newestSplit = splits.at(-1)!;
    const judges = newestSplit.keptOut.map(({ label }) => label);
    if (!canJudge(judges, task) || newestSplit.adapt.length === 0) {
      if (!this.own) this.say({ model: 'shared', reason: tooFewText(judges, task) });
      return;
    }
    this.adaptations.done(occasion);
    const { generation } = this;
    const isObsolete = () => generation !== this.generation || this.isStopped;
    const request = {
      ...{ task, model, parameters: shared, splits },
      batch: (windows: readonly StoredSample[]) => store.batch(windows),
      // Not drawn: rounds would draw other numbers then.
      seed: (task.seed + version + newest) >>> 0,
      budgetBytes: budgetBytes(),
    };
    const made = await adaptModel(request, this.engine(), choosePlan);
    if (isObsolete()) return;
    const { mixture, trainedShare, comparison } = made;
    if (!isBetter(comparison, adoptAbove)) {
      // One that was adopted stays while there is some reason for it.
      if (this.own && isBetter(comparison, keepAbove)) return;
      const judged = {
        version,
        mixture,
        adaptedOn: newestSplit.adapt.length,
        trainedShare,
        keptOut: comparison,
      };
      const reason = notBetterText(comparison);
      if (this.own) return this.drop(judged, reason);
      this.say({ model: 'shared', reason, ...judged });
      return;
    }
    // The windows that have judged are the newest: once they have, the model learns from them, too.
    const { change } = await changeBy(store.batch(samples), request, this.engine(), choosePlan);
    if (isObsolete()) return;
    const isFirst = this.own === undefined;
    const origin = { lineage, modelKey, use, version };
    const result = { mixture, newest, adaptedOn: samples.length, trainedShare, comparison, change };
    const own = { ...origin, ...result };
    this.judgements.done(occasion);
    this.adopt(own, adoptedText(comparison));
    if (isFirst) this.log.info(`this gateway predicts with a model of its own: ${adoptedText(comparison)}`);
    await this.kept.save(own);
  }

  private adopt(own: OwnModel, reason: string): void {
    this.own = own;
    const { version, mixture, adaptedOn, trainedShare, comparison } = own;
    this.say({
      model: 'personal',
      reason,
      ...{ version, mixture, adaptedOn, trainedShare },
      keptOut: comparison,
    });
  }

  /** The shared model answers from now on; what is being computed is of no use any more. */
  private clear(reason: string): void {
    this.generation++;
    this.own = undefined;
    this.adaptations.reset();
    this.judgements.reset();
    this.say({ model: 'shared', reason });
  }

  private fail(error: unknown): void {
    const reason = `the shared model could not be adapted: ${messageOf(error)}`;
    // It is a matter of the budget, which the report says; the shared model answers as always.
    const isBudget = error instanceof FtteError && error.code === 'budget-too-small';
    if (isBudget && reason !== this.state.reason) this.log.info(reason);
    if (!isBudget) this.log.warn(reason, noticeCodeOf(error));
    if (!this.own) this.say({ model: 'shared', reason });
  }

  private engine(): Trainer {
    this.trainer ??= this.options.createTrainer();
    return this.trainer;
  }

  private say(report: PersonalReport): void {
    if (JSON.stringify(report) === JSON.stringify(this.state)) return;
    this.state = report;
    this.emit('change', report);
  }
}

const isCancelled = (error: unknown) => error instanceof FtteError && error.code === 'cancelled';
