import { type LayerSpec, layerKind, type ModelSpec, type ParameterTensor, parameterLayout } from '../model';
import { type AxisMeaning, channelAxes, keepsApart } from './channel-axes';
import type { Task } from './schema';
import { taskModel } from './task';

/** The layers of a model by what they keep of the model before it. Layers have their names, such as `conv1d_1`. */
export interface CarriedLayers {
  /** Layers with all their parameters. */
  readonly kept: readonly string[];
  /** Layers that keep the parameters of the channels and labels that both tasks have. */
  readonly partly: readonly string[];
  /** Layers that begin as in a new model. */
  readonly fresh: readonly string[];
}

/**
 * Sorts the layers of a task's model by what they can keep of the model of another task. If the tasks have no channel in common, no
 * layer keeps anything: what it has learned is about other signals. A layer whose kernel cannot be kept keeps nothing either.
 */
export function carriedLayers(from: Task, to: Task): CarriedLayers {
  const { names } = taskModel(to);
  const layers = new Map<string, Fit[]>();
  for (const { target, fit } of copiesOf(from, to)) {
    const layer = names[target.layer]!;
    layers.set(layer, [...(layers.get(layer) ?? []), fit]);
  }
  const named = (wanted: Fit) =>
    [...layers].filter(([, fits]) => ofLayer(fits) === wanted).map(([name]) => name);
  return { kept: named('kept'), partly: named('partly'), fresh: named('fresh') };
}

/**
 * Carries the parameters of one task's model over to another's: a person who adds a label or a channel keeps what was
 * learned. A tensor whose shape fits is kept, unless its layer begins as in a new model (see `carriedLayers`). Of the first and the last layer with parameters, the parts of channels and
 * labels are kept by name: an added channel begins with zeros, so that the model answers as before, and an added label
 * begins as in a new model.
 * @param parameters of the model of `from`, `[size]` of its layout
 * @param start of the model of `to`, `[size]` of its layout: the parameters of a new model, which are changed
 */
export function carryOver(from: Task, parameters: Float32Array, to: Task, start: Float32Array): void {
  for (const each of copiesOf(from, to)) if (each.fit !== 'fresh') copy(each, parameters, start);
}

type Fit = 'kept' | 'partly' | 'fresh';

function ofLayer(fits: readonly Fit[]): Fit {
  const [first] = fits;
  return fits.every((fit) => fit === first) ? first! : 'partly';
}

/** The names of what an axis counts, before and after. */
interface Names {
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/** Which layers have axes that count channels or labels. */
interface NamedAxes {
  readonly layers: readonly LayerSpec[];
  /** The meaning of the last axis of each layer's input. */
  readonly inputs: readonly AxisMeaning[];
  readonly channels: Names;
  readonly outputLayer: number;
  readonly outputs: Names;
}

function namedAxes(from: Task, to: Task, model: ModelSpec): NamedAxes {
  const { layers, shapes, input } = model;
  const weighted = layers.flatMap((spec, i) =>
    layerKind(spec).tensors?.(spec, i === 0 ? input : shapes[i - 1]!).length ? [i] : [],
  );
  const channels = namesOf(from, to, ({ input: { channels } }) => channels.map(({ name }) => name));
  return {
    layers,
    inputs: channelAxes(model),
    channels,
    outputLayer: weighted.at(-1) ?? -1,
    outputs: to.kind === 'anomaly' ? channels : namesOf(from, to, ({ labels }) => labels),
  };
}

function namesOf(from: Task, to: Task, names: (task: Task) => readonly string[]): Names {
  return { before: names(from), after: names(to) };
}

/** A tensor, and the tensor before it that it takes numbers from. */
type Copying =
  | { readonly target: ParameterTensor; readonly fit: 'fresh' }
  | {
      readonly target: ParameterTensor;
      readonly fit: 'kept' | 'partly';
      readonly source: ParameterTensor;
      /** For each axis, where each of its indices was before; -1 for what was not there. */
      readonly places: readonly (readonly number[])[];
    };

function copiesOf(from: Task, to: Task): Copying[] {
  const after = taskModel(to);
  const old = new Map(parameterLayout(taskModel(from)).tensors.map((tensor) => [tensor.name, tensor]));
  const names = namedAxes(from, to, after);
  const { before, after: channels } = names.channels;
  const isRelated = channels.some((name) => before.includes(name));
  const copies = parameterLayout(after).tensors.map((target): Copying => {
    const source = isRelated ? old.get(target.name) : undefined;
    if (source?.shape.length !== target.shape.length) return { target, fit: 'fresh' };
    const places: (readonly number[])[] = [];
    for (let axis = 0; axis < target.shape.length; axis++) {
      const found = oldPlaces(source.shape, target, axis, names);
      if (!found || found.every((place) => place < 0)) return { target, fit: 'fresh' };
      places.push(found);
    }
    const fit = places.some((axis) => axis.includes(-1)) ? 'partly' : 'kept';
    return { target, fit, source, places };
  });
  // What goes with a kernel means nothing beside another one.
  const fresh = new Set(
    copies
      .filter(({ target, fit }) => target.role === 'kernel' && fit === 'fresh')
      .map(({ target }) => target.layer),
  );
  return copies.map((each) => (fresh.has(each.target.layer) ? { target: each.target, fit: 'fresh' } : each));
}

/** Copies what a tensor and the one before it have in common. */
function copy(
  { source, target, places }: Exclude<Copying, { fit: 'fresh' }>,
  from: Float32Array,
  to: Float32Array,
): void {
  const rank = places.length;
  const index = new Array<number>(rank).fill(0);
  for (let i = 0; i < target.size; i++) {
    let at = 0;
    let missing = -1;
    for (let axis = 0; axis < rank; axis++) {
      const place = places[axis]![index[axis]!]!;
      if (place < 0) missing = axis;
      at = at * source.shape[axis]! + place;
    }
    if (missing < 0) to[target.offset + i] = from[source.offset + at]!;
    // The numbers of an added channel change nothing until it is trained.
    else if (target.role === 'kernel' && missing === rank - 2) to[target.offset + i] = 0;
    for (let axis = rank - 1; axis >= 0 && ++index[axis]! === target.shape[axis]!; axis--) index[axis] = 0;
  }
}

/**
 * Finds the former place of each index of an axis; -1 for an index that was not there.
 * @returns undefined if the axis counts no names and has another size than before
 */
function oldPlaces(
  before: readonly number[],
  { role, shape, layer }: ParameterTensor,
  axis: number,
  { layers, inputs, channels, outputLayer, outputs }: NamedAxes,
): readonly number[] | undefined {
  const [old, size] = [before[axis], shape[axis]!];
  const isLast = axis === shape.length - 1;
  const isInput = role === 'kernel' && axis === shape.length - 2;
  const countsInput = isInput || (isLast && role !== 'kernel' && keepsApart(layers[layer]!));
  if (countsInput && inputs[layer] === 'channels') return byName(channels, old, size);
  // Where channels lie beside features, their places are not known once they change.
  if (countsInput && inputs[layer] === 'both' && String(channels.before) !== String(channels.after))
    return undefined;
  if (layer === outputLayer && isLast) return byName(outputs, old, size);
  return old === size ? Array.from({ length: size }, (_, i) => i) : undefined;
}

/** An axis that counts the names once, or once a row of a window that was made flat. */
function byName(
  { before, after }: Names,
  old: number | undefined,
  size: number,
): readonly number[] | undefined {
  const rows = size / after.length;
  if (!Number.isInteger(rows) || old !== rows * before.length)
    return old === size ? Array.from({ length: size }, (_, i) => i) : undefined;
  return Array.from({ length: size }, (_, i) => {
    const place = before.indexOf(after[i % after.length]!);
    return place < 0 ? -1 : Math.floor(i / after.length) * before.length + place;
  });
}
