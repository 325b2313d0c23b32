import type { EvaluateResult } from '../../engine';
import { detectionAt, persistenceSquares, skillScore } from '../../metrics';
import { allowedFalseAlarms, forecastShape, type Task, taskOutputs, taskSampleRows } from '../../task';
import type { Examples } from '../data/examples';
import type { Prepared } from '../fleet/prepare';
import type { Pool } from '../pool/pool';
import type { Judged } from './recorder';

/**
 * Judges a model that gives values back: its errors over the ordinary windows, the skill of a forecast against that of saying
 * the newest reading goes on, and, if the scenario says what is ordinary, the share of the other windows whose error is above a
 * threshold that calls the task's share of the ordinary ones anomalies.
 */
export async function judgeValues(
  prepared: Prepared,
  parameters: Float32Array,
  pool: Pool,
  groups: readonly Uint32Array[],
): Promise<Judged> {
  const { model, task, isOrdinary } = prepared;
  // A threshold needs the error of each window, so each one is a group.
  const measured = isOrdinary
    ? groups.flatMap((group) => Array.from(group, (i) => Uint32Array.of(i)))
    : groups;
  const results = await pool.evaluate(model, parameters, measured);
  const isOf = (side: boolean) => results.filter((_, g) => (isOrdinary?.(measured[g]![0]!) ?? true) === side);
  const ordinary = isOf(true);
  const sums = { windows: 0, loss: 0, squared: 0, absolute: 0 };
  for (const { count, loss, errors } of ordinary) {
    sums.windows += count;
    sums.loss += count * loss;
    sums.squared += count * (errors?.meanSquared ?? Number.NaN);
    sums.absolute += count * (errors?.meanAbsolute ?? Number.NaN);
  }
  const meanSquaredError = sums.squared / sums.windows;
  const skill =
    task.kind === 'forecast'
      ? skillScore(meanSquaredError, persistenceError(task, prepared.examples, groups))
      : undefined;
  const detection =
    task.kind === 'anomaly' && isOrdinary
      ? detectionAt(ordinary.map(squaredOf), isOf(false).map(squaredOf), allowedFalseAlarms(task))
      : undefined;
  return {
    loss: sums.loss / sums.windows,
    meanAbsoluteError: sums.absolute / sums.windows,
    meanSquaredError,
    ...(skill !== undefined && { skill }),
    ...(detection && { detection }),
  };
}

const squaredOf = ({ errors }: EvaluateResult) => errors?.meanSquared ?? Number.NaN;

/** Mean squared error of the forecast that says the newest reading goes on. */
function persistenceError(task: Task, { x, size }: Examples, groups: readonly Uint32Array[]): number {
  const shape = forecastShape(task);
  if (!shape) return Number.NaN;
  const used = taskSampleRows(task) * shape.channels;
  let squares = 0;
  let windows = 0;
  for (const group of groups) {
    windows += group.length;
    for (const i of group) squares += persistenceSquares(x.subarray(i * size, i * size + used), shape);
  }
  return squares / (windows * taskOutputs(task));
}
