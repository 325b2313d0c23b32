import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Cell } from './support/federation/cell';
import { headline } from './support/federation/headline';
import { BenchProgress } from './support/federation/progress';
import { type CellOutcome, finishedCells, runCells } from './support/federation/run-cells';
import { type Table, tables } from './support/federation/tables/tables';
import { writePlot, writeTable } from './support/federation/tables/write-table';

/** `npm run bench:federation`: rules beside each other, on fleets of the simulator. */
const usage = `Federations on a virtual clock: the rules beside each other, as docs/benchmarks.md has them.

  npm run bench:federation -- [--quick] [--table NAME] [--seeds N] [--data DIR] [--out DIR] [--jobs N] [--write] [--json]

  --quick        the headline alone: plain FedAvg, its rivals and ours, one seed, five mixes of stragglers
  --table NAME   one of: ${Object.keys(tables).join(', ')} (default headline)
  --seeds N      paired seeds (default: the table's own)
  --data DIR     recordings in the shared format (or FTTE_DATA; default ../shared/data)
  --out DIR      where results are kept; what is there is not run again (default: a folder for temporary files)
  --jobs N       runs at a time, each in a process of its own (default: one a processor)
  --finished     run nothing: the table of what is there already
  --write        put the table into its place in docs/benchmarks.md or docs/research-log.md, with its plots
  --json         the headline as JSON, or a table's numbers

Ctrl+C stops and keeps what is finished.
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      table: { type: 'string', default: 'headline' },
      seeds: { type: 'string' },
      data: { type: 'string', default: process.env['FTTE_DATA'] ?? '../shared/data' },
      out: { type: 'string', default: join(tmpdir(), 'ftte-bench-federation') },
      jobs: { type: 'string', default: String(availableParallelism()) },
      finished: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return;
  }
  const number = (name: 'seeds' | 'jobs', fallback: number) => {
    const value = Number(values[name] ?? fallback);
    if (!(Number.isInteger(value) && value > 0))
      throw new Error(`--${name} wants a whole number from 1, got ${values[name]}`);
    return value;
  };
  const known: Readonly<Record<string, Table>> = tables;
  const table = known[values.table];
  if (!table) throw new Error(`--table wants one of ${Object.keys(tables).join(', ')}, got ${values.table}`);
  const seeds = Array.from({ length: number('seeds', values.quick ? 1 : table.seeds) }, (_, i) => i + 1);
  const cells = table.cells(resolve(values.data), seeds);

  const folder = resolve(values.out);
  const outcomes = values.finished
    ? await finishedCells(cells, folder)
    : await run(cells, folder, number('jobs', 1));
  const cpuSeconds = outcomes.reduce((sum, { result }) => sum + result.cpuSeconds, 0);
  process.stderr.write(`${outcomes.length} runs, ${Math.round(cpuSeconds)} s of computing together\n`);
  if (values.write) {
    await writeTable(values.table, table.markdown(outcomes));
    for (const plot of (await table.plots?.(outcomes)) ?? []) await writePlot(plot);
  }
  if (!values.json) process.stdout.write(`${table.markdown(outcomes)}\n`);
  else if (table.roles) {
    const mixes = [...new Set(cells.map(({ mix }) => mix))];
    process.stdout.write(`${JSON.stringify(headline(outcomes, mixes, table.roles))}\n`);
  } else throw new Error(`table ${values.table} has no headline to print as JSON`);
}

/** Runs what is not there yet, with progress; Ctrl+C stops it. */
async function run(cells: readonly Cell[], folder: string, jobs: number): Promise<CellOutcome[]> {
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  const progress = new BenchProgress();
  try {
    return await runCells(cells, { folder, jobs, signal: stop.signal, onProgress: progress.tell });
  } finally {
    progress.end();
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
});
