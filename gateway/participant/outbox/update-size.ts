import type { Selection } from '../../selection';
import type { Task } from '../../task';
import { encodeMessage, encodingOf } from '../../wire';

/**
 * From this number of values on, each value adds only the bytes of its encoding, because the length before the values
 * does not grow any more.
 */
const steady = 65_536;

/**
 * The bytes of one encoded update: the length of a real message with every delta zero, since encodings do not depend on
 * the values. The length of names changes it by a few bytes.
 */
export function updateBytes(
  task: Task,
  selection: Pick<Selection, 'plan' | 'updateElements' | 'memory'>,
): number {
  const { updateElements } = selection;
  // Encoding half a million values would block the event loop for too long.
  const more = Math.max(0, updateElements - steady);
  const bytes = encodedBytes(task, selection, updateElements - more);
  return Math.ceil(bytes + more * encodingOf(task.encoding.update).bytesPerValue);
}

function encodedBytes(
  task: Task,
  { plan, memory }: Pick<Selection, 'plan' | 'memory'>,
  values: number,
): number {
  const delta = { encoding: task.encoding.update, values: new Float32Array(values) };
  const envelope = { federation: 'federation', sender: 'gateway', sequence: 1 };
  return encodeMessage(envelope, {
    type: 'update',
    id: '0'.repeat(16),
    lineage: '0'.repeat(16),
    baseVersion: 1,
    plan,
    delta,
    samples: task.training.maxSamplesPerRound,
    steps: 1,
    variance: 0.5,
    lossBefore: 0.5,
    lossAfter: 0.5,
    durationMs: 1000.5,
    peakBytes: memory.peakBytes,
  }).length;
}
