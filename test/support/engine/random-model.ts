import {
  type LayerSpec,
  type LayerType,
  type Loss,
  layerKinds,
  type ModelSpec,
  outputShape,
  parameterLayout,
  resolveModel,
  type Shape,
} from '../../../gateway/model';
import { layerSchema } from '../../../gateway/model/layers';
import { FtteError, SeededRandom } from '../../../gateway/platform';
import { drawsOf, layerCase } from './layers';

const types = Object.keys(layerKinds) as LayerType[];

/**
 * A model of random layers, each of a kind that fits the shape before it, some named, some residual. Kinds are drawn
 * from all there are; what an exchange may melt (two reshapes in a row, a flatten of what is flat) is left out.
 */
export function randomModel(
  seed: number,
  kinds: (type: LayerSpec['type']) => boolean = () => true,
): ModelSpec {
  const random = new SeededRandom(seed);
  const input = [2 + random.integer(20), 1 + random.integer(5)];
  const layers: LayerSpec[] = [];
  const shapes: Shape[] = [];
  const shape = () => shapes.at(-1) ?? input;
  const add = (spec: LayerSpec) => {
    const joins = spec.type === 'add' || spec.type === 'concat';
    const second = joins ? shape() : undefined; // drawn among those of this shape
    shapes.push(outputShape(spec, shape(), layers.length, second));
    layers.push(spec);
  };
  /** A layer of its own over the model's input, and a join with what was reached. */
  const addBranch = (end: string) => {
    const reached = shape();
    const [rows, channels] = [input[0]!, reached.at(-1)!];
    if (reached.length !== 2 || reached[0] !== rows || layers.length === 0) return;
    add({ type: 'conv1d', name: end, filters: channels, kernel: 1, padding: 'same' });
    shapes.push(input);
    layers.push({ type: 'branch', from: 'input' });
    add({ type: 'conv1d', filters: channels, kernel: 3, padding: 'same' });
    add(random.uniform() < 0.5 ? { type: 'add', with: end } : { type: 'concat', with: end });
  };
  const wanted = 1 + random.integer(12);
  for (let i = 0; i < wanted; i++) {
    const own = random.uniform() < 0.3 ? { name: `own_${i}` } : {};
    if (kinds('branch') && random.uniform() < 0.1) addBranch(`end_${i}`);
    const before = layers.at(-1)?.type;
    // Not the layer just before: TensorFlow.js loses a value that is added to itself and taken once more.
    const peers = ['input', ...layers.map(({ name }) => name)].filter((name, index) => {
      const fits = index < layers.length && String([input, ...shapes][index]) === String(shape());
      return name !== undefined && fits;
    });
    const draws = drawsOf(random, shape(), peers as string[], layers.length === 0);
    const candidates = types.flatMap((type) => {
      const settings = kinds(type) && layerCase(type).draw(draws);
      if (!settings || (type === 'reshape' && before === 'reshape')) return [];
      // Pictures come of a reshape alone: it is drawn more often.
      return Array(type === 'reshape' ? 5 : 1).fill({ type, ...settings });
    });
    try {
      add(layerSchema.parse({ ...draws.pick(candidates), ...own }));
    } catch (error) {
      if (!(error instanceof FtteError)) throw error; // too short for this layer
    }
  }
  if (shape().length > 1) add({ type: 'flatten' });
  const units = 1 + random.integer(6);
  add({ type: 'dense', units });
  const loss: Loss = random.uniform() < 0.5 ? 'softmax-cross-entropy' : 'binary-cross-entropy';
  return resolveModel(input, layers, units, loss);
}

/** Parameters of any size and sign; variances as variances are. */
export function randomParameters(model: ModelSpec, seed: number): Float32Array {
  const random = new SeededRandom(seed);
  const { tensors, size } = parameterLayout(model);
  const parameters = Float32Array.from({ length: size }, () => 0.5 * random.normal());
  for (const { role, offset, size: length } of tensors) {
    if (role !== 'variance') continue;
    for (let i = offset; i < offset + length; i++) parameters[i] = 0.1 + Math.abs(parameters[i]!);
  }
  return parameters;
}
