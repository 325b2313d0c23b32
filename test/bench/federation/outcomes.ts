import type { CellOutcome } from '../../../bench/federation/runs/run-cells';

/** Properties of a made-up run. */
export interface Shape {
  readonly arm: string;
  readonly mix?: string;
  readonly seed?: number;
  /** Accuracy by judged version; each takes `second` seconds and 1000 bytes up, 500 down. */
  readonly accuracies: readonly number[];
  readonly second?: number;
  readonly peakBytes?: number;
  readonly stragglers?: number;
}

/** A made-up run, with the fields that tables read. */
export function outcome(shape: Shape): CellOutcome {
  const { arm, mix = 'some', seed = 1, accuracies, second = 1, peakBytes = 100, stragglers } = shape;
  const curve = accuracies.map((accuracy, i) => ({
    version: i + 1,
    timeMs: 1000 * second * (i + 1),
    uploads: i + 1,
    bytesUp: 1000 * (i + 1),
    bytesDown: 500 * (i + 1),
    accuracy,
    balancedAccuracy: accuracy,
  }));
  const summary = {
    ages: { mean: 2, max: 3, histogram: [] },
    plans: [{ budgetBytes: peakBytes, peakBytes, trainedShare: 1, microBatch: 1 }],
    perClient: { clients: 10, mean: 0.8, worstTenth: 0.5, ...(stragglers !== undefined && { stragglers }) },
  };
  const result = { curve, summary, cpuSeconds: 1, wallSeconds: 1, peakRssMb: 1 };
  return { arm, mix, seed, scenario: {}, result } as unknown as CellOutcome;
}
