import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { attacks } from './robust/attacks';
import {
  type Cell,
  Measurements,
  mixes,
  presets,
  type Run,
  recordings,
  type Setting,
} from './robust/measure';
import { codeDigest } from './support/code-digest';
import { textTable } from './support/text-table';

const kinds = ['none', 'clip', 'trust', 'median', 'trimmed', 'krum'];

/** `npm run bench:robust` measures what hostile gateways cost, and what protection against them costs. */
const usage = `Trains HAPT on 20 simulated gateways, or mitbih on 21, some of which are hostile, and judges the model on people kept aside.

  npm run bench:robust -- [--robust KIND,...] [--attack NAME,...] [--share 0,0.1,...] [--seeds 1,2,...] [--versions N]
                          [--data hapt|mitbih] [--mix by-person|dirichlet|one-label] [--preset features|mlp] [--rule KIND] [--quick]
                          [--resume FILE] [--json]

  --robust    ${kinds.join(', ')} (default: all)
  --attack    ${Object.keys(attacks).join(', ')} (default: all)
  --share     shares of hostile gateways (default 0, 0.1, 0.2, 0.3; a share of 0 runs without attack)
  --seeds     seeds (default 1,2,3)
  --versions  versions of a run (default 80)
  --mix       by-person; Dirichlet 0.1 over the labels; or one label per gateway (default by-person)
  --data      ${Object.keys(recordings).join(', ')} (default hapt); mitbih: beats, 21 people, most beats of a rare label one person's
  --preset    features, size S with the settings of a new task (default); or mlp, size S
  --rule      rule of aggregation (default ftte)
  --quick     seed 1 only
  --resume    file of JSON lines: runs of this state of the code that it holds are not measured again, and each new one is added to it
  --json      one JSON line per run

FTTE_DATA names the folder of the recordings (default ../shared/data).
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      robust: { type: 'string', default: kinds.join(',') },
      attack: { type: 'string', default: Object.keys(attacks).join(',') },
      share: { type: 'string', default: '0,0.1,0.2,0.3' },
      seeds: { type: 'string' },
      versions: { type: 'string', default: '80' },
      data: { type: 'string', default: 'hapt' },
      mix: { type: 'string', default: 'by-person' },
      preset: { type: 'string', default: 'features' },
      rule: { type: 'string', default: 'ftte' },
      quick: { type: 'boolean', default: false },
      resume: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return void process.stdout.write(usage);
  const names = values.attack.split(',').filter((name) => name !== 'none');
  requireOneOf('--attack', names, attacks);
  requireOneOf('--mix', [values.mix], mixes);
  requireOneOf('--preset', [values.preset], presets);
  requireOneOf('--data', [values.data], recordings);
  const { data, mix, preset, rule } = values;
  const code = codeDigest('bench/robust');
  const setting: Setting = { data, mix, preset, rule, versions: Number(values.versions), code };
  const seeds = (values.seeds ?? (values.quick ? '1' : '1,2,3')).split(',').map(Number);
  const attacked = values.share
    .split(',')
    .map(Number)
    .flatMap((share) =>
      share === 0 ? [{ share, attack: 'none' }] : names.map((attack) => ({ share, attack })),
    );
  const known = new Map(readRuns(values.resume).map((run) => [keyOf(setting, run), run]));
  const measurements = new Measurements(setting);
  const runs: Run[] = [];
  for (const robust of values.robust.split(','))
    for (const seed of seeds)
      for (const one of attacked) {
        const cell: Cell = { robust, seed, ...one };
        const earlier = known.get(keyOf(setting, cell));
        const run = earlier ?? (await measurements.run(cell));
        runs.push(run);
        const line = `${JSON.stringify(run)}\n`;
        if (values.json) process.stdout.write(line);
        if (values.resume && !earlier) appendFileSync(values.resume, line);
      }
  if (!values.json) process.stdout.write(tableOf(runs));
}

/** The means over the seeds. */
function tableOf(runs: readonly Run[]): string {
  const rows = new Map<string, Run[]>();
  for (const run of runs) {
    const key = `${run.robust} ${run.attack} ${run.share}`;
    rows.set(key, [...(rows.get(key) ?? []), run]);
  }
  const head = ['robust', 'attack', 'share', 'seeds', 'accuracy', 'balanced', 'worst tenth'];
  const judged = ['hostile quarantined', 'honest quarantined', 'seconds'];
  return textTable(
    [...head, ...judged],
    [...rows].map(([key, group]) => {
      const mean = (of: (run: Run) => number) =>
        (group.reduce((sum, run) => sum + of(run), 0) / group.length).toFixed(3);
      return [
        ...key.split(' '),
        String(group.length),
        ...[mean((run) => run.accuracy), mean((run) => run.balancedAccuracy), mean((run) => run.worstTenth)],
        ...[mean((run) => run.quarantinedHostile), mean((run) => run.quarantinedHonest)],
        mean((run) => run.seconds),
      ];
    }),
  );
}

function readRuns(path: string | undefined): Run[] {
  if (!path || !existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line) as Run);
}

const keyOf = (setting: Setting, run: Cell & Partial<Setting>): string => {
  const { data, mix, preset, rule, versions, code } = { ...setting, ...run };
  return [data, mix, preset, rule, versions, code, run.robust, run.attack, run.share, run.seed].join(' ');
};

function requireOneOf(option: string, given: readonly string[], known: object): void {
  const unknown = given.find((name) => !(name in known));
  if (unknown !== undefined)
    throw new Error(`${option}: expected one of ${Object.keys(known).join(', ')}, got ${unknown}`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
});
