import type { NodeMessage } from 'node-red';
import { FtteError } from '../../gateway/platform';
import { type Reading, type ReadingSource, Windower } from '../../gateway/stream';
import { type Task, taskSampleRows } from '../../gateway/task';

/** Turns readings that are due, of one subject and one label, into messages. */
export type Packing = (batch: readonly Reading[]) => readonly NodeMessage[];

/** A message with what a stream's messages carry beside the payload. */
function message(payload: unknown, { label, timeMs, subject }: Omit<Reading, 'values'>): NodeMessage {
  return {
    payload,
    ...(label !== undefined && { label }),
    ...(timeMs !== undefined && { timestamp: timeMs }),
    ...(subject !== undefined && { topic: subject, subject }),
  } as NodeMessage;
}

/** One message a reading: `{ channel: value, ... }`. */
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
 * Windows, cut and scaled as the task says.
 * @throws FtteError `recording-invalid` where the source lacks a channel of the task
 */
export function packWindows({ channels }: ReadingSource, task: Task): Packing {
  const { input, labels } = task;
  const places = input.channels.map(({ name }) => {
    const place = channels.indexOf(name);
    if (place >= 0) return place;
    throw new FtteError(
      'recording-invalid',
      `the source has no channel ${name}, which the task asks for; it has ${channels.join(', ')}`,
      { channel: name },
    );
  });
  const windower = new Windower({ input, labels, following: taskSampleRows(task) - input.length });
  const shape = [input.length, input.channels.length];
  // What a forecast needs to give values in units.
  const scaled = task.kind === 'forecast' && input.normalisation === 'window';
  return (batch) =>
    batch.flatMap((reading) => {
      const values = places.map((place) => reading.values[place] ?? Number.NaN);
      // Recordings know more activities than a task may ask for: what it does not is not labelled.
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
