import { labelIndex } from '../../stream';
import { type Task, taskSampleRows } from '../../task';
import { scenarioInvalid } from '../scenario/scenario';
import type { DataSet } from './data-set';

/**
 * The data with its channels and labels in the order of a task, matched by name: a label as the window node reads it.
 * The same object if the order is the same.
 * @throws FtteError `scenario-invalid` naming what one of them has and the other has not
 */
export function matchData(data: DataSet, task: Task): DataSet {
  const rows = taskSampleRows(task);
  const { length, channels } = data.input;
  if (rows !== length) {
    const got = `[${rows}, ${task.input.channels.length}]`;
    throw scenarioInvalid('task.input', got, `[${length}, ${channels.length}] as in the data`);
  }
  return withLabels(withChannels(data, task), task);
}

function withChannels(data: DataSet, { input }: Task): DataSet {
  const names = data.input.channels.map(({ name }) => name);
  const wanted = input.channels.map(({ name }) => name);
  if (names.join('\n') === wanted.join('\n')) return data;
  const places = wanted.map((name) => names.indexOf(name));
  const lacking = wanted.filter((_, c) => places[c] === -1);
  const unused = names.filter((name) => !wanted.includes(name));
  if (lacking.length + unused.length > 0)
    throw otherNames('task.input.channels', names, wanted, lacking, unused);
  const windows = data.windows.map((window) => inOrder(window, places));
  const channels = places.map((place) => data.input.channels[place]!);
  return { ...data, input: { ...data.input, channels }, windows };
}

/** @param places for each channel its column in the window */
function inOrder(window: Float32Array, places: readonly number[]): Float32Array {
  const width = places.length;
  return window.map((_, i) => window[i - (i % width) + places[i % width]!]!);
}

function withLabels(data: DataSet, { kind, labels: wanted }: Task): DataSet {
  const names = data.labels;
  if (kind !== 'classification' || names.join('\n') === wanted.join('\n')) return data;
  const places = names.map((name) => labelIndex(name, wanted));
  const lacking = wanted.filter((_, label) => !places.includes(label));
  const unused = names.filter((_, i) => places[i] === undefined || places.indexOf(places[i]) !== i);
  if (lacking.length + unused.length > 0) throw otherNames('task.labels', names, wanted, lacking, unused);
  const labels = wanted.map((_, label) => names[places.indexOf(label)]!);
  return { ...data, labels, y: data.y.map((label) => places[label]!) };
}

/** @param lacking names of the task that the data has not @param unused names of the data that the task has not */
function otherNames(
  field: string,
  names: readonly string[],
  wanted: readonly string[],
  lacking: readonly string[],
  unused: readonly string[],
) {
  const differences = [
    lacking.length > 0 && `the data has no ${listed(lacking)}`,
    unused.length > 0 && `the task has no ${listed(unused)}`,
  ].filter((text) => text !== false);
  return scenarioInvalid(
    field,
    `${listed(wanted)}: ${differences.join(', and ')}`,
    `${listed(names)} as in the data, in any order`,
  );
}

/** The first names, quoted, and how many more there are. */
function listed(names: readonly string[]): string {
  const shown = names.slice(0, mostNames).map((name) => `"${name}"`);
  return names.length > mostNames
    ? `${shown.join(', ')} (and ${names.length - mostNames} more)`
    : shown.join(', ');
}

const mostNames = 8;
