import { readFile } from 'node:fs/promises';
import { parseImportanceScores } from '../../coordinator';
import type { MemoryReport } from '../../engine';
import type { ImportanceScores } from '../../model';
import { messageOf } from '../../platform';
import type { PlanRow } from '../../selection';
import { percent, table } from '../../simulation';
import { type Command, type CommandContext, exitCodes } from '../command/command';
import { type Options, UsageError } from '../command/options';
import { readTask } from '../files/read-task';
import { type PlanReport, planReport } from './plan-report';

/** `ftte plan`: shows the plan of a budget. */
export const planCommand: Command = {
  name: 'plan',
  summary: 'Show which part of a model a memory budget trains, and its costs.',
  positional: { name: 'TASK.json', expected: 'one task' },
  needed: '--budget SIZE',
  options: {
    budget: { type: 'string', short: 'b' },
    name: { type: 'string', short: 'n' },
    version: { type: 'string' },
    importance: { type: 'string' },
    json: { type: 'boolean' },
  },
  optionHelp: {
    budget:
      'SIZE: Memory for training, which has to be given: 192k, 0.5M or 200000 (bytes); a kilobyte is 1024 bytes.',
    name: 'NAME: Name or id of the task, if the file is a flow with several.',
    version:
      'N: The version that training starts from, for strategies that choose again for each version. Default: 0.',
    importance:
      'FILE: The importance.json in the folder of a coordinator: the plan follows its scores, and gains are shown.',
    json: 'Print the figures as JSON.',
  },
  details: [
    'TASK.json is a task, or a flow with a task node: one that the editor exports, or the flows.json of Node-RED.',
    'docs/examples/task.json in this package is an example.',
    'The peak is the exact memory of training on a gateway, without Node.js and its samples. The gateway compares the',
    'same number with its own budget.',
    'Exit codes: 0 done, 2 wrong arguments or task, or a budget that is too small (the message says which suffices).',
  ].join('\n'),
  run,
};

async function run(path: string, options: Options, context: CommandContext): Promise<number> {
  // A wrong name of the file is named first: the help of an option would send people elsewhere.
  const task = await readTask(path, options.text('name'));
  const budgetBytes = options.byteSize('budget');
  const version = options.wholeNumber('version') ?? 0;
  const scores = options.text('importance');
  const importance = scores === undefined ? undefined : await readImportance(scores);
  const report = planReport(task, budgetBytes, version, importance);
  context.out.write(options.flag('json') ? `${JSON.stringify(report, null, 2)}\n` : planText(report));
  return exitCodes.done;
}

/** @throws UsageError */
async function readImportance(path: string): Promise<ImportanceScores> {
  try {
    return parseImportanceScores(await readFile(path, 'utf8')).importance;
  } catch (error) {
    throw new UsageError(`--importance: cannot read ${path}: ${messageOf(error)}`);
  }
}

/** The report for people. */
function planText(report: PlanReport): string {
  const { memory, dense, budgetBytes, trainedParameters, parameters, microBatch, batchSize } = report;
  const measured = report.expectedGain !== undefined;
  const share = percent(trainedParameters / parameters);
  const peakShare = percent(memory.peakBytes / dense.memory.peakBytes);
  return [
    `"${report.task}" in ${kilobytes(budgetBytes)}, strategy ${report.strategy}:`,
    `  trains     ${trainedParameters} of ${parameters} parameters (${share}), ${microBatch} of ${batchSize} examples at a time`,
    `  peak       ${kilobytes(memory.peakBytes)}, ${kilobytes(budgetBytes - memory.peakBytes)} below the budget; ${peakShare} of dense training`,
    `  an update  ${report.updateBytes} bytes as ${report.updateEncoding}; dense ${dense.updateBytes}`,
    `  a step     ${percent(report.stepCost)} of dense training's operations`,
    `  training   ${report.training}`,
    ...(report.expectedGain === undefined
      ? []
      : [`  gains      ${points(report.expectedGain)} points, the sum of the measured gains`]),
    '',
    table(
      ['tensor', 'shape', 'parameters', 'trained', 'channels', ...(measured ? ['points gained'] : [])],
      alignedFrom(
        2,
        report.tensors.map((row) => [...tensorCells(row), ...(measured ? [gainCell(row)] : [])]),
      ),
    ),
    '',
    table(
      [
        'bytes at the peak',
        'this plan',
        `everything, ${microBatch} at a time`,
        `dense, ${batchSize} at a time`,
      ],
      alignedFrom(1, memoryRows(report)),
    ),
    '',
  ].join('\n');
}

const points = (gain: number) => (100 * gain).toFixed(1);
const gainCell = ({ expectedGain }: PlanRow) => (expectedGain === undefined ? '' : points(expectedGain));

function tensorCells({ name, shape, parameters, trainedParameters, ...row }: PlanRow): string[] {
  const trained =
    trainedParameters === 0 ? 'no' : trainedParameters === parameters ? 'all' : `${trainedParameters}`;
  const channels = row.inputChannels === 0 ? '' : `${row.channels.length} of ${row.inputChannels}`;
  return [name, shape.join(' x '), `${parameters}`, trained, channels];
}

/** One row for each kind of bytes that a report has. */
function memoryRows({ memory, wholeMemory, dense }: PlanReport): string[][] {
  const { peakBytes, ...kinds } = memory;
  const reports = [memory, wholeMemory, dense.memory];
  const used = (Object.keys(kinds) as (keyof MemoryReport)[]).filter((kind) =>
    reports.some((report) => report[kind] > 0),
  );
  const row = (title: string, kind: keyof MemoryReport) => [
    title,
    ...reports.map((report) => `${report[kind]}`),
  ];
  return [...used.map((kind) => row(kind, kind)), row('together', 'peakBytes')];
}

/** Rows whose cells are aligned to the right from a column on. */
function alignedFrom(column: number, rows: readonly (readonly string[])[]): string[][] {
  const widths = (rows[0] ?? []).map((_, c) => Math.max(...rows.map((row) => row[c]?.length ?? 0)));
  return rows.map((row) => row.map((cell, c) => (c < column ? cell : cell.padStart(widths[c] ?? 0))));
}

const kilobytes = (bytes: number) => `${(bytes / 1024).toFixed(1)} KB`;
