import type { NodeMessage } from 'node-red';
import { FtteError } from '../../gateway/platform';
import { type Reading, type ReadingSource, Windower } from '../../gateway/stream';
import { type Task, taskSampleRows } from '../../gateway/task';

/** Turns readings that are due, of one subject and one label, into messages. */
export type Packing = (batch: readonly Reading[]) => readonly NodeMessage[];

/** A message of a stream: payload, label, time and person. */
function message(payload: unknown, { label, timeMs, subject }: Omit<Reading, 'values'>): NodeMessage {
  return {
    payload,
    ...(label !== undefined && { label }),
    ...(timeMs !== undefined && { timestamp: timeMs }),
    ...(subject !== undefined && { topic: subject, subject }),
  } as NodeMessage;
}

/** One message per reading: `{ channel: value, ... }`. */
export function packReadings({ channels }: ReadingSource): Packing {
  return (batch) => batch.map((reading) => message(rowOf(reading, channels), reading));
}

/** One message for all: an array of `{ channel: value, ..., time }`. */
export function packBatches({ channels }: ReadingSource): Packing {
  return (batch) => {
    const first = batch[0];
    if (!first) return [];
    const rows = batch.map((reading) => {
      const row = rowOf(reading, channels);
      if (reading.timeMs !== undefined && !channels.includes('time')) row['time'] = reading.timeMs;
      return row;
    });
    return [message(rows, first)];
  };
}

/**
 * Windows, cut and scaled by the task.
 * @throws FtteError `recording-invalid` if the source lacks a channel of the task
 */
export function packWindows({ channels }: ReadingSource, task: Task): Packing {
  const { input, labels } = task;
  const places = input.channels.map(({ name }) => {
    const place = channels.indexOf(name);
    if (place >= 0) return place;
    throw new FtteError(
      'recording-invalid',
      `the source: expected the channel ${name} of the task, got ${channels.join(', ')}`,
      { channel: name },
    );
  });
  const windower = new Windower({ input, labels, following: taskSampleRows(task) - input.length });
  const shape = [input.length, input.channels.length];
  // A forecast needs the scaling for values in units.
  const scaled = task.kind === 'forecast' && input.normalisation === 'window';
  return (batch) =>
    batch.flatMap((reading) => {
      const values = places.map((place) => reading.values[place] ?? Number.NaN);
      // Activities of a recording that are no labels of the task stay without a label.
      const known = typeof reading.label === 'string' && labels.includes(reading.label);
      const windows = windower.pushReading({ ...reading, values, label: known ? reading.label : undefined });
      return windows.map(({ window, sample, scaling, labelName, endMs, subject }) => {
        const sent = message(window, { label: labelName, timeMs: endMs, subject });
        return Object.assign(sent, { shape: [...shape] }, sample && { sample }, scaled && { scaling });
      });
    });
}

function rowOf({ values }: Reading, channels: readonly string[]): Record<string, number> {
  const row: Record<string, number> = {};
  channels.forEach((name, c) => {
    const value = values[c];
    // A missing value is a missing field.
    if (value !== undefined && !Number.isNaN(value)) row[name] = value;
  });
  return row;
}
