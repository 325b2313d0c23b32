import type { LayerSpec, ParameterRole, ParameterTensor, Shape } from '../../model';
import type { JsonObject } from '../format/json';
import type { Draft } from './draft';
import type { LayerConfig } from './layer-config';

/** A kind of layer in Keras and TensorFlow.js: how it is read and written. */
export interface KerasLayer<S extends LayerSpec> {
  /** Readers of the classes of Keras that become this kind of layer, alone or together with others. */
  readonly readers: Readonly<Record<string, Reader>>;
  /**
   * The layer as Keras 2 and TensorFlow.js save it. A class that TensorFlow.js does not have is written as others that
   * compute the same, which the import takes back.
   */
  write(spec: S, site: WrittenSite): readonly WrittenLayer[];
  /** Something that a person who exports such a layer should know; undefined for nothing. */
  remark?(spec: S): string | undefined;
}

/** Reads a saved layer into a draft. */
export type Reader = (draft: Draft, config: LayerConfig, place: Place) => void;

/** Place of a layer in the saved model. */
export interface Place {
  readonly isLast: boolean;
  /** The saved layers that it takes, in its order. */
  readonly sources: readonly string[];
  /** Which of them is the layer before it. */
  readonly main: number;
  /** Whether Keras 3 wrote the model. */
  readonly isKeras3: boolean;
  /** Called if a softmax at the end is left to the loss. */
  readonly onSoftmax: () => void;
}

/** Place of a layer in our model. */
export interface WrittenSite {
  /** Shape of its input. */
  readonly before: Shape;
  /** Shape of its output. */
  readonly after: Shape;
  readonly tensors: readonly ParameterTensor[];
}

/** A layer as TensorFlow.js and Keras 2 write it. */
export interface WrittenLayer {
  readonly className: string;
  /** Added to the layer's name if one of ours becomes several. */
  readonly suffix?: string;
  readonly config: JsonObject;
  /** Its second input comes after its own; the other way round by default. */
  readonly ownFirst?: boolean;
  /** The layer's tensors that this one holds, by the last part of their names. */
  readonly weights?: WrittenWeights;
}

/** A tensor's name and shape in the saved layer. */
export interface WrittenWeight {
  readonly name: string;
  readonly shape: readonly number[];
}

export type WrittenWeights = Partial<Record<ParameterRole, WrittenWeight>>;

/** The one data format that is supported. */
export const channelsLast = { data_format: 'channels_last' };

/**
 * All tensors of a layer under the names that Keras gives them.
 * @param kernel name of the kernel
 */
export function writtenWeights(tensors: readonly ParameterTensor[], kernel = 'kernel'): WrittenWeights {
  const names: Partial<Record<ParameterRole, string>> = {
    kernel,
    recurrent: 'recurrent_kernel',
    mean: 'moving_mean',
    variance: 'moving_variance',
  };
  return Object.fromEntries(
    tensors.map(({ role, shape }): [ParameterRole, WrittenWeight] => [
      role,
      { name: names[role] ?? role, shape },
    ]),
  );
}

/** A Reshape, alone or as a part of what a layer becomes. */
export const writtenReshape = (shape: Shape, suffix?: string): WrittenLayer => ({
  className: 'Reshape',
  ...(suffix ? { suffix } : {}),
  config: { target_shape: shape },
});

/** A layer over pictures one wide in place of one over rows. */
export const overPicture = (
  { before, after }: Pick<WrittenSite, 'before' | 'after'>,
  layer: WrittenLayer,
): WrittenLayer[] => [
  writtenReshape([before[0]!, 1, before[1]!], '_as_picture'),
  layer,
  writtenReshape(after, '_as_rows'),
];

/** Rows of zeros before and after, over pictures one wide. */
export const writtenPadding = (before: number, after: number, suffix?: string): WrittenLayer => ({
  className: 'ZeroPadding2D',
  ...(suffix ? { suffix } : {}),
  config: {
    padding: [
      [before, after],
      [0, 0],
    ],
    ...channelsLast,
  },
});

/** The setting `bias` of a layer, from Keras' `use_bias`. */
export const biasOf = (config: LayerConfig): { bias?: false } =>
  config.flag('use_bias', true) ? {} : { bias: false };

/** Two lengths as people write them: one number if they are equal. */
export const pairOf = ([a = 1, b = 1]: readonly number[]): number | [number, number] =>
  a === b ? a : [a, b];
