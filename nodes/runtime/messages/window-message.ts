import type { NodeMessageInFlow } from 'node-red';
import { describeMeasured, describeValue, FtteError } from '../../../gateway/platform';
import { checkWindow, readLabel, type Sample, type Scaling } from '../../../gateway/stream';
import { type Task, taskSampleRows } from '../../../gateway/task';

/** A message with a window as its payload, from the window node or from a flow. */
export interface WindowMessage extends NodeMessageInFlow {
  label?: unknown;
  /** The time of the last reading of the window. */
  timestamp?: unknown;
  /** For a forecast: an earlier window and the readings after it. */
  sample?: unknown;
  /** With normalisation by the window: its scaling. */
  scaling?: unknown;
}

/**
 * The sample of a message, for training or evaluation. Undefined if there is none: for a window of a classification
 * without a label, and for a window of a forecast whose following readings are not known yet. The role that receives a
 * sample checks its shape and values; a window that gives no sample is checked here.
 * @throws FtteError `window-shape`, `window-not-finite`, `label-unknown`
 */
export function sampleOf(msg: WindowMessage, task: Task): Sample | undefined {
  const { input, kind } = task;
  if (kind === 'classification') {
    const window = windowOf(msg.payload, input);
    const label = labelOf(msg.label, task);
    if (label !== undefined) return { window, label };
    checkWindow(window, input);
    return undefined;
  }
  if (kind === 'anomaly') return { window: windowOf(msg.payload, input) };
  if (msg.sample !== undefined) return { window: windowOf(msg.sample, input, taskSampleRows(task)) };
  // A flow may bring the sample as the payload.
  const window = unchecked(msg.payload, input);
  if (window?.length === input.length * input.channels.length) {
    checkWindow(window, input);
    return undefined;
  }
  return { window: windowOf(msg.payload, input, taskSampleRows(task)) };
}

/** The scaling of the window in a message. Undefined if there is none that can be used. */
export function scalingOf({ scaling }: WindowMessage): Scaling | undefined {
  const { centre, spread } = (scaling ?? {}) as { centre?: unknown; spread?: unknown };
  const numbers = (values: unknown): values is number[] =>
    Array.isArray(values) && values.every((value) => Number.isFinite(value));
  return numbers(centre) && numbers(spread) ? { centre, spread } : undefined;
}

/**
 * The window in a message: one row of `length x channels` numbers, typed or not, or one array of numbers per reading.
 * The result is a copy, because flows may change what they sent. `checkWindow`, which every role calls, checks the
 * number of values and whether they are finite.
 * @param rows expected number of rows, for the error; by default those of a window
 * @throws FtteError `window-shape` for a payload that is not a window of any shape, naming what came and what the task
 * expects
 */
export function windowOf(payload: unknown, input: Task['input'], rows = input.length): Float32Array {
  const window = unchecked(payload, input);
  if (!window) {
    throw new FtteError(
      'window-shape',
      `payload is ${describeMeasured(payload)}, expected a window of ${wanted(input, rows)} as a Float32Array or an array of numbers`,
    );
  }
  return window;
}

function unchecked(payload: unknown, input: Task['input']): Float32Array | undefined {
  if (isNumbers(payload)) return toFloats(payload);
  return isRows(payload) ? fromRows(payload, input) : undefined;
}

/**
 * The index of the label that a message gives by name or index. Undefined if it gives none. @throws FtteError
 * `label-unknown`
 */
export function labelOf(label: unknown, task: Pick<Task, 'labels'>): number | undefined {
  const index = readLabel(label, task.labels);
  return index < 0 ? undefined : index;
}

/** The bytes of a payload that is a Buffer. A window is an array of numbers and never a Buffer. */
export function bytesOf(payload: unknown): Uint8Array | undefined {
  return payload instanceof Uint8Array ? payload : undefined;
}

/** The action in `msg.action`, which is checked before the payload. @throws FtteError `message-invalid` */
export function actionOf<const Action extends string>(
  action: unknown,
  known: readonly Action[],
): Action | undefined {
  if (action === undefined || action === null || action === '') return undefined;
  const found = known.find((name) => name === action);
  if (found !== undefined) return found;
  throw new FtteError(
    'message-invalid',
    `msg.action is ${describeValue(action)}, expected one of ${known.join(', ')}`,
  );
}

function isNumbers(payload: unknown): payload is ArrayLike<unknown> {
  if (Array.isArray(payload)) return !Array.isArray(payload[0]) && !ArrayBuffer.isView(payload[0]);
  return ArrayBuffer.isView(payload) && !(payload instanceof DataView) && !(payload instanceof Uint8Array);
}

function isRows(payload: unknown): payload is readonly ArrayLike<unknown>[] {
  return Array.isArray(payload) && payload.every((row) => Array.isArray(row) || ArrayBuffer.isView(row));
}

/** Values that are not numbers (null, a text) become NaN, which the check then reports with its channel. */
function toFloats(values: ArrayLike<unknown>): Float32Array {
  if (values instanceof Float32Array) return values.slice();
  return Float32Array.from(values, (value) => (typeof value === 'number' ? value : Number.NaN));
}

function fromRows(rows: readonly ArrayLike<unknown>[], input: Task['input']): Float32Array {
  const channels = input.channels.length;
  const window = new Float32Array(rows.length * channels);
  rows.forEach((row, r) => {
    if (row.length !== channels) {
      throw new FtteError(
        'window-shape',
        `row ${r} of the window has ${row.length} channels, the task asks for ${wanted(input)}`,
        { row: r, got: row.length, wanted: channels },
      );
    }
    window.set(toFloats(row), r * channels);
  });
  return window;
}

function wanted(input: Task['input'], rows = input.length): string {
  return `[${rows}, ${input.channels.length}]: ${input.channels.map((channel) => channel.name).join(', ')}`;
}
