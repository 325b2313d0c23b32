import type { Update } from '../../wire';

/**
 * Whether two updates can become one: both rounds began at the same parameters and trained the same ones. The delta of each
 * is then a sample of the same quantity, whose mean the coordinator would make itself.
 */
export function canMerge(one: Update, other: Update): boolean {
  // A mean of masked numbers means nothing.
  if (one.masks || other.masks) return false;
  return (
    one.lineage === other.lineage &&
    one.baseVersion === other.baseVersion &&
    one.delta.encoding === other.delta.encoding &&
    one.delta.values.length === other.delta.values.length &&
    (one.plan === other.plan || JSON.stringify(one.plan) === JSON.stringify(other.plan))
  );
}

/**
 * One update of two rounds from the same base version: delta, variance and losses are means weighted by samples, as in
 * federated averaging (McMahan et al. 2017, algorithm 1). Samples add up; the coordinator limits them to those of a round.
 * The steps are the larger number, because the mean makes no more of them than one of its rounds.
 * @param waiting its id stays: no coordinator has it, and a file of this id can only be sent once
 */
export function mergeUpdates(waiting: Update, later: Update): Update {
  const samples = waiting.samples + later.samples;
  const share = samples > 0 ? later.samples / samples : 0.5;
  const evaluation = later.evaluation ?? waiting.evaluation;
  const mean = (a: number, b: number) => a * (1 - share) + b * share;
  const { values, encoding } = waiting.delta;
  const added = later.delta.values;
  const means = new Float32Array(values.length);
  for (let i = 0; i < means.length; i++) means[i] = mean(values[i]!, added[i]!);
  return {
    ...waiting,
    delta: { encoding, values: means },
    samples,
    steps: Math.max(waiting.steps, later.steps),
    variance: mean(waiting.variance, later.variance),
    lossBefore: mean(waiting.lossBefore, later.lossBefore),
    lossAfter: mean(waiting.lossAfter, later.lossAfter),
    // Of the same version; the later one has more windows.
    ...(evaluation && { evaluation }),
  };
}
