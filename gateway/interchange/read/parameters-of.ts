import { type ModelSpec, type ParameterTensor, parameterLayout, type Shape } from '../../model';
import type { Problems } from '../format/problems';
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
  for (const tensor of layout.tensors) {
    const into = parameters.subarray(tensor.offset, tensor.offset + tensor.size);
    const piece = pieces[tensor.layer]!;
    const source = piece.weights[tensor.role] ?? [];
    if (typeof source === 'number') {
      into.fill(source);
      continue;
    }
    const weight = findWeight(piece, source, weights, problems);
    if (!weight) continue;
    used.add(weight);
    if (fits(weight, tensor)) into.set(weight.read(problems) ?? []);
    else problems.add(`weight ${weight.name} is [${weight.shape}], expected [${tensor.shape}] for its layer`);
  }
  return { parameters, unused: weights.filter((weight) => !used.has(weight)).map(({ name }) => name) };
}

/** `dense/kernel`, `model/dense/kernel:0`, `gru/gru_cell/kernel`: the layer's name on the way, the weight's at the end. */
function findWeight(
  { layer }: Piece,
  names: readonly string[],
  weights: readonly SavedWeight[],
  problems: Problems,
): SavedWeight | undefined {
  const own = layer?.name ?? '';
  const found = weights.filter(({ name }) => {
    const steps = name.replace(/:\d+$/, '').split('/');
    return `/${steps.slice(0, -1).join('/')}/`.includes(`/${own}/`) && names.includes(steps.at(-1) ?? '');
  });
  const [weight] = found;
  if (found.length === 1) return weight;
  const where = `layer "${own}" (${layer?.className})`;
  if (!weight) problems.add(`${where}: the file has no weight ${own}/${names.join(` or ${own}/`)}`);
  else problems.add(`${where}: which of ${found.map(({ name }) => name).join(', ')} is its ${names[0]}?`);
  return undefined;
}

/** Equal but for axes of length one, which kernels of a flat and a picture's layer differ in. */
function fits(weight: SavedWeight, tensor: ParameterTensor): boolean {
  const longer = (shape: Shape) => String(shape.filter((length) => length !== 1));
  return longer(weight.shape) === longer(tensor.shape);
}
