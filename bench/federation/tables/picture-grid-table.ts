import { spreadOf } from '../../support/statistics';
import type { CellOutcome } from '../runs/run-cells';
import { markdownTable, percent } from './markdown';

/** Accuracy on the pictures kept aside: one row per rule and pair of rates. */
export function pictureGridTable(outcomes: readonly CellOutcome[]): string {
  const rows = outcomes.map(({ arm, mix, seed, result: { curve } }) => [
    arm,
    mix,
    String(seed),
    percent(spreadOf(curve.slice(-5).map((point) => point.accuracy)).mean),
  ]);
  return markdownTable(['rule', 'rates', 'seed', 'accuracy'], rows, 2);
}
