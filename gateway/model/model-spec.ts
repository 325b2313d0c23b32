import { FtteError } from '../platform';
import { type LayerSpec, layerKind, type Shape, sizeOf } from './layer-kinds';
import { outputShape } from './layer-shapes';

/**
 * Loss that trains a model; it says what the numbers at its end mean. `binary-cross-entropy` takes logits, each a yes or
 * no: one output for two labels (is it the second?), else one for each label. `huber` is quadratic up to an error of 1 and
 * linear beyond (Huber 1964).
 */
export type Loss = 'softmax-cross-entropy' | 'binary-cross-entropy' | 'mean-squared-error' | 'huber';

/**
 * Target of an example. `class`: its label. `input`: the input itself (an autoencoder). `following`: chosen
 * channels of the `rows` rows that follow the input in the sample, `[rows, channels.length]`.
 */
export type Target =
  | { readonly kind: 'class' }
  | { readonly kind: 'input' }
  | { readonly kind: 'following'; readonly rows: number; readonly channels: readonly number[] };

/** A model with every shape settled, as the engine compiles it. Pure data. */
export interface ModelSpec {
  /** Shape of one input example, `[length, channels]`. */
  readonly input: Shape;
  readonly layers: readonly LayerSpec[];
  readonly loss: Loss;
  readonly target: Target;
  /** Shape after each layer; `shapes[i]` is the output of `layers[i]`. */
  readonly shapes: readonly Shape[];
  /** Name of each layer, unique: its own, or like Keras `conv1d`, `conv1d_1`. */
  readonly names: readonly string[];
  /** For each `add`, `concat` and `branch`, by its index: the earlier layer that it reads, -1 for the model's input. */
  readonly seconds: Readonly<Record<number, number>>;
  /** Length of the output vector (values of the last shape). */
  readonly outputs: number;
}

/**
 * Infers the shapes of a layer list.
 * @param outputs number of values that the task expects at the end
 * @throws FtteError `model-invalid` naming the layer, the shape it got and the shape it expected
 */
export function resolveModel(
  input: Shape,
  layers: readonly LayerSpec[],
  outputs: number,
  loss: Loss,
  target: Target = { kind: 'class' },
): ModelSpec {
  const names = layerNames(layers);
  const seconds = secondInputs(layers, names);
  requireJoins(layers, names, seconds);
  const shapes: Shape[] = [];
  let shape = input;
  layers.forEach((layer, index) => {
    const second = seconds[index];
    const other = second === undefined ? undefined : second < 0 ? input : shapes[second];
    shape = outputShape(layer, shape, index, other);
    shapes.push(shape);
  });
  const fits =
    target.kind === 'class' ? shape.length === 1 && shape[0] === outputs : sizeOf(shape) === outputs;
  if (!fits) {
    throw new FtteError(
      'model-invalid',
      `the last layer gives [${shape}], the task expects [${outputs}] (one number per output)`,
      { got: `[${shape}]`, wanted: outputs },
    );
  }
  return { input, layers, loss, target, shapes, names, seconds, outputs };
}

/** Rows of a sample: those of the input and, for a forecast, those that follow it. */
export const sampleRows = (model: Pick<ModelSpec, 'input' | 'target'>): number =>
  model.input[0]! + (model.target.kind === 'following' ? model.target.rows : 0);

/** Whether one output alone decides between two classes. */
export const isBinary = ({ loss, outputs }: Pick<ModelSpec, 'loss' | 'outputs'>): boolean =>
  loss === 'binary-cross-entropy' && outputs === 1;

/** Number of classes; 0 if the target is not a class. */
export const classesOf = (model: Pick<ModelSpec, 'loss' | 'outputs' | 'target'>): number =>
  model.target.kind !== 'class' ? 0 : isBinary(model) ? 2 : model.outputs;

function layerNames(layers: readonly LayerSpec[]): string[] {
  const counts = new Map<string, number>();
  const names: string[] = [];
  layers.forEach((layer, index) => {
    const count = counts.get(layer.type) ?? 0;
    counts.set(layer.type, count + 1);
    const name = layer.name ?? (count === 0 ? layer.type : `${layer.type}_${count}`);
    if (names.includes(name) || name === 'input') {
      throw new FtteError('model-invalid', `layer ${index} (${layer.type}): the name "${name}" is taken`, {
        layer: index,
        type: layer.type,
      });
    }
    names.push(name);
  });
  return names;
}

/** Sparse, because JSON has no undefined: so a model survives a round trip through JSON. */
function secondInputs(layers: readonly LayerSpec[], names: readonly string[]): Record<number, number> {
  const seconds: Record<number, number> = {};
  layers.forEach((layer, index) => {
    const second = secondInput(layer, index, names);
    if (second !== undefined) seconds[index] = second;
  });
  return seconds;
}

function secondInput(layer: LayerSpec, index: number, names: readonly string[]): number | undefined {
  const setting = layerKind(layer).secondInput;
  if (setting === undefined) return undefined;
  const name = (layer as Partial<Record<typeof setting, string>>)[setting];
  if (name === 'input') return -1;
  const second = names.indexOf(name ?? '');
  if (second >= 0 && second < index) return second;
  const known = ['input', ...names.slice(0, index)].join(', ');
  throw new FtteError(
    'model-invalid',
    `layer ${index} (${layer.type}): ${setting} is "${name}", expected a layer before it: ${known}`,
    { layer: index, type: layer.type },
  );
}

/** @throws FtteError `model-invalid` where a branch ends that no later layer takes */
function requireJoins(
  layers: readonly LayerSpec[],
  names: readonly string[],
  seconds: Readonly<Record<number, number>>,
): void {
  const taken = new Set(Object.values(seconds));
  layers.forEach((layer, index) => {
    const end = index - 1;
    if (!layerKind(layer).startsBranch || taken.has(end)) return;
    const before = end < 0 ? 'input' : names[end];
    throw new FtteError(
      'model-invalid',
      `layer ${index} (${layer.type}): no later layer takes what "${before}" before it gives, expected an add or concat with it`,
      { layer: index, type: layer.type },
    );
  });
}
