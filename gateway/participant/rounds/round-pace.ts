import type { ModelSpec } from '../../model';
import { stepOperations } from '../../selection';
import type { Task } from '../../task';
import type { Update } from '../../wire';

/** Limits come in steps of a quarter octave: gateways of about the same speed train the same part. */
const stepsAnOctave = 4;
/** How much faster than asked a round must be before more is trained again. */
const slack = 0.5;

/**
 * Keeps a gateway's rounds within `selection.maxRoundMs`: from how long rounds took it says how many operations an
 * example may take. What the memory allows is not its business.
 */
export class RoundPace {
  /** Operations of a training step for each example; undefined: as many as there are. */
  maxOperations: number | undefined;

  /**
   * Hears of a round that is done.
   * @returns whether the limit has changed: the next round needs another plan
   */
  heard(task: Task, model: ModelSpec, { plan, samples, steps, durationMs }: Update): boolean {
    const { maxRoundMs } = task.selection;
    const before = this.maxOperations;
    if (maxRoundMs === undefined) this.maxOperations = undefined;
    else {
      const { epochs, batchSize } = task.training;
      // A round that was ended early, and the loss before and after, would say little of the speed.
      const complete = steps >= Math.ceil(samples / batchSize) * epochs;
      const late = durationMs > maxRoundMs;
      const early = before !== undefined && durationMs < slack * maxRoundMs;
      if (durationMs > 0 && complete && (late || early)) {
        const asked = (stepOperations(model, plan) * maxRoundMs) / durationMs;
        this.maxOperations = 2 ** (Math.floor(stepsAnOctave * Math.log2(asked)) / stepsAnOctave);
      }
    }
    return this.maxOperations !== before;
  }
}
