import type * as tf from '@tensorflow/tfjs';
import type { LayerSpec, Shape } from '../../../../gateway/model';
import type { Random } from '../../../../gateway/platform';

/** Everything that the tests know about a kind of layer, apart from the code under test. */
export interface LayerCase<S extends LayerSpec> {
  /** Shapes by hand. */
  readonly shapes: readonly ShapeCase<S>[];
  /** Outputs of one example in double precision, as the definition reads. */
  reference(spec: S, x: Values, site: ReferenceSite): Values;
  /** Outputs of a batch in operations of plain TensorFlow.js; a dropout as in an evaluation. */
  tensorFlow(tf: TensorFlow, spec: S, x: tf.Tensor, site: TensorFlowSite): tf.Tensor;
  /** Random settings of a layer that takes the shape; undefined: none does. */
  draw(draws: Draws): Settings<S> | undefined;
}

export type TensorFlow = typeof tf;
export type Values = Float64Array;

/** Settings of a layer beside its type and its name. */
export type Settings<S extends LayerSpec> = Omit<S, 'type' | 'name'>;

/** Settings without defaults, the shape of an input, and the shape of the output. */
export type ShapeCase<S extends LayerSpec> = readonly [
  title: string,
  input: Shape,
  settings: Partial<Settings<S>>,
  output: Shape,
];

export interface ReferenceSite {
  readonly from: Shape;
  readonly to: Shape;
  /** The layer's parameters, kernel first. */
  readonly tensors: readonly Values[];
  /** The second input of a layer that has two. */
  readonly second: Values | undefined;
  readonly secondShape: Shape | undefined;
}

export interface TensorFlowSite {
  /** The layer's parameters, kernel first. */
  readonly tensors: readonly tf.Tensor[];
  /** The second input of a layer that has two. */
  readonly second: tf.Tensor | undefined;
}

/** Settings at random, for a layer after a shape. */
export interface Draws {
  readonly shape: Shape;
  /** It is the model's input. */
  readonly isInput: boolean;
  /** Names of earlier values of the same shape. */
  readonly peers: readonly string[];
  /** 1 to 3. */
  readonly size: number;
  /** A size for pictures. */
  readonly sizes: number | [number, number];
  readonly stride: { readonly stride?: number };
  readonly padding: 'same' | 'valid';
  readonly bias: { readonly bias?: false };
  pick<T>(items: readonly T[]): T;
}

export function drawsOf(random: Random, shape: Shape, peers: readonly string[], isInput: boolean): Draws {
  const pick = <T>(items: readonly T[]): T => items[random.integer(items.length)]!;
  const size = 1 + random.integer(3);
  return {
    shape,
    isInput,
    peers,
    size,
    sizes: pick<number | [number, number]>([size, [2, 3], [1, 2]]),
    stride: random.uniform() < 0.3 ? { stride: 2 } : {},
    padding: pick(['same', 'valid'] as const),
    bias: random.uniform() < 0.3 ? { bias: false } : {},
    pick,
  };
}

/** The same settings for every shape of so many dimensions. */
export const ofRank = <T>(rank: number, settings: (draws: Draws) => T) => {
  return (draws: Draws): T | undefined => (draws.shape.length === rank ? settings(draws) : undefined);
};

export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
