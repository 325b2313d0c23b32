import type { Overall, Spread } from './overall';
import type { RunSummary, WarmStartRecord } from './results';

/** The runs and the targets of a scenario as two Markdown tables. */
export function summaryTables(runs: readonly RunSummary[], all: Overall): string {
  const judges = runs[0]?.judges ?? 'test';
  const rows = runs.map((run) => [
    `${run.seed}`,
    run.stopped,
    `${run.versions}`,
    duration(run.virtualMs),
    `${run.uploads}`,
    bytes(run.bytesUp),
    bytes(run.bytesDown),
    percent(run.finalAccuracy),
    percent(run.bestAccuracy),
    percent(run.perClient?.stragglers),
    percent(run.perClient?.worstTenth),
    `${run.ages.mean.toFixed(1)} (${run.ages.max})`,
  ]);
  const head = ['seed', 'ended by', 'versions', 'virtual time', 'uploads', 'up', 'down', 'accuracy', 'best'];
  const targets = all.targets.map(({ accuracy, timeMs, uploads, bytesUp, bytesDown }) => [
    percent(accuracy),
    `${timeMs?.runs ?? 0} of ${all.runs}`,
    spread(timeMs, duration),
    spread(uploads, (value) => value.toFixed(0)),
    spread(bytesUp, bytes),
    spread(bytesDown, bytes),
  ]);
  return [
    `Accuracy on the ${judges} people, means over the last versions; stragglers and worst tenth on the clients' own held-out windows.`,
    '',
    ...(runs[0]?.warmStart ? [warmStartOf(runs[0].warmStart), ''] : []),
    table([...head, 'stragglers', 'worst tenth', 'age (max)'], rows),
    '',
    ...runs.filter(({ stopped }) => stopped === 'stalled').flatMap((run) => [stallOf(run), '']),
    table(['to reach', 'runs', 'virtual time', 'uploads', 'up', 'down'], targets),
    '',
  ].join('\n');
}

/** The same for all runs: which samples they are does not go by the seed. */
function warmStartOf({ people, setApart, trainedOn, epochs }: WarmStartRecord): string {
  const whose = people === undefined ? '' : ` of ${people} ${people === 1 ? 'person' : 'people'}`;
  if (trainedOn === 0) return `Warm start: it came to nothing, and gateways began with the seeded model.`;
  return `Warm start: ${setApart} samples${whose} at the coordinator and at no gateway; it trained version 1 on ${trainedOn} of them, ${epochs} ${epochs === 1 ? 'epoch' : 'epochs'}. Virtual time counts from when the fleet was ready after it.`;
}

/** Why rounds went on and on without a version, as far as the run has told. */
function stallOf({ seed, versions, rejected, problems }: RunSummary): string {
  const told = [
    ...Object.entries(rejected).map(([reason, count]) => `${count} updates refused (${reason})`),
    ...Object.entries(problems).map(([problem, count]) => `${count} times: ${problem}`),
  ];
  const why = told.length > 0 ? told.join('; ') : 'no reason was told';
  return `Seed ${seed} stalled after version ${versions}: ${why}. A model that has diverged wants a smaller training.learningRate.`;
}

/** A Markdown table whose columns line up. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, c) => Math.max(title.length, ...rows.map((row) => row[c]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, c) => cell.padEnd(widths[c] ?? 0)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

/** Virtual or real time for people: `950 ms`, `12.3 s`, `4.2 min`, `7.5 h`, `3.1 d`. */
export function duration(ms: number): string {
  const units: [string, number][] = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['min', 60_000],
    ['s', 1000],
  ];
  const [unit, size] = units.find(([, least]) => ms >= 2 * least) ?? ['ms', 1];
  return `${(ms / size).toFixed(unit === 'ms' ? 0 : 1)} ${unit}`;
}

/** A number of bytes as people read it: 8.6 kB. */
export function bytes(count: number): string {
  const units: [string, number][] = [
    ['GB', 1e9],
    ['MB', 1e6],
    ['kB', 1e3],
  ];
  const [unit, size] = units.find(([, least]) => count >= least) ?? ['B', 1];
  return `${(count / size).toFixed(unit === 'B' ? 0 : 1)} ${unit}`;
}

/** A share, 0 to 1, as people read it; a dash where there is none. */
export function percent(share: number | undefined): string {
  return share === undefined ? '-' : `${(100 * share).toFixed(1)} %`;
}

function spread(of: Spread | undefined, show: (value: number) => string): string {
  if (!of) return '-';
  return of.runs > 1 ? `${show(of.mean)} ± ${show(of.deviation)}` : show(of.mean);
}
