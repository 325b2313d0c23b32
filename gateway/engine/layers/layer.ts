import type { LayerSpec, Shape } from '../../task';
import type { Schedule } from '../arena/schedule';
import type { Halo, View } from '../arena/view';
import type { ParameterSite } from '../parameters';

/** One layer in its place in a model: all that its module needs to emit operations. */
export interface Site<S extends LayerSpec = LayerSpec> {
  readonly spec: S;
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  readonly schedule: Schedule;
  /** Most examples at a time. */
  readonly batch: number;
  /** Input and output; the same bytes where the module says `inPlace`. */
  readonly x: View;
  readonly y: View;
  /** Whether a gradient will come back to this layer: only then are masks and inputs kept. */
  readonly backward: boolean;
  /** This layer's tensors, kernel first. */
  readonly parameters: readonly ParameterSite[];
  /** A ReLU directly before was left to this layer. */
  readonly relu: boolean;
}

/**
 * Emits the backward operations of a layer: from the gradient of its output to those of its trained parameters and,
 * where `dx` is given, of its input. `dy` may be overwritten.
 */
export type EmitBackward = (dy: View, dx: View | undefined) => void;

/** A kind of layer. Adding a kind is adding a module to the table in `layers/index.ts`. */
export interface LayerModule<S extends LayerSpec> {
  /** The output takes the input's bytes, and the input's gradient takes the output's. */
  readonly inPlace: boolean;
  /** Its kernel may be given rounded (`ParameterSite.rounded`). */
  readonly rounded?: boolean;
  /** Zero rows that the forward pass reads around the input. */
  halo?(spec: S): Halo;
  /** Zero rows that the backward pass reads around the gradient of the output when it has to give `dx`. */
  gradientHalo?(spec: S): Halo;
  /** Emits the forward operations. */
  compile(site: Site<S>): EmitBackward;
}
