import type { BothWays, LayerOf, Shape } from '../../../model';
import { bothWays } from '../../../model';

/** One direction of a convolution. */
export interface Way {
  /** Of the input and of the output. */
  readonly length: number;
  readonly windows: number;
  readonly taps: number;
  readonly stride: number;
  /** Positions by which the first window begins before the input. */
  readonly before: number;
}

/** A convolution down and across; of rows, a picture of one line. */
export type Ways = readonly [down: Way, across: Way];

type Convolution = LayerOf<'conv1d' | 'conv2d' | 'depthwiseconv1d' | 'depthwiseconv2d'>;

/** Keras' padding: of the zeros that `same` needs, the smaller half comes first; of those of `causal`, all. */
export function wayOf(
  length: number,
  windows: number,
  taps: number,
  stride: number,
  padding: 'same' | 'valid' | 'causal',
): Way {
  const padded = padding === 'same' ? Math.max((windows - 1) * stride + taps - length, 0) : 0;
  return { length, windows, taps, stride, before: padding === 'causal' ? taps - 1 : Math.floor(padded / 2) };
}

/** The only window of one line. */
const oneLine = wayOf(1, 1, 1, 1, 'valid');

export function waysOf(spec: Convolution, input: Shape, output: Shape): Ways {
  const flat = spec.type === 'conv1d' || spec.type === 'depthwiseconv1d';
  const way = (length: number, windows: number, taps: number, stride: number): Way =>
    wayOf(length, windows, taps, stride, spec.padding);
  const [kernel, stride] = [bothWays(spec.kernel), bothWays(spec.stride)];
  if (flat) return [oneLine, way(input[0]!, output[0]!, kernel[1], stride[1])];
  return [way(input[0]!, output[0]!, kernel[0], stride[0]), way(input[1]!, output[1]!, kernel[1], stride[1])];
}

/** Windows of a pooling over rows or pictures. */
export function poolWays(
  size: BothWays,
  stride: BothWays,
  padding: 'same' | 'valid',
  input: Shape,
  output: Shape,
): Ways {
  const [taps, steps] = [bothWays(size), bothWays(stride)];
  const way = (direction: number, at: number) =>
    wayOf(input[direction]!, output[direction]!, taps[at]!, steps[at]!, padding);
  return input.length === 2 ? [oneLine, way(0, 1)] : [way(0, 0), way(1, 1)];
}

/** The table that the kernels want (`kernels/convolution-kernels.ts`) for the forward pass and the weights' gradient. */
export function geometryOf(
  [down, across]: Ways,
  channels: number,
  outputs: number,
  /** Of weights, from one tap to the next. */
  rowsOfTap = channels,
): number[] {
  return [
    ...[down.windows, across.windows],
    ...[across.windows * outputs, outputs],
    ...[down.length, across.length, channels],
    ...[down.taps, across.taps],
    ...[down.stride, across.stride],
    ...[down.before, across.before],
    ...[across.taps * rowsOfTap, rowsOfTap],
  ];
}

/**
 * The part of the input's gradient at every `stride`-th place: these see the same taps, every `stride`-th one, and are a
 * convolution of stride 1 over the gradient of the output, from the last tap to the first.
 */
interface Phase {
  /** First place in the input. */
  readonly from: number;
  readonly places: number;
  /** The last of its taps, which comes first. */
  readonly tap: number;
  readonly taps: number;
  readonly before: number;
}

function phasesOf({ length, taps, stride, before }: Way): Phase[] {
  return Array.from({ length: Math.min(stride, length) }, (_, from) => {
    // Place from + stride j is seen by tap k of window (from + stride j + before - k) / stride.
    const rest = (from + before) % stride;
    const seen = Math.max(0, Math.ceil((taps - rest) / stride));
    const first = (from + before - rest) / stride;
    return {
      from,
      places: Math.ceil((length - from) / stride),
      tap: rest + stride * (seen - 1),
      taps: seen,
      before: seen - 1 - first,
    };
  });
}

/** A convolution over the gradient of the output that gives a part of the input's. */
export interface InputPart {
  readonly geometry: number[];
  /** Value of the input's gradient at which it begins. */
  readonly at: number;
  /** Its first tap, counted from the kernel's first. */
  readonly tap: number;
}

/**
 * The parts of the input's gradient.
 * @param rowsOfTap rows of weights from one tap of the kernel to the next; negative where they are read backwards
 */
export function inputParts(
  [down, across]: Ways,
  channels: number,
  outputs: number,
  rowsOfTap: number,
): InputPart[] {
  return phasesOf(down).flatMap((line) =>
    phasesOf(across).map((pixel) => ({
      at: (line.from * across.length + pixel.from) * channels,
      tap: line.tap * across.taps + pixel.tap,
      geometry: [
        ...[line.places, pixel.places],
        ...[down.stride * across.length * channels, across.stride * channels],
        ...[down.windows, across.windows, outputs],
        ...[pixel.taps === 0 ? 0 : line.taps, pixel.taps],
        ...[1, 1],
        ...[line.before, pixel.before],
        ...[down.stride * across.taps * rowsOfTap, across.stride * rowsOfTap],
      ],
    })),
  );
}
