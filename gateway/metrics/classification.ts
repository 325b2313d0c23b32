import { type Interval, shareVariance, wilsonInterval, z95 } from './interval';

/** Figures of a confusion matrix. Shares are from 0 to 1. */
export interface ClassificationFigures {
  /** Share of all samples that were right. */
  readonly accuracy: number;
  /** Mean of the recalls of the labels that occur. */
  readonly balancedAccuracy: number;
  /** Half width of the 95 % interval of the balanced accuracy, of the normal distribution. */
  readonly balancedAccuracyNoise: number;
  /** Balanced accuracy of guessing: one over the number of labels that occur. */
  readonly chance: number;
  /** Mean over the labels that occur of 2 hits / (samples + predictions): Sokolova 2009. */
  readonly macroF1: number;
  /** One for each label; undefined: the label does not occur. */
  readonly recalls: readonly (Recall | undefined)[];
  /** The only label that was predicted, if others occur, too; undefined otherwise. */
  readonly onlyPrediction: number | undefined;
}

/** Share of the samples of a label that were recognised, with its interval at 95 %. */
export interface Recall extends Interval {
  readonly recall: number;
  readonly samples: number;
}

/**
 * Figures of a confusion matrix; all are 0 if it is empty.
 * @param confusion `[label, predicted]`, counts
 * @param labels number of labels
 */
export function classificationFigures(confusion: ArrayLike<number>, labels: number): ClassificationFigures {
  const { rows, columns, hits, total } = marginsOf(confusion, labels);
  let right = 0;
  let recallSum = 0;
  let f1 = 0;
  let variance = 0;
  let occurring = 0;
  const recalls = rows.map((samples, label): Recall | undefined => {
    if (samples === 0) return undefined;
    const found = hits[label]!;
    const recall = found / samples;
    occurring++;
    right += found;
    recallSum += recall;
    f1 += (2 * found) / (samples + columns[label]!);
    variance += shareVariance(found, samples);
    return { recall, samples, ...wilsonInterval(found, samples) };
  });
  const share = (value: number) => (occurring === 0 ? 0 : value / occurring);
  const predicted = columns.flatMap((count, label) => (count > 0 ? [label] : []));
  return {
    accuracy: total === 0 ? 0 : right / total,
    balancedAccuracy: share(recallSum),
    balancedAccuracyNoise: share(z95 * Math.sqrt(variance)),
    chance: share(1),
    macroF1: share(f1),
    recalls,
    onlyPrediction: predicted.length === 1 && occurring > 1 ? predicted[0] : undefined,
  };
}

function marginsOf(confusion: ArrayLike<number>, labels: number) {
  const rows = new Array<number>(labels).fill(0);
  const columns = new Array<number>(labels).fill(0);
  const hits = new Array<number>(labels).fill(0);
  let total = 0;
  for (let label = 0; label < labels; label++) {
    for (let predicted = 0; predicted < labels; predicted++) {
      const count = confusion[label * labels + predicted] ?? 0;
      rows[label]! += count;
      columns[predicted]! += count;
      total += count;
    }
    hits[label] = confusion[label * labels + label] ?? 0;
  }
  return { rows, columns, hits, total };
}
