import type { Selection } from '../selection';
import type { Task } from '../task';
import { encodeMessage } from '../wire';

/**
 * Bytes of one update as it travels: the length of a real message with every delta zero, since fixed-width encodings
 * do not depend on the values. Longer or shorter names add or take a few bytes.
 */
export function updateBytes(
  task: Task,
  { plan, updateElements, memory }: Pick<Selection, 'plan' | 'updateElements' | 'memory'>,
): number {
  const delta = { encoding: task.encoding.update, values: new Float32Array(updateElements) };
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
