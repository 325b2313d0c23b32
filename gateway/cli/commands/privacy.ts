import { percent, table } from '../../simulation';
import type { Privacy, Task } from '../../task';
import { parseTask } from '../../task';
import { type Command, type CommandContext, exitCodes } from '../command/command';
import { type Options, UsageError } from '../command/options';
import { readTask } from '../files/read-task';
import { type PrivacyReport, privacyReport } from './privacy-report';

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
    budget: { type: 'string', short: 'b' },
    name: { type: 'string', short: 'n' },
    json: { type: 'boolean' },
  },
  optionHelp: {
    gateways: `N: Gateways that take part. Default: ${usual.gateways}.`,
    samples: `N: Labelled windows of a gateway. Default: ${usual.samples}.`,
    epsilon: 'E: Budget of a gateway, in place of that of the task, or for a task without privacy.',
    rounds: 'N: Rounds that the budget lasts for, in place of those of the task.',
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
    epsilon: options.positiveNumber('epsilon'),
    rounds: options.wholeNumber('rounds'),
  });
  const report = privacyReport(task, question);
  context.out.write(options.flag('json') ? `${JSON.stringify(report, null, 2)}\n` : privacyText(report));
  return exitCodes.done;
}

/** @throws UsageError if the task has no privacy, and no budget is given; FtteError `task-invalid` */
function withPrivacy(
  task: Task,
  { epsilon, rounds }: { epsilon: number | undefined; rounds: number | undefined },
): Task & { readonly privacy: Privacy } {
  if (!task.privacy && epsilon === undefined)
    throw new UsageError(`"${task.name}" has no privacy: add it to the task, or give --epsilon`);
  const given = { ...(epsilon !== undefined && { epsilon }), ...(rounds !== undefined && { rounds }) };
  const parsed = parseTask({ ...task, privacy: { level: 'record', ...task.privacy, ...given } });
  return { ...parsed, privacy: parsed.privacy! }; // it was just given
}

/** The report for people. */
function privacyText(report: PrivacyReport): string {
  const { epsilon, delta, gateways, samples, saidSamples, steps, rate, noise, rounds } = report;
  return [
    `"${report.task}" with epsilon ${epsilon} at delta ${delta} for each of ${gateways} gateways:`,
    `  a gateway  ${samples} samples, of which its updates say ${saidSamples}`,
    `  a round    ${steps} steps, each with ${percent(rate)} of the samples`,
    `  noise      ${noise} times the clipping norm on each of ${report.trainedParameters} parameters in each step`,
    `  rounds     ${rounds} until the budget is spent; ${report.versions} versions of ${report.bufferSize} contributions`,
    `  a version  its noise is at least ${percent(report.noiseShare)} of what it can learn`,
    '',
    table(
      ['rounds', 'epsilon spent'],
      report.spent.map((row) => [`${row.rounds}`, row.epsilon.toFixed(3)]),
    ),
    '',
    ...report.warnings,
    ...(report.warnings.length > 0 ? [''] : []),
  ].join('\n');
}
