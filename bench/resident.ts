import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type PresetName, type PresetSize, presetNames } from '../gateway/task';
import type { Resident } from './support/resident-process';
import { median } from './support/statistics';
import { textTable } from './support/text-table';

/** `npm run bench:resident`: what training the presets adds to the resident memory of Node.js. */
const usage = `Peak resident memory above bare Node.js while a preset is trained, whole, at batch 32 (Linux).

  npm run bench:resident -- [--json] [--rounds N]

  --json      one JSON line: {"rows"}
  --rounds N  every measurement N times, each in a fresh process; the median counts (default 3)

A preset that takes more than 15 MB with the whole batch at once is measured again with half the micro-batch, and so on
until it keeps within them; its arena is then the budget that a task would name.

"engine" is the engine in the process's own thread; "thread" is the engine behind a worker thread, as gateways run it,
of which an empty thread of Node.js takes about 10 MB. Run "npm run build" first, or compiling TypeScript is counted.
`;

/** What the engine may add to a process. */
const goalBytes = 15 * 2 ** 20;
const batchSize = 32;

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

/** With the whole batch at once, and with the largest micro-batch that keeps within the goal where that does not. */
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

function measure(args: readonly string[]): Resident {
  const file = join(__dirname, 'support', 'resident-process.ts');
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ['--require', require.resolve('tsx/cjs'), file, ...args],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}: ${stderr}`);
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Resident;
}

main();
