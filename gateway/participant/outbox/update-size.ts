import { checkSegment } from '../../masking';
import { SeededRandom } from '../../platform';
import type { Selection } from '../../selection';
import type { Task } from '../../task';
import { chooseEncoding, encodeMessage, encodingOf, type TensorEncoding } from '../../wire';

/**
 * From this number of values on, each value adds only the bytes of its encoding, because the length before the values
 * does not grow any more.
 */
const steady = 65_536;
/** The same of an encoding whose bytes depend on the values; encoding more would take too long. */
const typical = 8192;

/** The encoding of an update. */
export const updateEncoding = ({ encoding, aggregation }: Task, values: number): TensorEncoding =>
  aggregation.masked ? 'masked' : chooseEncoding('update', encoding.update, values);

/**
 * The bytes of one encoded update: the length of a real message. If its encoding depends on the values, they are random
 * numbers, normal and of one size, which take a tenth more than those of a real one. A plan that the coordinator knows takes
 * 10 bytes instead of those counted here.
 */
export function updateBytes(task: Task, selection: Pick<Selection, 'plan' | 'updateElements'>): number {
  const encoding = updateEncoding(task, selection.updateElements);
  const checks = encoding === 'masked' ? checkSegment.length : 0;
  const updateElements = selection.updateElements + checks;
  const { bytesPerValue, relativeStep } = encodingOf(encoding);
  // Encoding half a million values would block the event loop for too long.
  const more = Math.max(0, updateElements - (relativeStep === undefined ? steady : typical));
  const values = new Float32Array(updateElements - more);
  if (relativeStep !== undefined) {
    const random = new SeededRandom(1);
    for (let i = 0; i < values.length; i++) values[i] = random.normal();
  }
  return Math.ceil(encodedBytes(task, selection, { encoding, values }) + more * bytesPerValue);
}

function encodedBytes(
  task: Task,
  { plan }: Pick<Selection, 'plan'>,
  delta: { readonly encoding: TensorEncoding; readonly values: Float32Array },
): number {
  // The topic names federation and sender.
  const envelope = { federation: '', sender: '' };
  const id = '0'.repeat(16);
  const loss = delta.encoding === 'masked' ? Number.NaN : 0.5;
  return encodeMessage(envelope, {
    type: 'update',
    id,
    lineage: id,
    baseVersion: 1,
    plan,
    delta,
    samples: task.training.maxSamplesPerRound,
    steps: 1,
    variance: delta.encoding === 'masked' ? 0 : 0.5,
    lossBefore: loss,
    lossAfter: loss,
    ...(delta.encoding === 'masked' && { masks: { epoch: '0'.repeat(64), setup: id } }),
  }).length;
}
