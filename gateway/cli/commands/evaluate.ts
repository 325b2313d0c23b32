import { counted } from '../../platform';
import { type Command, type CommandContext, exitCodes } from '../command/command';
import { csvOptionHelp, csvOptionNames, csvOptionsOf } from '../command/csv-options';
import { fail, type Options } from '../command/options';
import { judge } from '../evaluation/judge';
import { evaluationText } from '../evaluation/report';
import { readSamples } from '../evaluation/windows';
import { readAnyModel } from '../files/read-model';

const splits = ['train', 'test', 'all'] as const;

/** `ftte evaluate`: judges a model on recordings. */
export const evaluateCommand: Command = {
  name: 'evaluate',
  summary: 'Judge a model on recordings: balanced accuracy beside chance, and more.',
  positional: { name: 'MODEL', expected: 'one model' },
  second: { name: 'DATA', expected: 'one recording' },
  options: {
    task: { type: 'string', short: 't' },
    current: { type: 'boolean' },
    split: { type: 'string' },
    ordinary: { type: 'string' },
    ...csvOptionNames,
    json: { type: 'boolean' },
  },
  optionHelp: {
    task: 'TASK.json: The task, if MODEL does not hold one.',
    current: 'Judge the newest version instead of the running average of recent ones.',
    split: `WORD: ${splits.join(', ')}. Part of a recording. Default: its test part, if it has one.`,
    ordinary: 'LIST: Labels of what is no anomaly; measures what a model for anomalies detects.',
    ...csvOptionHelp,
    json: 'Print the figures as JSON.',
  },
  details: [
    'MODEL is a model.json that ftte exported (or its folder), the folder of a coordinator or of one model in it, a',
    'checkpoint, or a parameters file with --task. DATA is a folder with a meta.json, or a CSV file.',
    'Windows are cut and scaled as the task says. docs/learning.md explains the figures.',
    'Exit codes: 0 done, 2 wrong arguments or files, or no window that can judge.',
  ].join('\n'),
  run,
};

async function run(path: string, options: Options, context: CommandContext, data: string): Promise<number> {
  const model = await readAnyModel(path, {
    taskPath: options.text('task'),
    isCurrent: options.flag('current'),
  });
  const { task, origin } = model;
  const { samples, from } = await readSamples(data, task, {
    csv: csvOptionsOf(options),
    split: options.choice('split', splits),
    onNotice: (text) => context.err.write(`ftte: ${text}\n`),
  });
  const ordinary = options.list('ordinary') ?? [];
  const known = [...new Set(samples.flatMap(({ label }) => label ?? []))].sort();
  const unknown = ordinary.find((label) => !known.includes(label));
  if (unknown !== undefined) fail('ordinary', `some of ${known.join(', ') || 'no labels'}`, unknown);
  const evaluation = judge(model, samples, ordinary);
  if (!evaluation) {
    const labels = known.length > 0 ? `their labels are ${known.join(', ')}` : 'they have no label';
    const expected = task.labels.length > 0 ? ` with one of the labels ${task.labels.join(', ')}` : '';
    const got =
      samples.length === 0
        ? 'readings for none: fewer than that came without a gap'
        : `${counted(samples.length, 'window')} and none of use${task.labels.length > 0 ? `; ${labels}` : ''}`;
    context.err.write(
      `ftte: ${data}: expected windows of ${task.input.length} readings${expected}, got ${got}\n`,
    );
    return exitCodes.usage;
  }
  const result = { task: task.name, kind: task.kind, ...origin, data: from, ...evaluation };
  context.out.write(
    options.flag('json') ? `${JSON.stringify(result, null, 2)}\n` : evaluationText(task, from, evaluation),
  );
  return exitCodes.done;
}
