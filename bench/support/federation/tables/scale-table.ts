import { scenarioOf } from '../arms';
import type { Cell } from '../cell';
import { type Mix, mixes, wearables } from '../conditions';
import { ours } from '../rules';
import type { CellOutcome } from '../run-cells';

const sizes = [100, 500, 2000, 10_000];
const contributions = 500;

/** Fleets of growing size, the same work for each; windows are shared where there are too few. */
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

/** What the simulator takes for each size; memory is of the process so far, so the sizes have to run in their order. */
export function scaleTable(outcomes: readonly CellOutcome[]): string {
  const rows = outcomes.map(
    ({ arm, result }) =>
      `| ${arm} | ${result.summary.uploads} | ${result.wallSeconds.toFixed(0)} | ${result.cpuSeconds.toFixed(0)} | ${result.peakRssMb.toFixed(0)} |`,
  );
  return [
    '| gateways | contributions | wall-clock s | computing s | memory MB |',
    '| ---: | ---: | ---: | ---: | ---: |',
    ...rows,
  ].join('\n');
}
