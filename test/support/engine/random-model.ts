import {
  type LayerSpec,
  type Loss,
  type ModelSpec,
  outputShape,
  parameterLayout,
  resolveModel,
  type Shape,
} from '../../../gateway/model';
import { layerSchema } from '../../../gateway/model/layers';
import { FtteError, type Random, SeededRandom } from '../../../gateway/platform';

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
    const second = spec.type === 'add' ? shape() : undefined; // drawn among those of this shape
    shapes.push(outputShape(spec, shape(), layers.length, second));
    layers.push(spec);
  };
  const wanted = 1 + random.integer(12);
  for (let i = 0; i < wanted; i++) {
    const own = random.uniform() < 0.3 ? { name: `own_${i}` } : {};
    const before = layers.at(-1)?.type;
    // Not the layer just before: TensorFlow.js loses a value that is added to itself and taken once more.
    const peers = ['input', ...layers.map(({ name }) => name)].filter((name, index) => {
      const fits = index < layers.length && String([input, ...shapes][index]) === String(shape());
      return name !== undefined && fits;
    });
    const drawn = draw(random, shape(), peers as string[]);
    if (!kinds(drawn.type) || (drawn.type === 'reshape' && before === 'reshape')) continue;
    try {
      add(layerSchema.parse({ ...drawn, ...own }));
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

/** @param peers names of what has the shape, for an `add` */
function draw(random: Random, shape: Shape, peers: readonly string[]): LayerSpec {
  const pick = <T>(items: readonly T[]): T => items[random.integer(items.length)]!;
  const bias = random.uniform() < 0.3 ? { bias: false as const } : {};
  const stride = random.uniform() < 0.3 ? { stride: 2 } : {};
  const size = 1 + random.integer(3);
  const kernel = pick<number | [number, number]>([size, [2, 3]]);
  const padding = pick(['same', 'valid'] as const);
  const [length = 1, channels = 1] = shape;
  const halved = (...rest: number[]): LayerSpec[] =>
    length % 2 === 0 ? [{ type: 'reshape', shape: [length / 2, ...rest] }] : [];
  const everywhere: LayerSpec[] = [
    { type: pick(['relu', 'relu6', 'tanh', 'sigmoid'] as const) },
    { type: 'batchnorm', epsilon: pick([0.001, 1e-5]) },
    { type: 'dropout', rate: 0.25 },
    ...(peers.length > 0 ? [{ type: 'add', with: pick(peers) } as const] : []),
  ];
  const flat: LayerSpec[] = [{ type: 'dense', units: 2 * size, ...bias }, ...halved(2)];
  const rows: LayerSpec[] = [
    { type: 'conv1d', filters: size, kernel: size, ...stride, padding, ...bias },
    { type: 'depthwiseconv1d', kernel: size, ...stride, padding, ...bias },
    { type: 'gru', units: size, ...pick([{}, { sequences: true }]) },
    { type: pick(['maxpool1d', 'averagepool1d'] as const), size },
    ...(length < 40 ? [{ type: 'upsampling1d', size } as const] : []),
    { type: pick(['globalaveragepool1d', 'flatten'] as const) },
    // Not one wide: that is how flat layers are written where a format has none.
    ...halved(2, channels),
  ];
  const picture: LayerSpec[] = [
    { type: 'conv2d', filters: size, kernel, ...stride, padding, ...bias },
    { type: 'depthwiseconv2d', kernel, ...stride, padding, ...bias },
    {
      type: pick(['maxpool2d', 'averagepool2d'] as const),
      size: pick<number | [number, number]>([2, [1, 2]]),
    },
    { type: pick(['globalaveragepool2d', 'flatten'] as const) },
  ];
  return pick([...everywhere, ...(shape.length === 1 ? flat : shape.length === 2 ? rows : picture)]);
}
