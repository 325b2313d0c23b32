import { bothWays, type LayerSpec, type Shape } from '../../../gateway/model';

type Values = Float64Array;

/**
 * What a layer without a convolution gives for one example, in double precision, as its definition reads.
 * @param tensors the layer's parameters, kernel first
 * @param second the other input of an `add`
 */
export function referenceLayer(
  spec: LayerSpec,
  x: Values,
  from: Shape,
  to: Shape,
  tensors: readonly Values[],
  second: Values | undefined,
): Values {
  const channels = from.at(-1)!;
  switch (spec.type) {
    case 'relu6':
      return x.map((value) => Math.min(6, Math.max(0, value)));
    case 'tanh':
      return x.map(Math.tanh);
    case 'sigmoid':
      return x.map((value) => 1 / (1 + Math.exp(-value)));
    case 'dropout':
      return x; // as in an evaluation
    case 'add':
      return x.map((value, i) => value + second![i]!);
    case 'batchnorm': {
      const [gamma, beta, mean, variance] = tensors as [Values, Values, Values, Values];
      return x.map((value, i) => {
        const c = i % channels;
        return (
          (gamma[c]! * (value - mean[c]!)) / Math.sqrt(variance[c]! + Math.fround(spec.epsilon)) + beta[c]!
        );
      });
    }
    case 'upsampling1d':
      return Float64Array.from(
        { length: x.length * spec.size },
        (_, i) => x[Math.floor(i / channels / spec.size) * channels + (i % channels)]!,
      );
    case 'globalaveragepool2d':
      return Float64Array.from({ length: channels }, (_, c) => {
        const own = x.filter((_, i) => i % channels === c);
        return own.reduce((sum, value) => sum + value, 0) / own.length;
      });
    case 'averagepool1d':
      return pooled(x, [from[0]!, 1, channels], [to[0]!, 1], [spec.size, 1], mean);
    case 'averagepool2d':
      return pooled(x, from, to, bothWays(spec.size), mean);
    case 'maxpool2d':
      return pooled(x, from, to, bothWays(spec.size), (values) => Math.max(...values));
    case 'gru':
      return recurrent(x, from, spec.units, spec.sequences === true, tensors);
    default:
      throw new Error(`the reference has no layer "${spec.type}"`);
  }
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

function pooled(
  x: Values,
  [, width = 1, channels = 1]: Shape,
  [rows = 1, columns = 1]: Shape,
  [down, across]: readonly [number, number],
  reduce: (values: readonly number[]) => number,
): Values {
  const y: number[] = [];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      for (let c = 0; c < channels; c++) {
        const window: number[] = [];
        for (let j = 0; j < down; j++)
          for (let k = 0; k < across; k++)
            window.push(x[((row * down + j) * width + column * across + k) * channels + c]!);
        y.push(reduce(window));
      }
    }
  }
  return Float64Array.from(y);
}

/** Keras' GRU with `reset_after`; columns of the weights are update, reset, candidate. */
function recurrent(
  x: Values,
  [length = 0, channels = 0]: Shape,
  units: number,
  sequences: boolean,
  tensors: readonly Values[],
): Values {
  const [w, u, b] = tensors as [Values, Values, Values];
  const width = 3 * units;
  const product = (row: ArrayLike<number>, weights: Values, bias: Values) =>
    Array.from({ length: width }, (_, n) => {
      let sum = bias[n]!;
      for (let i = 0; i < row.length; i++) sum += row[i]! * weights[i * width + n]!;
      return sum;
    });
  const sigmoid = (value: number) => 1 / (1 + Math.exp(-value));
  let state: number[] = Array(units).fill(0);
  const states: number[] = [];
  for (let t = 0; t < length; t++) {
    const fromInput = product(x.subarray(t * channels, (t + 1) * channels), w, b.subarray(0, width));
    const fromState = product(state, u, b.subarray(width));
    state = state.map((before, i) => {
      const update = sigmoid(fromInput[i]! + fromState[i]!);
      const reset = sigmoid(fromInput[units + i]! + fromState[units + i]!);
      const candidate = Math.tanh(fromInput[2 * units + i]! + reset * fromState[2 * units + i]!);
      return update * before + (1 - update) * candidate;
    });
    states.push(...state);
  }
  return Float64Array.from(sequences ? states : state);
}
