import type { EvaluateResult } from '../../engine';
import type { Quality } from '../reports';

/** Most labels of which every pair is reported: 4096 counts. */
const mostLabels = 64;

/** Counts of labels and predictions, over several requests. */
export class Confusions {
  private counts = new Float64Array(0);

  /** @param labels names of the outputs */
  constructor(private readonly labels: readonly string[]) {}

  add({ confusion }: EvaluateResult): void {
    if (this.counts.length === 0) this.counts = new Float64Array(confusion.length);
    for (let i = 0; i < confusion.length; i++) this.counts[i]! += confusion[i]!;
  }

  get means(): Pick<Quality, 'accuracy' | 'balancedAccuracy' | 'recalls' | 'confusion'> {
    const outputs = Math.round(Math.sqrt(this.counts.length));
    const rows = this.labels.map((_, label) => this.counts.subarray(label * outputs, (label + 1) * outputs));
    const recalls: [string, number][] = [];
    rows.forEach((row, label) => {
      const windows = row.reduce((sum, count) => sum + count, 0);
      if (windows > 0) recalls.push([this.labels[label]!, row[label]! / windows]);
    });
    return {
      ...accuracies(this.counts, outputs),
      recalls: Object.fromEntries(recalls),
      ...(rows.length <= mostLabels && { confusion: rows.map((row) => [...row]) }),
    };
  }
}

/**
 * Accuracy, and balanced accuracy: the mean of the recalls of the labels that occur.
 * @param confusion `[label, predicted]`, counts
 */
export function accuracies(
  confusion: ArrayLike<number>,
  outputs: number,
): { accuracy: number; balancedAccuracy: number } {
  let total = 0;
  let right = 0;
  let recalls = 0;
  let labels = 0;
  for (let label = 0; label < outputs; label++) {
    let count = 0;
    for (let predicted = 0; predicted < outputs; predicted++) {
      count += confusion[label * outputs + predicted] ?? 0;
    }
    if (count === 0) continue;
    const hits = confusion[label * outputs + label] ?? 0;
    total += count;
    right += hits;
    recalls += hits / count;
    labels++;
  }
  return labels === 0
    ? { accuracy: 0, balancedAccuracy: 0 }
    : { accuracy: right / total, balancedAccuracy: recalls / labels };
}
