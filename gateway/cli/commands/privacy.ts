import { type GatewayReport, type PrivacyReport, privacyReport, type RecordReport } from '../../client';
import { counted } from '../../platform';
import { percent, table } from '../../simulation';
import { parseTask, type Task } from '../../task';
import { type Command, type CommandContext, exitCodes } from '../command/command';
import { type Options, UsageError } from '../command/options';
import { readTask } from '../files/read-task';

/** Numbers of the report where nothing is said. */
const usual = { gateways: 20, samples: 500, budget: 192 * 1024 } as const;

/** `ftte privacy`: shows what differential privacy costs. */
export const privacyCommand: Command = {
  name: 'privacy',
  summary: 'Show what differential privacy costs: noise, rounds, and what is spent.',
  positional: { name: 'TASK.json', expected: 'one task' },
  options: {
    gateways: { type: 'string', short: 'g' },
    samples: { type: 'string', short: 's' },
    epsilon: { type: 'string', short: 'e' },
    rounds: { type: 'string' },
    level: { type: 'string' },
    contributions: { type: 'string' },
    budget: { type: 'string', short: 'b' },
    name: { type: 'string', short: 'n' },
    json: { type: 'boolean' },
  },
  optionHelp: {
    gateways: `N: Gateways that take part. Default: ${usual.gateways}.`,
    samples: `N: Labelled windows of a gateway. Default: ${usual.samples}.`,
    epsilon: 'E: Budget of a gateway, in place of that of the task, or for a task without privacy.',
    level: 'LEVEL: record or gateway, for a task without privacy. Default: record.',
    rounds: 'N: Rounds that the budget lasts for, in place of those of the task (level record).',
    contributions: 'N: Updates of a gateway that are used, in place of those of the task (level gateway).',
    budget: 'SIZE: Memory for training: it decides how many parameters are trained. Default: 192k.',
    name: 'NAME: Name or id of the task, if the file is a flow with several.',
    json: 'Print the figures as JSON.',
  },
  details: [
    'TASK.json is a task, or a flow with a task node: one that the editor exports, or the flows.json of Node-RED.',
    'Nothing is trained. The spent epsilon is exact. The share of the noise compares it with gradients that all have the',
    'clipping norm and one direction, so real noise is larger beside what is learned.',
    'Exit codes: 0 done, 2 wrong arguments or task.',
  ].join('\n'),
  run,
};

async function run(path: string, options: Options, context: CommandContext): Promise<number> {
  const question = {
    gateways: options.wholeNumber('gateways') ?? usual.gateways,
    samples: options.wholeNumber('samples') ?? usual.samples,
    budgetBytes: options.text('budget') === undefined ? usual.budget : options.byteSize('budget'),
  };
  for (const name of ['gateways', 'samples'] as const)
    if (question[name] === 0) throw new UsageError(`--${name}: expected a whole number of 1 or more, got 0`);
  const task = withPrivacy(await readTask(path, options.text('name')), {
    level: levelOf(options.text('level')),
    epsilon: options.positiveNumber('epsilon'),
    rounds: options.wholeNumber('rounds'),
    contributions: options.wholeNumber('contributions'),
    hasSamples: options.text('samples') !== undefined,
  });
  const report = privacyReport(task, question)!; // the task has privacy by now
  context.out.write(options.flag('json') ? `${JSON.stringify(report, null, 2)}\n` : privacyText(report));
  return exitCodes.done;
}

/** Settings of the command line in place of those of the task. */
interface GivenPrivacy {
  readonly level: 'record' | 'gateway' | undefined;
  readonly epsilon: number | undefined;
  readonly rounds: number | undefined;
  readonly contributions: number | undefined;
  readonly hasSamples: boolean;
}

function levelOf(level: string | undefined): GivenPrivacy['level'] {
  if (level === undefined || level === 'record' || level === 'gateway') return level;
  throw new UsageError(`--level: expected record or gateway, got ${level}`);
}

/** @throws UsageError if the task has no privacy, and no budget is given, or options do not fit; FtteError `task-invalid` */
function withPrivacy(
  task: Task,
  { epsilon, rounds, contributions, hasSamples, ...given }: GivenPrivacy,
): Task {
  if (!task.privacy && epsilon === undefined)
    throw new UsageError(`"${task.name}" has no privacy: add it to the task, or give --epsilon`);
  if (task.privacy && given.level && task.privacy.level !== given.level)
    throw new UsageError(`--level: the task has privacy of level ${task.privacy.level}, got ${given.level}`);
  const level = task.privacy?.level ?? given.level ?? 'record';
  if (rounds !== undefined && level === 'gateway')
    throw new UsageError('--rounds: is for level record; level gateway has --contributions');
  if (hasSamples && level === 'gateway')
    throw new UsageError(
      '--samples: is for level record; at level gateway the number of windows has no weight',
    );
  if (contributions !== undefined && level === 'record')
    throw new UsageError('--contributions: is for level gateway; level record has --rounds');
  const said = {
    ...(epsilon !== undefined && { epsilon }),
    ...(rounds !== undefined && { rounds }),
    ...(contributions !== undefined && { contributions }),
  };
  // A task without privacy has settings filled in that do not go with that of gateways.
  const aggregation =
    level === 'gateway' && !task.privacy ? { ...task.aggregation, variance: 'none' } : task.aggregation;
  return parseTask({ ...task, aggregation, privacy: { level, ...task.privacy, ...said } });
}

/** The report for people. */
const privacyText = (report: PrivacyReport): string =>
  report.level === 'record' ? recordText(report) : gatewayText(report);

const headline = ({ task, epsilon, delta, gateways }: PrivacyReport) =>
  `"${task}" with epsilon ${epsilon} at delta ${delta} for ${gateways === 1 ? 'a gateway' : `each of ${gateways} gateways`}:`;

/** The certainty that the whole budget allows to somebody to whom both were equally likely, rounded up. */
function sure({ epsilon, delta }: PrivacyReport): string {
  const most = 1 / (1 + Math.exp(-epsilon)) + delta;
  const end = 'when the budget is spent';
  return most > 0.9999 ? `may be certain ${end}` : `is at most ${Math.ceil(most * 1e4) / 100} % sure ${end}`;
}

const closing = ({ warnings }: PrivacyReport) => [
  '',
  ...warnings.map(({ text }) => text),
  ...(warnings.length > 0 ? [''] : []),
];

function gatewayText(report: GatewayReport): string {
  const { clip, contributions, bufferSize, separation, band, noise, versions } = report;
  const apart = separation === 1 ? 'in a version once' : `at least ${separation} versions apart`;
  return [
    headline(report),
    '  protects   what one gateway has sent, from whoever gets the model; the coordinator is trusted with it',
    `  promise    who is undecided whether the updates of a gateway are in the model ${sure(report)}`,
    `  a gateway  ${counted(contributions, 'update')} of norm ${clip} at most, ${apart}`,
    `  a version  the sum of ${counted(bufferSize, 'update')}, divided by ${bufferSize}`,
    `  noise      ${noise} times the clipping norm on each of ${report.trainedParameters} parameters of the sum, ${band === 1 ? 'independent in each version' : `correlated over ${band} versions`}`,
    `  versions   ${versions} until all budgets are spent`,
    `  the model  its noise is at least ${percent(report.noiseShare)} of the way that the updates can lead`,
    '',
    table(
      ['updates', 'epsilon spent'],
      report.spent.map((row) => [`${row.contributions}`, row.epsilon.toFixed(3)]),
    ),
    ...closing(report),
  ].join('\n');
}

function recordText(report: RecordReport): string {
  const { samples, saidSamples, steps, rate, noise, rounds } = report;
  return [
    headline(report),
    '  protects   one window, from everybody, the coordinator included; a person has many windows',
    `  promise    who is undecided whether a window was used ${sure(report)}`,
    `  a gateway  ${counted(samples, 'labelled window')}; its updates say ${saidSamples}, a coarse number`,
    `  a round    ${counted(steps, 'step')}, each with ${percent(rate)} of the windows`,
    `  noise      ${noise} times the clipping norm on each of ${report.trainedParameters} parameters in each step`,
    `  rounds     ${rounds} until the budget is spent; ${counted(report.versions, 'version')} of ${counted(report.bufferSize, 'contribution')}`,
    `  a version  its noise is at least ${percent(report.noiseShare)} of what it can learn`,
    '',
    table(
      ['rounds', 'epsilon spent'],
      report.spent.map((row) => [`${row.rounds}`, row.epsilon.toFixed(3)]),
    ),
    ...closing(report),
  ].join('\n');
}
