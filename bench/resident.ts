import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type PresetName, type PresetSize, presetNames } from '../gateway/task';
import type { Resident } from './resident/resident-process';
import { inFreshProcess } from './support/fresh-process';
import { median } from './support/statistics';
import { textTable } from './support/text-table';

/** `npm run bench:resident` measures what training a preset adds to the resident memory of Node.js. */
const usage = `Measures peak resident memory above bare Node.js while all parameters of a preset train at batch 32 (Linux).

  npm run bench:resident -- [--json] [--rounds N]

  --json      one JSON line: {"rows"}
  --rounds N  repeat every measurement N times, each in a fresh process, and take the median (default 3)

A preset that takes more than 15 MB with the whole batch at once is measured again with half the micro-batch, until it
stays below 15 MB. Its arena is then the budget for a task.

"engine" is the engine in the process's own thread; "thread" is the engine behind a worker thread, as gateways run it,
of which an empty thread of Node.js takes about 10 MB. Run "npm run build" first, or compiling TypeScript is counted.
`;

/** Memory that the engine may add to a process. */
const goalBytes = 15 * 2 ** 20;
const batchSize = 32;

/** A row of the table. */
export interface ResidentRow {
  readonly model: string;
  readonly microBatch: number;
  readonly arenaBytes: number;
  readonly engineBytes: number;
  readonly threadBytes: number;
}

function main(): void {
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean', default: false },
      rounds: { type: 'string', default: '3' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return void process.stdout.write(usage);
  const rounds = Number(values.rounds);
  const rows = presetNames.flatMap((preset) =>
    (['S', 'M'] as const).flatMap((size) => rowsOf(preset, size, rounds)),
  );
  if (values.json) return void console.log(JSON.stringify({ rows }));
  const megabytes = (bytes: number) => (bytes / 2 ** 20).toFixed(1);
  const table = rows.map(({ model, microBatch, arenaBytes, engineBytes, threadBytes }) => [
    model,
    String(microBatch),
    ...[arenaBytes, engineBytes, threadBytes].map(megabytes),
  ]);
  console.log(textTable(['model', 'micro-batch', 'arena MB', 'engine +MB', 'thread +MB'], table));
}

/** Measures the whole batch at once and, if that is above the goal, the largest micro-batch that is below it. */
function rowsOf(preset: PresetName, size: PresetSize, rounds: number): ResidentRow[] {
  const rows: ResidentRow[] = [];
  for (let microBatch = batchSize; microBatch >= 1; microBatch /= 2) {
    const of = (where: string) =>
      Array.from({ length: rounds }, () => measure([preset, size, where, String(microBatch)]));
    const middle = (found: readonly Resident[]) => median(found.map(({ residentBytes }) => residentBytes));
    const engine = of('engine');
    const engineBytes = middle(engine);
    const within = engineBytes <= goalBytes;
    if (microBatch < batchSize && microBatch > 1 && !within) continue;
    const arenaBytes = engine[0]?.arenaBytes ?? 0;
    const model = `${preset} ${size}`;
    rows.push({ model, microBatch, arenaBytes, engineBytes, threadBytes: middle(of('thread')) });
    if (within) break;
  }
  return rows;
}

const measure = (args: readonly string[]) =>
  inFreshProcess<Resident>(join(__dirname, 'resident', 'resident-process.ts'), args);

main();
