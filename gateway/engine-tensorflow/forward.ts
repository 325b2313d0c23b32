import type { Tensor, Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs';
import { windowFeatures } from '../engine';
import type { BothWays, LayerOf, LayerSpec, LayerType, ModelSpec, ParameterRole } from '../model';
import { bothWays, planFeatures } from '../model';
import type { TensorFlow } from './tensorflow';

/** The tensors of one layer. */
export type LayerTensors = Partial<Record<ParameterRole, Tensor>>;
/** Factors of a dropout, given the shape with the batch in front. */
export type DropoutMask = (rate: number, shape: readonly number[]) => Float32Array;

/**
 * The model as TensorFlow operations.
 * @param x `[batch, ...model.input]`
 * @param layers the tensors of each layer
 * @returns the output of the last layer, `[batch, ...]`, before softmax or sigmoid
 */
export function forward(
  tf: TensorFlow,
  model: ModelSpec,
  x: Tensor,
  layers: readonly LayerTensors[],
  mask?: DropoutMask,
): Tensor {
  const outputs: Tensor[] = [];
  let value = x;
  model.layers.forEach((spec, index) => {
    const layer = model.seconds[index];
    const second = layer === undefined || layer < 0 ? x : outputs[layer]!;
    // The table ties each kind to its own settings, which an index by a union loses.
    const operation = operations[spec.type] as Operation<LayerSpec>;
    value = operation(tf, value, spec, { tensors: layers[index] ?? {}, second, mask });
    outputs.push(value);
  });
  return value;
}

/** The other inputs of a layer's operation. */
interface Operands {
  readonly tensors: LayerTensors;
  /** The second input of a layer that has two. */
  readonly second: Tensor;
  readonly mask: DropoutMask | undefined;
}

type Operation<S extends LayerSpec> = (tf: TensorFlow, x: Tensor, spec: S, operands: Operands) => Tensor;

const operations: { readonly [Type in LayerType]: Operation<LayerOf<Type>> } = {
  dense: (tf, x, _, { tensors }) =>
    withBias(tf, tf.matMul(x as Tensor2D, tensors.kernel as Tensor2D), tensors),
  conv1d: (tf, x, spec, { tensors }) =>
    withBias(tf, convolvedRows(tf, x as Tensor3D, spec, tensors), tensors),
  conv2d: (tf, x, { stride, padding }, { tensors }) =>
    withBias(tf, tf.conv2d(x as Tensor4D, tensors.kernel as Tensor4D, pair(stride), padding), tensors),
  depthwiseconv1d(tf, x, { stride = 1, padding }, { tensors }) {
    const kernel = tf.expandDims(tensors.kernel!, 1) as Tensor4D;
    const y = tf.depthwiseConv2d(picture(tf, x), kernel, [stride, stride], padding);
    return withBias(tf, tf.squeeze(y, [2]), tensors);
  },
  depthwiseconv2d(tf, x, { stride, padding }, { tensors }) {
    const y = tf.depthwiseConv2d(x as Tensor4D, tensors.kernel as Tensor4D, pair(stride), padding);
    return withBias(tf, y, tensors);
  },
  gru: (tf, x, spec, { tensors }) => gru(tf, x as Tensor3D, spec, tensors),
  lstm: (tf, x, spec, { tensors }) => lstm(tf, x as Tensor3D, spec, tensors),
  batchnorm(tf, x, { epsilon }, { tensors }) {
    const { gamma, beta, mean, variance } = tensors as Record<ParameterRole, Tensor>;
    const scale = tf.div(gamma, tf.sqrt(tf.add(variance, epsilon)));
    return tf.add(tf.mul(tf.sub(x, mean), scale), beta);
  },
  layernorm(tf, x, { epsilon }, { tensors }) {
    const { gamma, beta } = tensors as Record<ParameterRole, Tensor>;
    const { mean, variance } = tf.moments(x, -1, true);
    return tf.add(tf.mul(tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, epsilon))), gamma), beta);
  },
  groupnorm(tf, x, { epsilon, groups }, { tensors }) {
    const { gamma, beta } = tensors as Record<ParameterRole, Tensor>;
    const grouped = tf.reshape(x, [x.shape[0]!, -1, groups, x.shape.at(-1)! / groups]);
    const { mean, variance } = tf.moments(grouped, [1, 3], true);
    const whole = tf.reshape(tf.div(tf.sub(grouped, mean), tf.sqrt(tf.add(variance, epsilon))), x.shape);
    return tf.add(tf.mul(whole, gamma), beta);
  },
  relu: (tf, x) => tf.relu(x),
  relu6: (tf, x) => tf.relu6(x),
  leakyrelu: (tf, x, { slope }) => tf.leakyRelu(x, slope),
  elu: (tf, x, { alpha }) => tf.add(tf.relu(x), tf.mul(alpha, tf.expm1(tf.minimum(x, 0)))),
  tanh: (tf, x) => tf.tanh(x),
  sigmoid: (tf, x) => tf.sigmoid(x),
  dropout: (tf, x, { rate }, { mask }) =>
    mask && rate > 0 ? tf.mul(x, tf.tensor(mask(rate, x.shape), x.shape)) : x,
  add: (tf, x, _, { second }) => tf.add(x, second),
  concat: (tf, x, { after }, { second }) => tf.concat(after ? [x, second] : [second, x], -1),
  branch: (_tf, _x, _spec, { second }) => second,
  features: (tf, _, spec, { second }) => featuresOf(tf, second, spec),
  maxpool1d: (tf, x, spec) => tf.squeeze(pooled(tf, picture(tf, x), spec, 'max'), [2]),
  averagepool1d: (tf, x, spec) => tf.squeeze(pooled(tf, picture(tf, x), spec, 'avg'), [2]),
  maxpool2d: (tf, x, spec) => pooled(tf, x as Tensor4D, spec, 'max'),
  averagepool2d: (tf, x, spec) => pooled(tf, x as Tensor4D, spec, 'avg'),
  globalaveragepool1d: (tf, x) => tf.mean(x, 1),
  globalaveragepool2d: (tf, x) => tf.mean(x, [1, 2]),
  globalmaxpool1d: (tf, x) => globalMax(tf, picture(tf, x)),
  globalmaxpool2d: (tf, x) => globalMax(tf, x as Tensor4D),
  zeropadding1d: (tf, x, { before, after }) => padded(tf, x, before, after),
  upsampling1d(tf, x, { size }) {
    const [batch = 1, length = 1, channels = 1] = x.shape;
    const repeated = tf.tile(tf.expandDims(x, 2), [1, 1, size, 1]);
    return tf.reshape(repeated, [batch, length * size, channels]);
  },
  flatten: (tf, x) => tf.reshape(x, [x.shape[0]!, -1]),
  reshape: (tf, x, { shape }) => tf.reshape(x, [x.shape[0]!, ...shape]),
};

/**
 * The largest value of each channel. The gradient goes to one place, as in our engine: that of `tf.max` goes to every place
 * with the same value, whole, and the zeros after a ReLU are alike.
 */
function globalMax(tf: TensorFlow, x: Tensor4D): Tensor {
  const [batch, height, width, channels] = x.shape;
  return tf.reshape(tf.maxPool(x, [height, width], 1, 'valid'), [batch, channels]);
}

/** The features of windows, computed outside of TensorFlow, which has no sort that fits: no gradient goes through them. */
function featuresOf(tf: TensorFlow, windows: Tensor, spec: LayerOf<'features'>): Tensor {
  const [count = 0, ...shape] = windows.shape;
  const plan = planFeatures(spec, shape);
  const size = plan.length * plan.channels;
  const values = windows.dataSync();
  const rows = Array.from({ length: count }, (_, i) =>
    windowFeatures(values.subarray(i * size, (i + 1) * size), plan),
  );
  return tf.tensor2d(rows);
}

/** Rows as a picture one wide. */
const picture = (tf: TensorFlow, x: Tensor) => tf.expandDims(x, 2) as Tensor4D;

const pair = (value: BothWays | undefined) => [...bothWays(value)] as [number, number];

/** TensorFlow.js counts the taps beyond the edges in the gradient of a mean: there it is a sum over their number. */
function pooled(tf: TensorFlow, x: Tensor4D, spec: Pooling, kind: 'max' | 'avg'): Tensor {
  const flat = spec.type.endsWith('1d');
  const both = (value: BothWays): [number, number] => (flat ? [value as number, 1] : pair(value));
  const { padding = 'valid' } = spec;
  const [size, stride] = [both(spec.size), both(spec.stride ?? spec.size)];
  if (kind === 'max') return tf.maxPool(x, size, stride, padding);
  if (padding === 'valid') return tf.avgPool(x, size, stride, padding);
  const pads = size.map((taps, way) => {
    const [length, step] = [x.shape[way + 1]!, stride[way]!];
    const all = Math.max((Math.ceil(length / step) - 1) * step + taps - length, 0);
    return [Math.floor(all / 2), all - Math.floor(all / 2)] as [number, number];
  });
  const sums = (value: Tensor4D) =>
    tf.avgPool(
      tf.pad(value, [[0, 0], ...pads, [0, 0]] as [number, number][]) as Tensor4D,
      size,
      stride,
      'valid',
    );
  return tf.div(sums(x), sums(tf.onesLike(x) as Tensor4D));
}

type Pooling = LayerOf<'maxpool1d' | 'averagepool1d' | 'maxpool2d' | 'averagepool2d'>;

const withBias = (tf: TensorFlow, x: Tensor, { bias }: LayerTensors): Tensor => (bias ? tf.add(x, bias) : x);

/** Rows of zeros before and after those of each example. */
const padded = (tf: TensorFlow, x: Tensor, before: number, after: number) =>
  tf.pad(x, [
    [0, 0],
    [before, after],
    [0, 0],
  ]) as Tensor3D;

/** TensorFlow.js has no causal padding, and no gradients of a dilated convolution: that is a sum over its taps. */
function convolvedRows(
  tf: TensorFlow,
  x: Tensor3D,
  { kernel: taps, stride = 1, dilation = 1, padding }: LayerOf<'conv1d'>,
  tensors: LayerTensors,
): Tensor {
  const kernel = tensors.kernel as Tensor3D;
  const reach = (taps - 1) * dilation;
  if (reach === 0 || (dilation === 1 && padding !== 'causal'))
    return tf.conv1d(x, kernel, stride, padding === 'valid' ? padding : 'same');
  const before = { causal: reach, same: reach >> 1, valid: 0 }[padding];
  const all = padded(tf, x, before, padding === 'same' ? reach - before : 0);
  if (dilation === 1) return tf.conv1d(all, kernel, stride, 'valid');
  const rows = all.shape[1] - reach;
  const products = tf.split(kernel, taps).map((tap, k) => {
    const moved = tf.slice(all, [0, k * dilation, 0], [all.shape[0], rows, all.shape[2]]);
    return tf.conv1d(moved, tap as Tensor3D, 1, 'valid');
  });
  return tf.addN(products);
}

/** The rows of each example as `[batch, channels]`. */
function rowsOf(tf: TensorFlow, x: Tensor3D): Tensor2D[] {
  const [batch, length, channels] = x.shape;
  return Array.from(
    { length },
    (_, t) => tf.squeeze(tf.slice(x, [0, t, 0], [batch, 1, channels]), [1]) as Tensor2D,
  );
}

/** Cho 2014 as Keras computes it by default: the reset gate after the product with the state (`reset_after`). */
function gru(tf: TensorFlow, x: Tensor3D, spec: LayerOf<'gru'>, tensors: LayerTensors): Tensor {
  const { kernel, recurrent, bias } = tensors as Record<ParameterRole, Tensor>;
  const [inputBias, stateBias] = tf.unstack(bias, 0) as [Tensor, Tensor];
  let state: Tensor = tf.zeros([x.shape[0], spec.units]);
  const states = rowsOf(tf, x).map((row) => {
    const [xz, xr, xh] = tf.split(tf.add(tf.matMul(row, kernel as Tensor2D), inputBias), 3, 1) as Three;
    const inner = tf.add(tf.matMul(state as Tensor2D, recurrent as Tensor2D), stateBias);
    const [hz, hr, hh] = tf.split(inner, 3, 1) as Three;
    const update = tf.sigmoid(tf.add(xz, hz));
    const candidate = tf.tanh(tf.add(xh, tf.mul(tf.sigmoid(tf.add(xr, hr)), hh)));
    state = tf.add(tf.mul(update, state), tf.mul(tf.sub(1, update), candidate));
    return state;
  });
  return spec.sequences ? tf.stack(states, 1) : state;
}

type Three = [Tensor, Tensor, Tensor];

/** Hochreiter and Schmidhuber 1997 as Keras computes it. */
function lstm(tf: TensorFlow, x: Tensor3D, spec: LayerOf<'lstm'>, tensors: LayerTensors): Tensor {
  const { kernel, recurrent, bias } = tensors as Record<ParameterRole, Tensor>;
  const { units, sequences, gates } = spec;
  const open = (value: Tensor) =>
    gates === 'hard-sigmoid' ? tf.clipByValue(tf.add(tf.mul(value, 0.2), 0.5), 0, 1) : tf.sigmoid(value);
  let state: Tensor = tf.zeros([x.shape[0], units]);
  let cell: Tensor = state;
  const states = rowsOf(tf, x).map((row) => {
    const products = tf.add(
      tf.matMul(row, kernel as Tensor2D),
      tf.matMul(state as Tensor2D, recurrent as Tensor2D),
    );
    const [i, f, c, o] = tf.split(tf.add(products, bias), 4, 1) as [Tensor, Tensor, Tensor, Tensor];
    cell = tf.add(tf.mul(open(f), cell), tf.mul(open(i), tf.tanh(c)));
    state = tf.mul(open(o), tf.tanh(cell));
    return state;
  });
  return sequences ? tf.stack(states, 1) : state;
}
