import { classificationFigures, meanRocArea, scoreHistogram } from '../../metrics';
import type { Prepared } from '../fleet/prepare';
import type { Pool } from '../pool/pool';
import { judgeValues } from './judge-values';
import type { Judged } from './recorder';

/** Evaluates a model on the windows of the people that judge. */
export const judgeVersion = (prepared: Prepared, parameters: Float32Array, pool: Pool): Promise<Judged> =>
  prepared.task.kind === 'classification'
    ? judgeLabels(prepared, parameters, pool, prepared.judging)
    : judgeValues(prepared, parameters, pool, prepared.judging);

/** Judges a classification on groups of windows. */
export async function judgeLabels(
  { model }: Prepared,
  parameters: Float32Array,
  pool: Pool,
  groups: readonly Uint32Array[],
): Promise<Judged & { readonly balancedAccuracy: number }> {
  const results = await pool.evaluate(model, parameters, groups);
  // A single output distinguishes two labels.
  const labels = Math.max(2, model.outputs);
  const confusion = new Float64Array(labels * labels);
  const scores = scoreHistogram(labels);
  let loss = 0;
  let count = 0;
  for (const result of results) {
    loss += result.loss * result.count;
    count += result.count;
    for (let i = 0; i < confusion.length; i++) {
      confusion[i] = (confusion[i] as number) + (result.confusion[i] as number);
    }
    for (let i = 0; scores && i < scores.length; i++) scores[i]! += result.scores?.[i] ?? 0;
  }
  const { accuracy, balancedAccuracy, chance, macroF1 } = classificationFigures(confusion, labels);
  const auc = scores && meanRocArea(scores);
  return {
    ...{ accuracy, balancedAccuracy, chance, macroF1, loss: loss / count },
    ...(auc !== undefined && { auc }),
  };
}
