import { parseArgs } from 'node:util';
import { type CrashOutcome, runSchedule } from './crash/crash-schedule';
import { type CrashLog, crashLogs } from './crash/crash-servers';
import { textTable } from './support/text-table';

/** `npm run bench:crash` measures whether `kill -9` loses or doubles an update, or changes a version. */
const usage = `Kills processes of a federation (kill -9) at seeded moments, and audits what is left.

  npm run bench:crash -- [--log folder,postgres,jetstream] [--json] [--schedules N] [--from SEED] [--parallel N]

  --log          where the coordinator keeps its updates and versions, one or several divided by commas (default folder)
  --json         a JSON line for each log: {"log","schedules","kills","leaders","versions","recomputed","made","taken","lost","doubled","faults",...}
  --schedules N  schedules for each log (default 100)
  --from SEED    seed of the first schedule (default 1); the next ones follow
  --parallel N   schedules at the same time (default 2); a schedule waits most of its time

A schedule is a coordinator and three gateways in processes of their own over a Mosquitto without persistence, half of them
signed and sealed, half with granted rounds. With the log on a server, the plain ones have a second coordinator that stands by. Two
to four processes are killed: a coordinator most often, gateways, the broker, the server of the log. Then everything comes to
rest. "lost": an acknowledged update in no journal or no version, or a round without an answer. "doubled": an update in two
versions. "recomputed": versions that are, bit for bit, what the version before and the journal make. "leaders": runs of
coordinators that have led. "faults": anything else. It ends with code 1 if there is one.
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      log: { type: 'string', default: 'folder' },
      json: { type: 'boolean', default: false },
      schedules: { type: 'string', default: '100' },
      from: { type: 'string', default: '1' },
      parallel: { type: 'string', default: '2' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return void process.stdout.write(usage);
  const [schedules, from, parallel] = [values.schedules, values.from, values.parallel].map(Number) as [
    number,
    number,
    number,
  ];
  if (![schedules, from, parallel].every((value) => Number.isInteger(value) && value > 0))
    throw new Error(
      `--schedules, --from and --parallel: expected whole numbers above 0, got ${schedules}, ${from} and ${parallel}`,
    );
  const logs = values.log.split(',');
  const unknown = logs.find((log) => !(crashLogs as readonly string[]).includes(log));
  if (unknown !== undefined) throw new Error(`--log: expected ${crashLogs.join(', ')}, got ${unknown}`);
  const results: CrashResult[] = [];
  for (const log of logs as CrashLog[]) {
    const outcomes: CrashOutcome[] = [];
    let next = from;
    const worker = async () => {
      while (next < from + schedules) {
        const outcome = await runSchedule(next++, log);
        outcomes.push(outcome);
        process.stderr.write(`${JSON.stringify(outcome)}\n`);
      }
    };
    await Promise.all(Array.from({ length: parallel }, worker));
    const result = resultOf(log, outcomes);
    results.push(result);
    if (values.json) process.stdout.write(`${JSON.stringify(result)}\n`);
    if (result.lost.length + result.doubled.length + result.faults.length > 0) process.exitCode = 1;
  }
  if (values.json) return;
  const [first, ...others] = results.map((result) =>
    Object.entries(result).map(([name, value]) => [name, cell(value)]),
  );
  process.stdout.write(
    textTable(
      ['figure', ...results.map(() => 'value')],
      (first ?? []).map((row, i) => [...row, ...others.map((other) => other[i]?.[1] ?? '')]),
    ),
  );
}

type CrashResult = ReturnType<typeof resultOf>;

/** The sums over the schedules of one log. */
function resultOf(log: CrashLog, outcomes: readonly CrashOutcome[]) {
  const sum = (of: (outcome: CrashOutcome) => number) =>
    outcomes.reduce((total, each) => total + of(each), 0);
  const kills: Record<string, number> = {};
  const refused: Record<string, number> = {};
  for (const outcome of outcomes) {
    for (const who of outcome.kills) kills[who] = (kills[who] ?? 0) + 1;
    for (const [reason, count] of Object.entries(outcome.refused))
      refused[reason] = (refused[reason] ?? 0) + count;
  }
  return {
    log,
    schedules: outcomes.length,
    seconds: Math.round(sum(({ seconds }) => seconds)),
    kills,
    leaders: sum(({ leaders }) => leaders),
    versions: sum(({ versions }) => versions),
    recomputable: sum(({ versions }) => Math.max(0, versions - 1)),
    recomputed: sum(({ recomputed }) => recomputed),
    made: sum(({ made }) => made),
    merged: sum(({ merged }) => merged),
    taken: sum(({ taken }) => taken),
    journalled: sum(({ journalled }) => journalled),
    applied: sum(({ applied }) => applied),
    refused,
    lost: outcomes.flatMap(({ lost }) => lost),
    doubled: outcomes.flatMap(({ doubled }) => doubled),
    faults: outcomes.flatMap(({ seed, faults }) => faults.map((fault) => `schedule ${seed}: ${fault}`)),
  };
}

function cell(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? '0' : `${value.length}: ${value.join('; ')}`;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

void main();
