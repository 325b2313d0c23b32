import type { TaskInput } from '../../gateway/task';

/**
 * Settings of a task whose rounds take milliseconds: windows of `[8, 2]`, two labels, and a model of two dense layers.
 * @param units of the layer in the middle
 */
export const smallTask = (units: number) =>
  ({
    input: {
      channels: [{ name: 'a' }, { name: 'b' }],
      rateHz: 10,
      length: 8,
      hop: 8,
      normalisation: 'none',
    },
    labels: ['still', 'moving'],
    model: {
      layers: [{ type: 'flatten' }, { type: 'dense', units }, { type: 'relu' }, { type: 'dense', units: 2 }],
    },
  }) satisfies Partial<TaskInput>;
