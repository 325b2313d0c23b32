import type { EvaluateResult, Samples } from '../../../engine';
import type { Task } from '../../../task';
import type { Quality } from '../../reports';
import { Confusions } from './confusions';
import { ValueErrors } from './value-errors';

/** Adds up what an engine measures, request by request. */
export class Tally {
  private readonly figures: Confusions | ValueErrors;
  private loss = 0;
  private windows = 0;

  constructor(task: Task) {
    this.figures = task.kind === 'classification' ? new Confusions(task.labels) : new ValueErrors(task);
  }

  /** @param samples those that the result is of */
  add(result: EvaluateResult, samples: Pick<Samples, 'x'>): void {
    this.loss += result.loss * result.count;
    this.windows += result.count;
    this.figures.add(result, samples);
  }

  get quality(): Quality {
    const { windows, loss } = this;
    return { ...this.figures.means, windows, loss: loss / windows };
  }
}
