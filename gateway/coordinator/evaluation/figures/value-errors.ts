import type { EvaluateResult, Samples } from '../../../engine';
import { persistenceSquares, skillScore } from '../../../metrics';
import { forecastShape, type Task, taskOutputs, taskSampleRows } from '../../../task';
import type { Quality } from '../../reports';

/** Errors of values, over several requests. */
export class ValueErrors {
  private count = 0;
  private squared = 0;
  private absolute = 0;
  private ofPersistence = 0;

  constructor(private readonly task: Task) {}

  add({ count, errors }: EvaluateResult, { x }: Pick<Samples, 'x'>): void {
    this.count += count;
    this.squared += count * (errors?.meanSquared ?? Number.NaN);
    this.absolute += count * (errors?.meanAbsolute ?? Number.NaN);
    const shape = forecastShape(this.task);
    if (!shape) return;
    const size = taskSampleRows(this.task) * shape.channels;
    for (let i = 0; i < count; i++)
      this.ofPersistence += persistenceSquares(x.subarray(i * size, (i + 1) * size), shape);
  }

  get means(): Omit<Quality, 'windows' | 'loss'> {
    const { count, squared, absolute, ofPersistence, task } = this;
    const meanSquaredError = squared / count;
    const skill =
      task.kind === 'forecast'
        ? skillScore(meanSquaredError, ofPersistence / (count * taskOutputs(task)))
        : undefined;
    return {
      meanAbsoluteError: absolute / count,
      meanSquaredError,
      ...(skill !== undefined && { skill }),
    };
  }
}
