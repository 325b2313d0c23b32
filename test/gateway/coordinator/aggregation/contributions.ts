import type { Contribution } from '../../../../gateway/coordinator/aggregation/contribution';

let count = 0;

/** A contribution on the first coordinates of the model, unless `fields` sets others. */
export function contribution(delta: readonly number[], fields: Partial<Contribution> = {}): Contribution {
  count++;
  return {
    sequence: count,
    id: count.toString(16).padStart(16, '0'),
    gateway: `gateway-${count}`,
    baseVersion: 0,
    samples: 1,
    steps: 1,
    variance: 0,
    segments: [{ offset: 0, length: delta.length }],
    bytes: 100,
    ...fields,
    delta: Float32Array.from(delta),
  };
}
