import type { ParameterLayout, ParameterTensor, Plan, PlanEntry } from '../../model';

/** The smallest plan that holds all parameters in which two models differ. Only what can be trained is compared. */
export function changedPlan(layout: ParameterLayout, a: Float32Array, b: Float32Array): Plan {
  const entries = layout.tensors.flatMap((tensor, index): PlanEntry[] => {
    if (!tensor.trainable) return [];
    const { inputChannels, size } = tensor;
    if (inputChannels === 0) return differs(a, b, tensor.offset, size) ? [{ tensor: index }] : [];
    const channels = changedChannels(tensor, a, b);
    if (channels.length === 0) return [];
    return [channels.length === inputChannels ? { tensor: index } : { tensor: index, channels }];
  });
  return { entries, microBatch: 1 };
}

/** The input channels of a tensor whose slices differ, ascending. */
function changedChannels(
  { offset, size, shape, inputChannels }: ParameterTensor,
  a: Float32Array,
  b: Float32Array,
): number[] {
  const outputs = shape.at(-1) ?? 1;
  const positions = size / (inputChannels * outputs);
  const found: number[] = [];
  for (let channel = 0; channel < inputChannels; channel++) {
    for (let position = 0; position < positions; position++) {
      if (!differs(a, b, offset + (position * inputChannels + channel) * outputs, outputs)) continue;
      found.push(channel);
      break;
    }
  }
  return found;
}

function differs(a: Float32Array, b: Float32Array, offset: number, length: number): boolean {
  for (let i = offset; i < offset + length; i++) if (a[i] !== b[i]) return true;
  return false;
}
