import type { Cell } from '../runs/cell';
import type { CellOutcome } from '../runs/run-cells';
import { scenarioOf } from '../scenarios/arms';
import { type Mix, mixes, wearables } from '../scenarios/conditions';
import { ours } from '../scenarios/rules';
import { markdownTable } from './markdown';

const sizes = [100, 500, 2000, 10_000];
const contributions = 500;

/** Runs of fleets of growing size with the same work; gateways share windows if there are too few. */
export function scaleCells(folder: string, seeds: readonly number[]): Cell[] {
  return seeds.flatMap((seed) =>
    sizes.map((clients) => {
      const conditions = { ...wearables(folder, mixes[0] as Mix, contributions), clients };
      const scenario = scenarioOf(ours, conditions, { seed, on: 'test' });
      return {
        arm: String(clients),
        mix: 'scale',
        seed,
        scenario: { ...scenario, samplesPerClient: 11, repeat: true },
      };
    }),
  );
}

/** Time and memory of the simulator by fleet size. Memory is that of the process so far, so sizes run in their order. */
export function scaleTable(outcomes: readonly CellOutcome[]): string {
  const rows = outcomes.map(({ arm, result: { summary, wallSeconds, cpuSeconds, peakRssMb } }) => [
    arm,
    String(summary.uploads),
    ...[wallSeconds, cpuSeconds, peakRssMb].map((value) => value.toFixed(0)),
  ]);
  const head = ['gateways', 'contributions', 'wall-clock s', 'computing s', 'memory MB'];
  return markdownTable(head, rows, 0);
}
