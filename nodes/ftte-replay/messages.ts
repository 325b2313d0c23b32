import type { NodeMessage } from 'node-red';
import { messageOf, type NoticeCode } from '../../gateway/platform';
import {
  arrivingInput,
  chosenReading,
  type LabelledWindow,
  placesOf,
  type Reading,
  type ReadingSource,
  readLabel,
  Windower,
  withTexts,
} from '../../gateway/stream';
import { type Task, taskSampleRows } from '../../gateway/task';

/** Makes messages of readings. */
export interface Packing {
  /** Messages for readings that are due, of one subject and one label. */
  pack(batch: readonly Reading[]): readonly NodeMessage[];
  /** Messages for readings that waited for later ones, at the end of a pass. */
  end(): readonly NodeMessage[];
}

const nothing: readonly NodeMessage[] = [];
/** Unknown labels that are reported singly. */
const mostUnknown = 64;

/** A message of a stream: payload, label, time and person, and whether it begins a recording. */
function message(payload: unknown, { label, timeMs, subject, begins }: Omit<Reading, 'values'>): NodeMessage {
  return {
    payload,
    ...(label !== undefined && { label }),
    ...(timeMs !== undefined && { timestamp: timeMs }),
    ...(subject !== undefined && { topic: subject, subject }),
    ...(begins && { begins }),
  } as NodeMessage;
}

/** One message per reading: `{ channel: value, ... }`. */
export function packReadings(source: ReadingSource): Packing {
  return {
    pack: (batch) => batch.map((reading) => message(rowOf(reading, source), reading)),
    end: () => nothing,
  };
}

/** One message for all: an array of `{ channel: value, ..., time }`. */
export function packBatches(source: ReadingSource): Packing {
  const timedRow = (reading: Reading) => {
    const row = rowOf(reading, source);
    if (reading.timeMs !== undefined && !source.channels.includes('time')) row['time'] = reading.timeMs;
    return row;
  };
  return {
    pack: (batch) => (batch[0] ? [message(batch.map(timedRow), batch[0])] : nothing),
    end: () => nothing,
  };
}

/**
 * Windows, cut and scaled by the task.
 * @param onNotice receives notices about the stream, each once, and labels that the task does not have
 * @throws FtteError `recording-invalid` if the source lacks a channel of the task
 */
export function packWindows(
  source: ReadingSource,
  task: Task,
  onNotice: (text: string, code: NoticeCode) => void,
): Packing {
  const { input, labels } = task;
  const names = arrivingInput(input).channels.map(({ name }) => name);
  const places = placesOf('the source', source, names);
  const windower = new Windower({
    input,
    labels,
    following: taskSampleRows(task) - input.length,
    onNotice: ({ text, code }) => onNotice(text, code),
  });
  const unknown = new Set<string | number>();
  /** Activities of a recording that are no labels of the task stay without a label. */
  const knownLabel = ({ label }: Reading) => {
    if (label === undefined || unknown.has(label)) return undefined;
    try {
      readLabel(label, labels);
      return label;
    } catch (error) {
      if (unknown.size < mostUnknown) unknown.add(label);
      onNotice(`${messageOf(error)}; its windows have no label`, 'label-unknown');
      return undefined;
    }
  };
  // A forecast needs the scaling for values in units.
  const scaled = task.kind === 'forecast' && input.normalisation === 'window';
  const messages = (windows: readonly LabelledWindow[]) =>
    windows.map(({ window, sample, scaling, labelName, endMs, subject }) => {
      const sent = message(window, { label: labelName, timeMs: endMs, subject });
      const shape = [input.length, input.channels.length];
      return Object.assign(sent, { shape }, sample && { sample }, scaled && { scaling });
    });
  const push = (reading: Reading) => {
    if (!reading.begins) return continued(reading);
    const before = messages(windower.flush());
    windower.reset();
    return [...before, ...continued(reading)];
  };
  const continued = (reading: Reading) => {
    const label = knownLabel(reading);
    if (source.isSparse) {
      // A Date is in milliseconds without doubt.
      const time = reading.timeMs === undefined ? undefined : new Date(reading.timeMs);
      const { subject } = reading;
      return messages(windower.push(rowOf(reading, source), { label, time, subject }));
    }
    const chosen = chosenReading(reading, places, source.categories);
    return messages(windower.pushReading({ ...chosen, label }));
  };
  return { pack: (batch) => batch.flatMap(push), end: () => messages(windower.flush()) };
}

/** A reading by channel. A missing value is null, or absent if another reading brings it. */
function rowOf(
  reading: Reading,
  { channels, isSparse = false, categories }: ReadingSource,
): Record<string, number | string | null> {
  const row: Record<string, number | string | null> = {};
  const values = withTexts(reading.values, categories);
  channels.forEach((name, c) => {
    const value = values[c] ?? Number.NaN;
    if (!Number.isNaN(value)) row[name] = value;
    else if (!isSparse) row[name] = null;
  });
  return row;
}
