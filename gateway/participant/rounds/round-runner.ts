import type { PrivateSteps, Trainer, TrainOptions, TrainResult } from '../../engine';
import type { ModelSpec } from '../../model';
import { allFinite, FtteError, type Log, type Random, runAsync, type YieldToEventLoop } from '../../platform';
import type { Selection } from '../../selection';
import { type SampleBatch, type SampleStore, usualMagnitude, windowsOf } from '../../stream';
import {
  calibrated,
  drawBalance,
  gatewayPrivacy,
  gradientLimit,
  labelEvenness,
  recordPrivacy,
  resolveAugmentation,
  roundRate,
  type Task,
  updateClip,
  usesLabelShares,
  withOffsets,
} from '../../task';
import { chooseEncoding, type Evaluation, encodeAhead, type RoundUpdate } from '../../wire';
import { evaluateHeldOut } from '../evaluation/evaluate-held-out';
import { fewestHeldOut } from '../evaluation/held-out';
import type { ModelFollower } from '../model/model-follower';
import type { RoundLimits } from '../policy';
import type { PrivacyBudget } from '../privacy';
import type { RoundBase } from './grant-requester';
import { isExplosion, RateGuard } from './rate-guard';

export interface RoundRunnerOptions {
  readonly follower: ModelFollower;
  readonly trainer: Trainer;
  readonly store: SampleStore;
  /** Windows that are held out, on which each received model is measured; undefined: nothing is measured. */
  readonly heldOut?: { readonly store: SampleStore } | undefined;
  readonly random: Random;
  readonly log?: Log;
  /** Yields to the event loop while an update is encoded. Absent: it is encoded when it is sent, without a pause. */
  readonly yieldToEventLoop?: YieldToEventLoop;
  /** The plan of a round from this version. Undefined while there is none. */
  readonly selection: (version: number) => Selection | undefined;
  /** Called when a round is done and the model still has its lineage. The round has ended when this resolves. */
  readonly onUpdate: (update: RoundUpdate, request: RoundRequest) => Promise<void>;
  /** Called when the model restarted during a round, which then gives no update. */
  readonly onSkip: (text: string) => void;
  readonly onFailure: (error: unknown) => void;
  /** Called when the engine was set up. @param reason why it computes in JavaScript; undefined: it does not */
  readonly onEngine: (reason: string | undefined) => void;
  readonly limits: RoundLimits;
  /** Settles whether a private round may begin, and with which noise. */
  readonly privacy: Pick<PrivacyBudget, 'obstacle' | 'spend'>;
  /** The masks of updates; undefined in an open federation. */
  readonly masks?: { readonly isReady: boolean } | undefined;
  /** Called when the limits allow no round, or do not let its update leave. */
  readonly onLimit: (text: string) => void;
  /** Called when a round has ended without an update. */
  readonly onNothing: () => void;
}

/** The reason why no round can start. */
export type RoundObstacle = 'too-few-samples' | 'not-ready' | 'policy-limit' | 'privacy-spent';

/** Everything on which a local round depends. It does not change after the start. */
export interface RoundRequest {
  readonly id: string;
  readonly task: Task;
  readonly model: ModelSpec;
  readonly selection: Selection;
  readonly base: RoundBase;
  readonly samples: SampleBatch;
  readonly seed: number;
  /** Logarithms of how often labels come in the federation; undefined: not known, or not of use for the task. */
  readonly shares?: Float32Array | undefined;
}

/**
 * Runs local rounds: draws samples, trains the plan on them, and gives the update. A round depends only on the state at
 * its start. The trainer compiles a program only if the plan has changed since the last round.
 */
export class RoundRunner {
  private compiled: Selection | undefined;
  private stopped = false;
  private readonly guard = new RateGuard();

  constructor(private readonly options: RoundRunnerOptions) {}

  /** The reason why no round can start from a version. Undefined if one can. */
  obstacle(version: number): RoundObstacle | undefined {
    const { follower, store, selection, limits, privacy } = this.options;
    const { task, trainable } = follower;
    if (!task || !trainable || !selection(version)) return 'not-ready';
    // Without a committee nobody could take the masks off.
    if (task.aggregation.masked && !this.options.masks?.isReady) return 'not-ready';
    // The coordinator takes no update without masks any more, and would only see it.
    if (!task.aggregation.masked && follower.heldBackTask?.aggregation.masked) return 'not-ready';
    // A store that is smaller than the minimum of the task trains when it is full.
    const needed = Math.max(limits.fewestSamples, Math.min(task.training.minSamples, store.limit));
    if (store.size < needed) return 'too-few-samples';
    if (privacy.obstacle(task) !== undefined) return 'privacy-spent';
    return this.isLimited(limits.obstacle(store)) ? 'policy-limit' : undefined;
  }

  /** Everything that a round from this base needs, or the reason why it cannot start. */
  prepare(base: RoundBase): RoundRequest | RoundObstacle {
    const { follower, random, store } = this.options;
    const { task, model } = follower;
    const selection = this.options.selection(base.version);
    const obstacle = this.obstacle(base.version);
    if (obstacle) return obstacle;
    if (!task || !model || !selection) return 'not-ready';
    const id = random.hex(8);
    // With privacy each step draws from all samples: the fewer it takes of them, the less it says about each.
    const most = recordPrivacy(task) ? Math.max(1, store.size) : task.training.maxSamplesPerRound;
    const samples = store.draw(most, random);
    if (this.isLimited(this.options.limits.batchObstacle(samples))) return 'policy-limit';
    return {
      id,
      task,
      model,
      selection,
      base,
      samples,
      seed: random.integer(0x1_0000_0000),
      shares: usesLabelShares(task) ? follower.labelShares : undefined,
    };
  }

  /** Runs a round. Resolves when it has ended, whatever its outcome. */
  run(request: RoundRequest): Promise<void> {
    return this.runToUpdate(request).catch((error) => {
      if (this.stopped) return;
      this.options.onNothing();
      this.options.onFailure(error);
    });
  }

  /** Ends the present round early. */
  cancel(): void {
    this.options.trainer.cancel();
  }

  /** Ends the present round without an update. */
  stop(): void {
    this.stopped = true;
  }

  private isLimited(text: string | undefined): boolean {
    if (text !== undefined) this.options.onLimit(text);
    return text !== undefined;
  }

  private async runToUpdate(request: RoundRequest): Promise<void> {
    const { follower, log, onNothing, onSkip, onUpdate } = this.options;
    const { id, base, samples } = request;
    log?.debug?.(`round ${id} begins: ${samples.count} samples, version ${base.version}`);
    const result = await this.train(request);
    if (result === 'spent') {
      onNothing();
      return;
    }
    const isPrivate = recordPrivacy(request.task) !== undefined;
    const update = toUpdate(request, result);
    await this.encode(update);
    const { steps, durationMs, lossBefore, lossAfter } = update;
    log?.debug?.(
      `round ${id} ends: ${steps} steps in ${durationMs.toFixed(1)} ms, loss ${lossBefore.toPrecision(4)} to ${lossAfter.toPrecision(4)}`,
    );
    if (this.stopped) return;
    if (base.lineage !== follower.lineage) {
      onNothing();
      onSkip(`a round on lineage ${base.lineage} gave no update: the model restarted`);
      return;
    }
    const finite = isFiniteUpdate(update, isPrivate);
    if (!finite || (!isPrivate && isExplosion(lossBefore, lossAfter))) {
      this.guard.diverged();
      const what = finite ? 'made the model useless' : 'gave numbers that are not finite';
      throw divergence(what, update, samples, this.guard.share);
    }
    this.guard.succeeded();
    if (this.isLimited(this.options.limits.updateObstacle(update))) {
      onNothing();
      return;
    }
    // Of what was measured on samples, versions with noise must show nothing.
    const isCounted = gatewayPrivacy(request.task) !== undefined;
    const sent = isCounted ? { ...update, lossBefore: Number.NaN, lossAfter: Number.NaN } : update;
    await onUpdate(sent, request);
  }

  /** The settings of a private round, which is paid for; undefined for a task without privacy of records. */
  private async spend({ task, id, samples }: RoundRequest) {
    const privacy = recordPrivacy(task);
    if (!privacy) return undefined;
    return (await this.options.privacy.spend({ ...task, privacy }, id, samples.count)) ?? 'spent';
  }

  /** The quality of the base on windows that are held out; of one that is not finite there is nothing to report. */
  private async evaluate({ labels }: Task, { parameters }: RoundBase): Promise<Evaluation | undefined> {
    const { heldOut, trainer } = this.options;
    if (!heldOut || heldOut.store.size < fewestHeldOut) return undefined;
    await trainer.setParameters(parameters);
    const evaluation = await evaluateHeldOut(trainer, heldOut.store, labels.length);
    return Number.isFinite(evaluation.loss) ? evaluation : undefined;
  }

  private async encode({ delta }: RoundUpdate): Promise<void> {
    const { yieldToEventLoop } = this.options;
    if (yieldToEventLoop) await runAsync(encodeAhead(delta), yieldToEventLoop);
  }

  /**
   * Trains and gives the result; `spent` if the privacy budget does not allow the round. The rounding error of the encoded
   * delta is not carried into the next round: the next one starts from another version, and after a long absence the error
   * would not apply to it.
   * @throws FtteError from the trainer (`engine-crashed`, `cancelled`); the next round then compiles its program again
   */
  private async train(request: RoundRequest): Promise<RoundResult | 'spent'> {
    const { task, model, selection, base, samples, seed, shares } = request;
    const { trainer } = this.options;
    const { batchSize, optimiser, frozen, round } = task.training;
    const perExample = recordPrivacy(task) !== undefined;
    try {
      if (this.compiled !== selection) {
        const budgetBytes = selection.memory.peakBytes;
        const { plan } = selection;
        await trainer.configure({ model, plan, optimiser, batchSize, frozen, budgetBytes, perExample });
        this.compiled = selection;
        this.options.onEngine(trainer.fallback);
      }
      // Only now, so that a program that cannot be made spends nothing.
      const paid = recordPrivacy(task) && (await this.spend(request));
      if (paid === 'spent') return paid;
      const privacy = paid?.steps;
      const evaluation = task.privacy ? undefined : await this.evaluate(task, base);
      await trainer.setParameters(privacy ? base.parameters : startOf(request));
      const limit = round.kind === 'time' ? { maxMs: round.ms } : {};
      const drawn = privacy ? privateOptions(task, base, privacy) : plainOptions(task, base, samples, shares);
      const learningRate = this.guard.share * drawn.learningRate;
      const augmentation = resolveAugmentation(task);
      const result = await trainer.train(samples, { ...drawn, learningRate, seed, augmentation, ...limit });
      const said = paid ? { samples: paid.round.samples } : {};
      return { ...result, ...said, ...(evaluation && { evaluation }) };
    } catch (error) {
      this.compiled = undefined;
      throw error;
    }
  }
}

type RoundResult = TrainResult & { readonly durationMs: number; readonly evaluation?: Evaluation };

type DrawnOptions = Pick<TrainOptions, 'epochs' | 'learningRate' | 'balance' | 'gradientLimit' | 'privacy'>;

/** The parameters that a round trains: those of its base, with the offsets of the labels. */
const startOf = ({ base: { parameters }, model, task, samples, shares }: RoundRequest): Float32Array =>
  shares ? withOffsets(parameters, model, shares) : calibrated(parameters, model, task, samples.y);

/** Settings of a round that follow from its samples, too. */
function plainOptions(
  task: Task,
  { version }: RoundBase,
  { y }: SampleBatch,
  shares: Float32Array | undefined,
): DrawnOptions {
  return {
    epochs: task.training.epochs,
    learningRate: roundRate(task, version, shares !== undefined, labelEvenness(y, task.labels.length)),
    balance: shares ? 0 : drawBalance(task),
    gradientLimit: gradientLimit(task),
  };
}

/** Settings of a private round: none of them follows from the samples, or the update would show it. */
const privateOptions = (task: Task, { version }: RoundBase, privacy: PrivateSteps): DrawnOptions => ({
  epochs: task.training.epochs,
  learningRate: roundRate(task, version, false),
  privacy,
});

function toUpdate(request: RoundRequest, result: RoundResult): RoundUpdate {
  const { id, task, selection, base } = request;
  const privacy = gatewayPrivacy(task);
  if (privacy) clipTo(result.delta, updateClip(privacy));
  return {
    type: 'update',
    id,
    lineage: base.lineage,
    baseVersion: base.version,
    plan: selection.plan,
    delta: {
      encoding: chooseEncoding('update', task.encoding.update, result.delta.length),
      values: result.delta,
    },
    samples: result.samples,
    steps: result.steps,
    variance: result.gradientVariance,
    lossBefore: result.lossBefore,
    lossAfter: result.lossAfter,
    durationMs: result.durationMs,
    peakBytes: selection.memory.peakBytes,
    ...(result.evaluation && { evaluation: result.evaluation }),
  };
}

/** Shortens a delta to a norm, in place. The coordinator does it again. */
function clipTo(delta: Float32Array, clip: number): void {
  let squares = 0;
  for (const value of delta) squares += value * value;
  const norm = Math.sqrt(squares);
  if (norm > clip) for (let i = 0; i < delta.length; i++) delta[i]! *= clip / norm;
}

/** True for the error of a training that diverged. */
export const isDivergence = (error: unknown): boolean =>
  error instanceof FtteError && error.code === 'update-rejected';

/** A magnitude of inputs, in spreads, beyond which they are to blame if a training diverges. */
const largeInputs = 25;

/** @param isPrivate the losses of the round were not measured */
function isFiniteUpdate(
  { variance, lossBefore, lossAfter, delta }: RoundUpdate,
  isPrivate: boolean,
): boolean {
  const figures = isPrivate ? [variance] : [variance, lossBefore, lossAfter];
  return figures.every(Number.isFinite) && allFinite(delta.values);
}

/** Error of a round that diverged: nobody can use its update. @param share of the task's rate that the next round uses */
function divergence(
  what: string,
  { lossBefore, lossAfter }: RoundUpdate,
  samples: SampleBatch,
  share: number,
): FtteError {
  const usual = usualMagnitude(windowsOf(samples));
  const advice =
    usual > largeInputs
      ? `inputs are about ${Number(usual.toPrecision(1))}, set centre and spread of the channels`
      : 'a smaller training.learningRate may help';
  return new FtteError(
    'update-rejected',
    `the round ${what} (loss ${lossBefore} before, ${lossAfter} after) and is not sent; the next one trains at ${Number(share.toPrecision(2))} of the rate: ${advice}`,
  );
}
