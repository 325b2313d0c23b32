import { mean } from '../support/statistics';
import { textTable } from '../support/text-table';
import type { MemoryFigures } from './memory-measurer';

/** Figures of a combination over all seeds: means, and the largest peak. */
export interface MemoryRow extends MemoryFigures {
  /** Largest minus smallest accuracy over the seeds. */
  readonly spread: number;
}

/** One row for each combination. */
export function memoryRows(figures: readonly MemoryFigures[]): MemoryRow[] {
  const groups = new Map<string, MemoryFigures[]>();
  for (const each of figures) {
    const key = [each.data, each.budgetPercent, each.strategy, each.frozen].join(' ');
    groups.set(key, [...(groups.get(key) ?? []), each]);
  }
  return [...groups.values()].map((group) => {
    const means = (pick: (figures: MemoryFigures) => number) => mean(group.map(pick));
    const accuracies = group.map(({ accuracy }) => accuracy);
    return {
      ...group[0]!, // a group has at least one entry
      peakBytes: Math.max(...group.map(({ peakBytes }) => peakBytes)),
      savedByMicroBatches: Math.round(means((each) => each.savedByMicroBatches)),
      savedBySelection: Math.round(means((each) => each.savedBySelection)),
      savedByRounding: Math.round(means((each) => each.savedByRounding)),
      trainedShare: Number(means((each) => each.trainedShare).toFixed(3)),
      stepMs: Number(means((each) => each.stepMs).toPrecision(3)),
      updateBytes: Math.round(means((each) => each.updateBytes)),
      accuracy: Number(mean(accuracies).toFixed(4)),
      spread: Number((Math.max(...accuracies) - Math.min(...accuracies)).toFixed(4)),
    };
  });
}

/** The rows as a table. */
export function memoryTable(rows: readonly MemoryRow[]): string {
  const head = [
    ...['data', 'model', 'budget', 'strategy', 'frozen', 'peak KB', 'micro-batches -KB', 'selection -KB'],
    ...['rounding -KB', 'batch', 'trained', 'step ms', 'update B', 'accuracy', '+-'],
  ];
  const kilobytes = (bytes: number) => (bytes / 1024).toFixed(0);
  const cells = rows.map((row) => [
    row.data,
    row.model,
    `${row.budgetPercent} %`,
    row.strategy,
    row.frozen,
    kilobytes(row.peakBytes),
    kilobytes(row.savedByMicroBatches),
    kilobytes(row.savedBySelection),
    kilobytes(row.savedByRounding),
    `${row.microBatch}`,
    `${(100 * row.trainedShare).toFixed(0)} %`,
    row.stepMs.toPrecision(3),
    `${row.updateBytes}`,
    (100 * row.accuracy).toFixed(1),
    (50 * row.spread).toFixed(1),
  ]);
  return textTable(head, cells, 5);
}
