import type { ModelSpec, ParameterLayout, ParameterTensor, PlanEntry } from '../../model';
import type { Optimiser } from '../../task';

/** The least that is chosen by itself: an input channel of a kernel, or a kernel that is trained whole or not at all. */
export interface Unit {
  /** Index into `ParameterLayout.tensors`. */
  readonly tensor: number;
  /** Undefined: the whole tensor. */
  readonly channel: number | undefined;
  /** Elements of the flat vector. */
  readonly size: number;
  /** Place among the model's units. */
  readonly place: number;
}

/** Whether a tensor is worth choosing; other trainable tensors hold one or two numbers per channel and come along. */
export const isKernel = ({ role }: ParameterTensor): boolean => role === 'kernel' || role === 'recurrent';

/** Every unit of a model, in the layout's order: the order of the scores in `ImportanceScores`. */
export function selectionUnits(layout: ParameterLayout): Unit[] {
  const units: Unit[] = [];
  layout.tensors.forEach((tensor, index) => {
    if (!tensor.trainable || !isKernel(tensor)) return;
    const { inputChannels } = tensor;
    const size = tensor.size / Math.max(1, inputChannels);
    for (let channel = 0; channel < Math.max(1, inputChannels); channel++) {
      const part = inputChannels === 0 ? undefined : channel;
      units.push({ tensor: index, channel: part, size, place: units.length });
    }
  });
  return units;
}

/** The layer that is always trained: the last that has parameters. */
export const outputLayer = ({ tensors }: ParameterLayout): number =>
  tensors.reduce((last, { layer, trainable }) => (trainable ? Math.max(last, layer) : last), 0);

/** Everything of the output layer that can be trained. */
export function outputEntries(layout: ParameterLayout): PlanEntry[] {
  const last = outputLayer(layout);
  return layout.tensors.flatMap(({ layer, trainable }, tensor) =>
    trainable && layer === last ? [{ tensor }] : [],
  );
}

/**
 * The plan entries of some units below the output layer, with the output layer, ascending; a kernel with all its
 * channels is named whole. Backward passes through every layer from the lowest chosen one up anyway: their biases and
 * shifts come along, they take bytes by the dozen. A normalisation's scale would have its layer keep an activation, and
 * comes only with the kernel before it.
 */
export function entriesOf(layout: ParameterLayout, units: Iterable<Unit>): PlanEntry[] {
  const { tensors } = layout;
  const last = outputLayer(layout);
  const chosen = new Map<number, (number | undefined)[]>();
  let lowest = last;
  for (const { tensor, channel } of units) {
    lowest = Math.min(lowest, tensors[tensor]?.layer ?? lowest);
    const channels = chosen.get(tensor);
    if (channels) channels.push(channel);
    else chosen.set(tensor, [channel]);
  }
  const entries: PlanEntry[] = [];
  let kernelChosen = false;
  tensors.forEach((tensor, index) => {
    if (!tensor.trainable) return;
    const { layer, role, inputChannels } = tensor;
    if (isKernel(tensor)) kernelChosen = chosen.has(index);
    if (layer === last) entries.push({ tensor: index });
    else if (isKernel(tensor)) {
      const channels = chosen.get(index);
      if (!channels) return;
      const whole = inputChannels === 0 || channels.length === inputChannels;
      const named = channels.filter((channel) => channel !== undefined).sort((a, b) => a - b);
      entries.push(whole ? { tensor: index } : { tensor: index, channels: named });
    } else if (layer >= lowest && (role !== 'gamma' || kernelChosen)) entries.push({ tensor: index });
  });
  return entries;
}

/** L2 norm of the elements of a unit. `flat` is the whole parameter vector, or a gradient of it. */
export function unitNorm(
  layout: ParameterLayout,
  { tensor: index, channel }: Unit,
  flat: Float32Array,
): number {
  const { offset, size, shape, inputChannels } = layout.tensors[index]!; // a unit names a tensor of its layout
  const outputs = channel === undefined ? size : (shape.at(-1) ?? 1);
  const stride = channel === undefined ? size : inputChannels * outputs;
  let sum = 0;
  for (let at = (channel ?? 0) * outputs; at < size; at += stride) {
    for (let i = offset + at; i < offset + at + outputs; i++) sum += flat[i]! * flat[i]!;
  }
  return Math.sqrt(sum);
}

/** Bytes that training a unit takes with one example at a time: a closed form, for search only. */
export function unitBytes(
  model: ModelSpec,
  layout: ParameterLayout,
  optimiser: Optimiser,
  { tensor: index, size, channel }: Unit,
): number {
  const { layer } = layout.tensors[index]!; // as above
  const input = layer === 0 ? model.input : model.shapes[layer - 1]!;
  const positions = input.slice(0, -1).reduce((product, length) => product * length, 1);
  const saved = positions * (channel === undefined ? input.at(-1)! : 1);
  return 4 * (trainedCopies(optimiser) * size + saved);
}

/**
 * Values of a trained element beside the parameter itself: with SGD its velocity, in which gradients are summed, or the
 * gradient alone; with Adam the gradient, two moments and the round's sum.
 */
const trainedCopies = ({ kind }: Optimiser): number => (kind === 'adam' ? 4 : 1);

/** Units by falling score; ties by their place, so that every gateway puts them in the same order. */
export function byScore(units: readonly Unit[], score: (unit: Unit) => number): Unit[] {
  return units
    .map((unit) => ({ unit, score: score(unit) }))
    .sort((a, b) => b.score - a.score || a.unit.place - b.unit.place)
    .map(({ unit }) => unit);
}
