import { performance } from 'node:perf_hooks';
import { createPool, parseScenario, prepare, simulateSeed } from '../../../gateway/simulation';
import { type CellResult, type Point, pointOf } from './result';
import { type Steps, withSteps } from './steps';

// The entry of a process that runs cells: it gets scenarios and sends results. It has one thread, because cells run in
// parallel.
process.on('message', ({ scenario, steps = {} }: { scenario: unknown; steps?: Steps }) => {
  const restore = withSteps(steps);
  run(scenario)
    .finally(restore)
    .then(
      (result) => process.send?.({ result }),
      (error) => process.send?.({ error: String(error?.stack ?? error) }),
    );
});

// The parent has gone, and nobody needs the result.
process.on('disconnect', () => process.exit());

async function run(input: unknown): Promise<CellResult> {
  const from = performance.now();
  const before = process.cpuUsage();
  const scenario = parseScenario(input);
  const prepared = await prepare(scenario);
  const pool = createPool({ threads: 0, examples: prepared.examples });
  const curve: Point[] = [];
  let last = 0;
  const end = Math.max(1, scenario.stop.versions ?? 1);
  const { summary } = await simulateSeed(prepared, scenario.seeds[0] as number, {
    pool,
    onVersion(record) {
      const point = pointOf(record);
      if (point) curve.push(point);
      if (record.version < last + end / 50) return;
      last = record.version;
      process.send?.({ fraction: record.version / end });
    },
  });
  await pool.close();
  const { user, system } = process.cpuUsage(before);
  return {
    summary,
    curve,
    cpuSeconds: (user + system) / 1e6,
    wallSeconds: (performance.now() - from) / 1000,
    peakRssMb: process.resourceUsage().maxRSS / 1024,
  };
}
