import { table } from '../../simulation';
import {
  arrivingInput,
  type ChannelFigures,
  type CsvNotice,
  CsvSource,
  type StreamFigures,
  StreamMeasure,
} from '../../stream';
import { type Command, type CommandContext, exitCodes } from '../command/command';
import { csvOptionHelp, csvOptionNames, csvOptionsOf } from '../command/csv-options';
import type { Options } from '../command/options';
import { readTask } from '../files/read-task';

/** `ftte inspect`: shows how a CSV file is read. */
export const inspectCommand: Command = {
  name: 'inspect',
  summary: 'Show how a CSV file is read, and measure its channels.',
  positional: { name: 'DATA.csv', expected: 'one CSV file' },
  options: {
    task: { type: 'string', short: 't' },
    ...csvOptionNames,
    json: { type: 'boolean' },
  },
  optionHelp: {
    task: 'TASK.json: Read the channels of this task.',
    ...csvOptionHelp,
    json: 'Print the figures as JSON.',
  },
  details: [
    'Reads the file as ftte-replay does, and prints what it recognises: separators, decimals, encoding, columns and times.',
    'Centre and spread are what a task with the normalisation "channel" needs for each channel.',
    'Exit codes: 0 done, 2 wrong arguments or a file that cannot be read.',
  ].join('\n'),
  run,
};

async function run(path: string, options: Options, context: CommandContext): Promise<number> {
  const taskPath = options.text('task');
  const task = taskPath === undefined ? undefined : await readTask(taskPath);
  const notices: CsvNotice[] = [];
  const source = await CsvSource.open(path, {
    ...csvOptionsOf(options),
    ...(task && { channels: arrivingInput(task.input).channels.map(({ name }) => name) }),
    onNotice: (notice) => notices.push(notice),
  });
  const measure = new StreamMeasure(source.channels, source.units, source.categories);
  for await (const reading of source.readings()) {
    if (context.signal.aborted) break;
    measure.add(reading);
  }
  const figures = measure.figures;
  const { recognised } = source;
  const problems = notices.map(({ text }) => text);
  const result = { recognised, ...figures, rateHz: source.rateHz ?? figures.rateHz, problems };
  context.out.write(options.flag('json') ? `${JSON.stringify(result, null, 2)}\n` : textOf(result));
  return context.signal.aborted ? exitCodes.interrupted : exitCodes.done;
}

type Result = StreamFigures & { readonly recognised: string; readonly problems: readonly string[] };

function textOf({
  recognised,
  readings,
  seconds,
  rateHz,
  labels,
  people,
  channels,
  problems,
}: Result): string {
  const time = seconds === undefined ? '' : `, ${short(seconds)} s`;
  const rate = rateHz === undefined ? '' : `, ${short(rateHz)} per second`;
  return [
    recognised,
    `  readings  ${readings}${time}${rate}`,
    ...counted('labels', labels),
    ...counted('people', people),
    ...channels.flatMap(({ name, texts }) => (texts ? counted(name, texts) : [])),
    ...problems.map((text) => `  problem   ${text}`),
    ...channels.flatMap((channel) => remarksOn(channel).map((text) => `  remark    ${text}`)),
    '',
    table(
      ['channel', 'unit', 'centre', 'spread', 'least', 'most', 'values', 'missing'],
      channels.map((channel) => cellsOf(channel)),
    ),
    '',
  ].join('\n');
}

/** Remarks on a channel that a task would take as it is. */
function remarksOn({ name, least, most, values, texts }: ChannelFigures): string[] {
  if (values === 0) return [`${name} has no value`];
  return !texts && values > 1 && least === most
    ? [`${name} is always ${short(least)}: nothing can be learned from it, and its spread is no measured one`]
    : [];
}

function cellsOf({
  name,
  unit,
  centre,
  spread,
  least,
  most,
  values,
  missing,
  texts,
}: ChannelFigures): string[] {
  if (texts) return [name, 'texts', '', '', '', '', `${values}`, `${missing}`];
  return [name, unit, ...[centre, spread, least, most].map(short), `${values}`, `${missing}`];
}

function counted(title: string, counts: Readonly<Record<string, number>>): string[] {
  const names = Object.entries(counts);
  if (names.length === 0) return [];
  const shown = names.slice(0, 12).map(([name, count]) => `${name} ${count}`);
  return [`  ${title.padEnd(8)}  ${names.length}: ${shown.join(', ')}${names.length > 12 ? ', ...' : ''}`];
}

/** Four digits, which is more than an instrument shows. */
const short = (value: number) => String(Number(value.toPrecision(4)));
