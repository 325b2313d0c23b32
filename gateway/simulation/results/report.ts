import { counted } from '../../platform';
import type { Overall, Spread } from './overall';
import { bytes, duration, percent } from './quantities';
import type { RunSummary, WarmStartRecord } from './results';
import { standstillText } from './standstill-text';

/** Markdown tables of the runs and the targets of a scenario. */
export function summaryTables(runs: readonly RunSummary[], all: Overall): string {
  const [figures, text] = figuresOf(runs);
  const rows = runs.map((run) => [
    `${run.seed}`,
    run.stopped,
    `${run.versions}`,
    duration(run.virtualMs),
    `${run.uploads}`,
    bytes(run.bytesUp),
    bytes(run.bytesDown),
    ...figures.map(({ of }) => of(run)),
    `${run.ages.mean.toFixed(1)} (${run.ages.max})`,
  ]);
  const head = ['seed', 'ended by', 'versions', 'virtual time', 'uploads', 'up', 'down'];
  const targets = all.targets.map(({ accuracy, timeMs, uploads, bytesUp, bytesDown }) => [
    percent(accuracy),
    `${timeMs?.runs ?? 0} of ${all.runs}`,
    spread(timeMs, duration),
    spread(uploads, (value) => value.toFixed(0)),
    spread(bytesUp, bytes),
    spread(bytesDown, bytes),
  ]);
  return [
    text,
    '',
    ...(runs[0]?.warmStart ? [warmStartText(runs[0].warmStart), ''] : []),
    table([...head, ...figures.map((figure) => figure.head), 'age (max)'], rows),
    '',
    ...risingText(runs),
    ...runs.flatMap((run) => {
      const why = standstillText(run);
      return why === undefined ? [] : [why, ''];
    }),
    ...(targets.length > 0
      ? [table(['to reach', 'runs', 'virtual time', 'uploads', 'up', 'down'], targets), '']
      : []),
  ].join('\n');
}

/** A column of figures of runs. */
interface Figure {
  readonly head: string;
  readonly of: (run: RunSummary) => string;
}

const error = (value: number | undefined) => value?.toFixed(3) ?? '-';

/** Columns about single clients and people, as accuracies or errors. */
const served = (show: (value: number | undefined) => string): readonly Figure[] => [
  { head: 'stragglers', of: (run) => show(run.perClient?.stragglers) },
  { head: 'worst tenth', of: (run) => show(run.perClient?.worstTenth) },
  { head: 'worst people', of: (run) => show(run.perPerson?.worstTenth) },
];

const labelFigures: readonly Figure[] = [
  { head: 'balanced', of: (run) => percent(run.finalBalancedAccuracy) },
  { head: 'AUC', of: (run) => error(run.finalAuc) },
  { head: 'accuracy', of: (run) => percent(run.finalAccuracy) },
  { head: 'best', of: (run) => percent(run.bestAccuracy) },
  ...served(percent),
];

/** The columns of a task of the kind that the runs have, and a text that says what they are. */
function figuresOf(runs: readonly RunSummary[]): readonly [figures: readonly Figure[], text: string] {
  const judges = runs[0]?.judges ?? 'test';
  const has = (name: 'finalMeanAbsoluteError' | 'finalSkill' | 'finalDetectionRate') =>
    runs.some((run) => run[name] !== undefined);
  if (!has('finalMeanAbsoluteError')) {
    const text = `Balanced accuracy${chanceText(runs)}, area under the ROC curve and accuracy on the ${judges} people, as means over the last versions; accuracy of stragglers and the worst tenth of clients on the clients' own held-out windows. *Worst people* is the mean balanced accuracy of the worst tenth of the ${judges} people, of the last model.`;
    return [labelFigures, text];
  }
  const errors: readonly Figure[] = [
    { head: 'error', of: (run) => error(run.finalMeanAbsoluteError) },
    ...served(error),
  ];
  const ofErrors = `mean absolute errors${has('finalDetectionRate') ? ' of ordinary windows' : ''} on the ${judges} people, as means over the last versions; errors of stragglers and the worst tenth of clients on the clients' own held-out windows. *Worst people* is the mean error of the worst tenth of the ${judges} people, of the last model.`;
  if (has('finalSkill')) {
    const skill: Figure = { head: 'skill', of: (run) => percent(run.finalSkill) };
    return [
      [skill, ...errors],
      `Skill (what is saved of the squared error of saying the newest reading goes on) and ${ofErrors}`,
    ];
  }
  if (!has('finalDetectionRate')) return [errors, `${ofErrors[0]!.toUpperCase()}${ofErrors.slice(1)}`];
  const detected: readonly Figure[] = [
    { head: 'detected', of: (run) => percent(run.finalDetectionRate) },
    { head: 'false alarms', of: (run) => percent(run.finalFalseAlarms) },
  ];
  return [
    [...detected, ...errors],
    `Anomalies that are detected, share of the ordinary windows that raise an alarm, and ${ofErrors}`,
  ];
}

/** Balanced accuracy of guessing: the same for all runs, which are judged on the same windows. */
function chanceText(runs: readonly RunSummary[]): string {
  const chance = runs[0]?.chance;
  return chance === undefined ? '' : ` (chance is ${percent(chance)})`;
}

/** One sentence for all runs: the samples of a warm start do not depend on the seed. */
function warmStartText({ people, setApart, trainedOn, epochs }: WarmStartRecord): string {
  const whose = people === undefined ? '' : ` of ${counted(people, 'person', 'people')}`;
  if (trainedOn === 0) return 'Warm start: it failed, and gateways began with the seeded model.';
  return `Warm start: ${setApart} samples${whose} at the coordinator and at no gateway; it trained version 1 on ${trainedOn} of them, ${counted(epochs, 'epoch')}. Virtual time counts from when the fleet was ready after it.`;
}

/** The runs that ended while their models still got better. */
function risingText(runs: readonly RunSummary[]): string[] {
  const rising = runs.filter(
    ({ isRising, stopped }) => isRising && (stopped === 'versions' || stopped === 'time'),
  );
  if (rising.length === 0) return [];
  const seeds = rising.map(({ seed }) => seed).join(', ');
  return [`The model still got better at the end (seed ${seeds}): more versions would show more.`, ''];
}

/** A Markdown table whose columns line up. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, c) => Math.max(title.length, ...rows.map((row) => row[c]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, c) => cell.padEnd(widths[c] ?? 0)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

function spread(of: Spread | undefined, show: (value: number) => string): string {
  if (!of) return '-';
  return of.runs > 1 ? `${show(of.mean)} ± ${show(of.deviation)}` : show(of.mean);
}
