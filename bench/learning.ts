import { parseArgs } from 'node:util';
import { type LearningCase, learningCases } from './learning/cases';
import { type LearningRun, measureCase } from './learning/measure';
import { dataFolder, hasData } from './support/recordings';
import { spreadOf } from './support/statistics';
import { textTable } from './support/text-table';

/** `npm run bench:learning` measures how well federations with default settings learn. */
const usage = `Trains federations of people with default settings, and compares what they learn on people that nobody trained on.

  npm run bench:learning -- [--quick] [--seeds N] [--only hapt,mitbih,stress-predict] [--versions N] [--json]

  --quick       one seed, and 30 versions instead of 60
  --seeds N     number of seeds (default 3)
  --only NAMES  recordings, separated by commas
  --versions N  versions of each federation
  --json        print {"rows": [...], "runs": [...], "skipped": {...}}

Columns: the federation; the same model by the same engine with all data in one place; the best that other software
reached with all data in one place (docs/learning.md says which); gated personal models on the later windows of the test
people. The recordings are in FTTE_DATA (default ../shared/data); absent ones are named and left out.
`;

/** The means of a case over its seeds. */
interface Row extends Omit<LearningRun, 'seed'> {
  readonly seeds: number;
  /** Standard deviation over the seeds. */
  readonly deviation: number;
}

type Averaged =
  | 'federated'
  | 'central'
  | 'personal'
  | 'personalShared'
  | 'personalUngated'
  | 'adopted'
  | 'harmed'
  | 'cpuSeconds';

function rowOf(one: LearningCase, runs: readonly LearningRun[]): Row {
  const of = (name: Averaged) => spreadOf(runs.map((run) => run[name]));
  const largest = (name: 'bytesPerGateway' | 'peakBytes') => Math.max(...runs.map((run) => run[name]));
  return {
    ...{ data: one.data, setting: one.setting, measure: one.measure, seeds: runs.length },
    federated: of('federated').mean,
    deviation: of('federated').deviation,
    central: of('central').mean,
    bestElsewhere: one.bestElsewhere.value,
    personal: of('personal').mean,
    personalShared: of('personalShared').mean,
    personalUngated: of('personalUngated').mean,
    adopted: of('adopted').mean,
    harmed: of('harmed').mean,
    bytesPerGateway: largest('bytesPerGateway'),
    cpuSeconds: of('cpuSeconds').mean,
    peakBytes: largest('peakBytes'),
  };
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      seeds: { type: 'string' },
      only: { type: 'string' },
      versions: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return void process.stdout.write(usage);
  const number = (name: 'seeds' | 'versions', fallback: number | undefined) => {
    if (values[name] === undefined) return fallback;
    const value = Number(values[name]);
    if (Number.isInteger(value) && value > 0) return value;
    throw new Error(`--${name}: expected a whole number of 1 or more, got ${values[name]}`);
  };
  const count = number('seeds', values.quick ? 1 : 3)!;
  const versions = number('versions', values.quick ? 30 : undefined);
  const seeds = Array.from({ length: count }, (_, i) => i + 1);
  const cases = learningCases();
  const wanted = values.only?.split(',') ?? cases.map(({ data }) => data);
  const unknown = wanted.find((name) => cases.every(({ data }) => data !== name));
  if (unknown !== undefined)
    throw new Error(`--only: expected some of ${cases.map(({ data }) => data).join(', ')}, got ${unknown}`);
  const rows: Row[] = [];
  const all: LearningRun[] = [];
  const skipped: Record<string, string> = {};
  for (const one of cases.filter(({ data }) => wanted.includes(data))) {
    if (!hasData(one.data)) {
      skipped[one.data] = `no recordings in ${dataFolder(one.data)}: set FTTE_DATA`;
      process.stderr.write(`${one.data} is left out: ${skipped[one.data]}\n`);
      continue;
    }
    const runs: LearningRun[] = [];
    const onProgress = (text: string) => process.stderr.write(`${one.data}, ${text}\n`);
    for await (const run of measureCase(one, seeds, versions, onProgress)) {
      runs.push(run);
      onProgress(JSON.stringify(run));
    }
    all.push(...runs);
    rows.push(rowOf(one, runs));
  }
  if (values.json) return console.log(JSON.stringify({ rows, runs: all, skipped }));
  const lines = rows.map((row) => [
    row.data,
    row.setting,
    row.measure,
    `${row.federated.toFixed(3)} ± ${row.deviation.toFixed(3)}`,
    row.central.toFixed(3),
    row.bestElsewhere.toFixed(3),
    `${row.personalShared.toFixed(3)} to ${row.personal.toFixed(3)}`,
    (row.bytesPerGateway / 1024).toFixed(0),
    row.cpuSeconds.toFixed(0),
    (row.peakBytes / 1024).toFixed(0),
  ]);
  const head = [
    ...['data', 'setting', 'measure', 'federated', 'central', 'best elsewhere', 'personal'],
    ...['KB per gateway', 'CPU s', 'KB of memory'],
  ];
  console.log(textTable(head, lines, 3));
  for (const [what, why] of Object.entries(skipped)) console.log(`\nleft out: ${what} (${why})`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
});
