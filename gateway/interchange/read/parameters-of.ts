import { type ModelSpec, type ParameterTensor, parameterLayout, type Shape } from '../../model';
import type { Problems } from '../format/problems';
import type { SavedLayer } from '../format/saved-graph';
import type { SavedWeight } from '../format/weights';
import { maxParameters } from '../format/weights-manifest';
import type { Piece } from '../layers';

/** The flat parameters of a model's pieces; what the file holds beside them is named. */
export function parametersOf(
  model: ModelSpec,
  pieces: readonly Piece[],
  weights: readonly SavedWeight[],
  problems: Problems,
): { parameters: Float32Array; unused: readonly string[] } {
  const layout = parameterLayout(model);
  if (layout.size > maxParameters) {
    problems.add(`its layers have ${layout.size} parameters, at most ${maxParameters} are read`);
    return { parameters: new Float32Array(), unused: [] };
  }
  const parameters = new Float32Array(layout.size);
  const used = new Set<SavedWeight>();
  const isCausal = model.layers.some((layer) => layer.type === 'conv1d' && layer.padding === 'causal');
  for (const tensor of layout.tensors) {
    const into = parameters.subarray(tensor.offset, tensor.offset + tensor.size);
    const piece = pieces[tensor.layer]!;
    const source = piece.weights[tensor.role] ?? [];
    if (typeof source === 'number') {
      into.fill(source);
      continue;
    }
    const weight = findWeight(piece, source, pieces, weights, problems);
    if (!weight) continue;
    used.add(weight);
    if (fits(weight, tensor)) into.set(weight.read(problems) ?? []);
    else
      problems.add(
        `weight ${weight.name} is [${weight.shape}], expected [${tensor.shape}] for its layer${isCausal ? causalHint : ''}`,
      );
  }
  return { parameters, unused: weights.filter((weight) => !used.has(weight)).map(({ name }) => name) };
}

/** TensorFlow.js builds models with causal convolutions, with other shapes than Keras, and cannot compute them. */
const causalHint =
  '; TensorFlow.js builds a causal Conv1D as if it had no padding: build the model with Keras, or without causal padding';

/** The weight of a tensor; its absence, and two that it could be, become problems. */
function findWeight(
  piece: Piece,
  names: readonly string[],
  pieces: readonly Piece[],
  weights: readonly SavedWeight[],
  problems: Problems,
): SavedWeight | undefined {
  const { layer } = piece;
  if (!layer) return undefined;
  const found = candidates(layer, names, pieces, weights);
  const [weight] = found;
  if (found.length === 1) return weight;
  const { ownName, name, className } = layer;
  const where = `layer "${name}" (${className})`;
  if (!weight) problems.add(`${where}: the file has no weight ${ownName}/${names.join(` or ${ownName}/`)}`);
  else problems.add(`${where}: which of ${found.map(({ name }) => name).join(', ')} is its ${names[0]}?`);
  return undefined;
}

/**
 * Weights by the layer's name on the way and the weight's at the end (`dense/kernel`, `model/dense/kernel:0`,
 * `gru/gru_cell/kernel`), with the names of nested models between if others end alike; or by their numbers, as a .keras
 * file has them (`layers/dense/vars/0`).
 */
function candidates(
  layer: SavedLayer,
  names: readonly string[],
  pieces: readonly Piece[],
  weights: readonly SavedWeight[],
): readonly SavedWeight[] {
  const ending = (steps: readonly string[]) =>
    weights.filter(({ name }) => {
      const path = name.replace(/:\d+$/, '').split('/');
      return (
        `/${path.slice(0, -1).join('/')}/`.includes(`/${steps.join('/')}/`) &&
        names.includes(path.at(-1) ?? '')
      );
    });
  const byName = nearest(ending([layer.ownName]), layer.ownName);
  if (byName.length > 1) {
    const nested = ending([...layer.scope, layer.ownName]);
    return nested.length > 0 ? nested : byName;
  }
  if (byName.length === 1) return byName;
  const order = pieces
    .filter((piece) => piece.layer === layer)
    .flatMap(({ weights }) => Object.values(weights));
  const number = order.filter((source) => typeof source !== 'number').indexOf(names);
  const byNumber = ['vars', 'cell/vars'].flatMap((folder) =>
    weights.filter(({ name }) => name === `${layer.store}/${folder}/${number}`),
  );
  // Keras 2 names the statistics of a Normalization without its layer.
  return byNumber.length > 0 ? byNumber : weights.filter(({ name }) => names.includes(name));
}

/** Those with the layer's name nearest to their end: a model may have the name of a layer in it. */
function nearest(weights: readonly SavedWeight[], name: string): readonly SavedWeight[] {
  const distances = weights.map((weight) => weight.name.split('/').reverse().indexOf(name));
  const least = Math.min(...distances);
  return weights.filter((_, i) => distances[i] === least);
}

/** Equal but for axes of length one, which kernels of a flat and a picture's layer differ in. */
function fits(weight: SavedWeight, tensor: ParameterTensor): boolean {
  const longer = (shape: Shape) => String(shape.filter((length) => length !== 1));
  return longer(weight.shape) === longer(tensor.shape);
}
