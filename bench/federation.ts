import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Cell } from './federation/runs/cell';
import { BenchProgress } from './federation/runs/progress';
import { type CellOutcome, finishedCells, runCells } from './federation/runs/run-cells';
import { headline } from './federation/statistics/headline';
import { type Table, tables } from './federation/tables/tables';
import { writePlot, writeTable } from './federation/tables/write-table';
import { codeDigest } from './support/code-digest';

/** `npm run bench:federation` compares aggregation rules on simulated fleets. */
const usage = `Compares aggregation rules on simulated fleets, and prints the tables of docs/benchmarks.md.

  npm run bench:federation -- [--quick] [--table NAME] [--seeds N] [--data DIR] [--out DIR] [--jobs N] [--write] [--json]

  --quick        one seed instead of the table's number of seeds
  --table NAME   one of: ${Object.keys(tables).join(', ')} (default headline)
  --seeds N      number of paired seeds (default: that of the table)
  --data DIR     recordings in the shared format (or FTTE_DATA; default ../shared/data)
  --out DIR      folder of the results; finished runs are not run again (default: a temporary folder of this state of the code)
  --jobs N       runs at a time, each in a process of its own (default: one per processor)
  --finished     run nothing, and print the table of the finished runs
  --write        write the table and its plots into docs/benchmarks.md or docs/research-log.md
  --json         print the headline as JSON

Ctrl+C stops and keeps finished runs.
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      table: { type: 'string', default: 'headline' },
      seeds: { type: 'string' },
      data: { type: 'string', default: process.env['FTTE_DATA'] ?? '../shared/data' },
      out: {
        type: 'string',
        default: join(tmpdir(), `ftte-bench-federation-${codeDigest('bench/federation')}`),
      },
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
      throw new Error(`--${name}: expected a whole number of 1 or more, got ${values[name]}`);
    return value;
  };
  const known: Readonly<Record<string, Table>> = tables;
  const table = known[values.table];
  if (!table)
    throw new Error(`--table: expected one of ${Object.keys(tables).join(', ')}, got ${values.table}`);
  const seeds = Array.from({ length: number('seeds', values.quick ? 1 : table.seeds) }, (_, i) => i + 1);
  const cells = table.cells(resolve(values.data), seeds);

  const folder = resolve(values.out);
  const outcomes = values.finished
    ? await finishedCells(cells, folder)
    : await run(cells, folder, number('jobs', 1));
  const cpuSeconds = outcomes.reduce((sum, { result }) => sum + result.cpuSeconds, 0);
  process.stderr.write(`${outcomes.length} runs, ${Math.round(cpuSeconds)} s of processor time in all\n`);
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

/** Runs the unfinished cells and reports progress; Ctrl+C stops it. */
async function run(cells: readonly Cell[], folder: string, jobs: number): Promise<CellOutcome[]> {
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  const progress = new BenchProgress();
  try {
    return await runCells(cells, { folder, jobs, signal: stop.signal, onProgress: progress.report });
  } finally {
    progress.end();
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
});
