import type { Selection } from '../../selection';
import type { Task } from '../../task';
import { encodeMessage } from '../../wire';

/** From so many values on, a value more is the same number of bytes more: the length before them has its largest form. */
const steady = 65_536;

/**
 * Bytes of one update as it travels: the length of a real message with every delta zero, since fixed-width encodings
 * do not depend on the values. Longer or shorter names add or take a few bytes.
 */
export function updateBytes(
  task: Task,
  selection: Pick<Selection, 'plan' | 'updateElements' | 'memory'>,
): number {
  const more = selection.updateElements - steady;
  if (more <= 1) return encodedBytes(task, selection, selection.updateElements);
  // Encoding half a million values would take longer than an event loop should wait.
  const least = encodedBytes(task, selection, steady);
  return least + more * (encodedBytes(task, selection, steady + 1) - least);
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
