import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { IntakeMeasurement } from './support/intake-process';
import { median } from './support/statistics';
import { textTable } from './support/text-table';

/** `npm run bench:intake` measures the cost of one update for a coordinator, by the number of gateways that it knows. */
const usage = `Measures the cost of one update for a coordinator: decode, check, journal, acknowledge, aggregate.

  npm run bench:intake -- [--json] [--members N,N] [--buffers N,N] [--updates N] [--rounds N] [--robust KIND] [--folder DIR]

  --json       one JSON line: {"rows":[{"members","bufferSize","cpuMsPerUpdate","updatesPerSecond","rssMB"}]}
  --members    gateways that said hello (default 500,5000,10000)
  --buffers    contributions that make a version (default 10,100)
  --updates N  updates that are measured, after a warm-up of 1 000 (default 4 000)
  --rounds N   every measurement N times, each in a fresh process; the median counts (default 3)
  --robust     protection against hostile gateways (default auto)
  --folder DIR where journal and checkpoints are written (default: the system's folder for temporary files)
  --no-disk    keeps everything in memory instead

Each update holds the 8 438 values of cnn1d S as int8, 8.7 kB. \`Coordinator.receive\` gets ten at a time; the
next ten follow when all ten are acknowledged. "cpu ms" is processor time of the whole process, including the threads
of the file system; "+MB" is the resident memory that the second half of the updates added.
`;

/** One line of the table. */
export interface IntakeRow {
  readonly members: number;
  readonly bufferSize: number;
  /** Processor time of one update, of all threads together. */
  readonly cpuMsPerUpdate: number;
  readonly updatesPerSecond: number;
  /** Resident memory at the end. */
  readonly rssMB: number;
}

function main(): void {
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean', default: false },
      members: { type: 'string', default: '500,5000,10000' },
      buffers: { type: 'string', default: '10,100' },
      updates: { type: 'string', default: '4000' },
      rounds: { type: 'string', default: '3' },
      robust: { type: 'string', default: 'auto' },
      folder: { type: 'string', default: '' },
      'no-disk': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return void process.stdout.write(usage);
  const rest = [values.updates, values['no-disk'] ? 'memory' : 'disk', values.folder, values.robust];
  const found = numbers(values.members).flatMap((members) =>
    numbers(values.buffers).map((bufferSize) => {
      const args = [String(members), String(bufferSize), ...rest];
      const rounds = Array.from({ length: Number(values.rounds) }, () => measure(args));
      const middle = (key: keyof IntakeMeasurement) => median(rounds.map((round) => round[key]));
      const row: IntakeRow = {
        members,
        bufferSize,
        cpuMsPerUpdate: round(middle('cpuMsPerUpdate'), 3),
        updatesPerSecond: round(middle('updatesPerSecond'), 0),
        rssMB: round(middle('rssMB'), 1),
      };
      return { row, grownMB: middle('grownMB') };
    }),
  );
  if (values.json) return void console.log(JSON.stringify({ rows: found.map(({ row }) => row) }));
  const table = found.map(({ row, grownMB }) => [
    String(row.members),
    String(row.bufferSize),
    row.cpuMsPerUpdate.toFixed(2),
    String(row.updatesPerSecond),
    row.rssMB.toFixed(0),
    grownMB.toFixed(0),
  ]);
  console.log(textTable(['members', 'buffer', 'cpu ms/update', 'updates/s', 'rss MB', '+MB'], table, 0));
}

const numbers = (list: string) => list.split(',').map(Number);
const round = (value: number, digits: number) => Number(value.toFixed(digits));

function measure(args: readonly string[]): IntakeMeasurement {
  const file = join(__dirname, 'support', 'intake-process.ts');
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ['--require', require.resolve('tsx/cjs'), file, ...args],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}: ${stderr}`);
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as IntakeMeasurement;
}

main();
