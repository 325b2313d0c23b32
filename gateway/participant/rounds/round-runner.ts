import type { Trainer, TrainResult } from '../../engine';
import type { ModelSpec } from '../../model';
import { allFinite, FtteError } from '../../platform';
import type { Selection } from '../../selection';
import type { SampleBatch } from '../../stream';
import type { Task } from '../../task';
import type { Update } from '../../wire';
import type { RoundReport } from '../reports/round-report';

/** Everything one local round depends on, settled when it begins. */
export interface RoundRequest {
  readonly id: string;
  readonly task: Task;
  readonly model: ModelSpec;
  readonly selection: Selection;
  readonly lineage: string;
  readonly baseVersion: number;
  /** The base version's parameters, flat. */
  readonly parameters: Float32Array;
  readonly samples: SampleBatch;
  readonly seed: number;
}

/** A round that is done: what to send. `stopped` where it was ended early. */
export interface FinishedRound {
  readonly update: Update;
  readonly stopped: boolean;
}

/** Runs local rounds on a trainer; compiles only where the plan has changed since the last one. */
export class RoundRunner {
  private compiled: Selection | undefined;

  constructor(private readonly trainer: Trainer) {}

  /**
   * One local round. What rounding the delta for the wire leaves over is not carried into the next round: the next one
   * starts from another version, and a gateway away for long would feed back what no longer applies.
   * @throws FtteError from the trainer (`engine-crashed`, `cancelled`); the next round starts afresh
   */
  async run(request: RoundRequest): Promise<FinishedRound> {
    const { task, model, selection, samples } = request;
    const { batchSize, optimiser, frozen, epochs, learningRate, round } = task.training;
    try {
      if (this.compiled !== selection) {
        const budgetBytes = selection.memory.peakBytes;
        const program = { model, plan: selection.plan, optimiser, batchSize, frozen, budgetBytes };
        await this.trainer.configure(program);
        this.compiled = selection;
      }
      await this.trainer.setParameters(request.parameters);
      const box = round.kind === 'time' ? { maxMs: round.ms } : {};
      const result = await this.trainer.train(samples, { epochs, learningRate, seed: request.seed, ...box });
      return { update: toUpdate(request, result), stopped: result.stopped };
    } catch (error) {
      this.compiled = undefined;
      throw error;
    }
  }
}

function toUpdate(request: RoundRequest, result: TrainResult & { durationMs: number }): Update {
  const { task, selection } = request;
  return {
    type: 'update',
    id: request.id,
    lineage: request.lineage,
    baseVersion: request.baseVersion,
    plan: selection.plan,
    delta: { encoding: task.encoding.update, values: result.delta },
    samples: result.samples,
    steps: result.steps,
    variance: result.gradientVariance,
    lossBefore: result.lossBefore,
    lossAfter: result.lossAfter,
    durationMs: result.durationMs,
    peakBytes: selection.memory.peakBytes,
  };
}

/**
 * Training that diverged gives numbers nobody can use.
 * @throws FtteError `update-rejected`
 */
export function requireFinite(update: Update): void {
  const numbers = [update.variance, update.lossBefore, update.lossAfter];
  if (numbers.every(Number.isFinite) && allFinite(update.delta.values)) return;
  throw new FtteError(
    'update-rejected',
    `the round gave numbers that are not finite (loss ${update.lossBefore} before, ${update.lossAfter} after): ` +
      'a smaller training.learningRate may help',
  );
}

/** What a person is told of the round behind an update. */
export function roundReport(
  update: Update,
  more: Pick<RoundReport, 'round' | 'updateBytes' | 'budgetBytes' | 'trainedShare' | 'refusedWindows'>,
): RoundReport {
  const { lineage, baseVersion, samples, steps, lossBefore, lossAfter, durationMs, peakBytes } = update;
  return {
    round: more.round,
    lineage,
    baseVersion,
    samples,
    steps,
    lossBefore,
    lossAfter,
    gradientVariance: update.variance,
    durationMs,
    updateBytes: more.updateBytes,
    peakBytes,
    budgetBytes: more.budgetBytes,
    trainedShare: more.trainedShare,
    refusedWindows: more.refusedWindows,
  };
}
