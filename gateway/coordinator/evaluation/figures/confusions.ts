import type { EvaluateResult } from '../../../engine';
import { classificationFigures, meanRocArea, type ScoreHistogram } from '../../../metrics';
import type { Quality } from '../../reports';

/** Most labels of which every pair is reported: 4096 counts. */
const mostLabels = 64;

/** Counts of labels and predictions, over several requests. */
export class Confusions {
  private counts = new Float64Array(0);
  private scores: ScoreHistogram | undefined;

  /** @param labels names of the outputs */
  constructor(private readonly labels: readonly string[]) {}

  add({ confusion, scores }: EvaluateResult): void {
    if (this.counts.length === 0) this.counts = new Float64Array(confusion.length);
    for (let i = 0; i < confusion.length; i++) this.counts[i]! += confusion[i]!;
    if (!scores) return;
    this.scores ??= new Uint32Array(scores.length);
    for (let i = 0; i < scores.length; i++) this.scores[i]! += scores[i]!;
  }

  get means(): Omit<Quality, 'windows' | 'loss'> {
    const { labels, counts } = this;
    const outputs = Math.round(Math.sqrt(counts.length));
    const { recalls, onlyPrediction, ...figures } = classificationFigures(counts, outputs);
    const known = labels.flatMap((name, i) => (recalls[i] ? [[name, recalls[i]] as const] : []));
    const auc = this.scores && meanRocArea(this.scores);
    return {
      ...figures,
      ...(auc !== undefined && { auc }),
      recalls: Object.fromEntries(known.map(([name, { recall }]) => [name, recall])),
      recallIntervals: Object.fromEntries(known.map(([name, { low, high }]) => [name, [low, high]])),
      ...(onlyPrediction !== undefined && { onlyPrediction: labels[onlyPrediction]! }),
      ...(labels.length <= mostLabels && { confusion: rowsOf(counts, labels.length, outputs) }),
    };
  }
}

function rowsOf(counts: Float64Array, labels: number, outputs: number): number[][] {
  return Array.from({ length: labels }, (_, label) => [
    ...counts.subarray(label * outputs, (label + 1) * outputs),
  ]);
}
