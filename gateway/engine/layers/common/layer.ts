import type { LayerSpec, Shape } from '../../../model';
import type { Schedule } from '../../arena/schedule';
import type { Halo, View } from '../../arena/view';
import type { ParameterSite } from '../../parameters/parameters';

/** One layer in its place in a model: all that its module needs to emit operations. */
export interface LayerContext<S extends LayerSpec = LayerSpec> {
  readonly spec: S;
  /** Its place in the model. */
  readonly index: number;
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  readonly schedule: Schedule;
  /** Most examples at a time. */
  readonly batch: number;
  /** Input and output; the same bytes where the module says `inPlace`. */
  readonly x: View;
  readonly y: View;
  /** The earlier value that an `add`, `concat` or `branch` reads. */
  readonly second: View | undefined;
  /** Whether a gradient will come back to this layer: only then are masks and inputs kept. */
  readonly backward: boolean;
  /** This layer's tensors, kernel first. */
  readonly parameters: readonly ParameterSite[];
  /** A ReLU directly before was left to this layer. */
  readonly relu: boolean;
}

/**
 * Emits the backward operations of a layer: from the gradient of its output to those of its trained parameters and,
 * where `dx` is given, of its input; where `second` is given, of its second input. A layer in place works on `dy`; any other
 * leaves it as it is.
 */
export type EmitBackward = (dy: View, dx: View | undefined, second?: View) => void;

/** A kind of layer. Adding a kind is adding a module to the table in `layers/index.ts`. */
export interface LayerModule<S extends LayerSpec> {
  /** The output takes the input's bytes, and the input's gradient takes the output's. */
  readonly inPlace: boolean;
  /** In place it changes no value, in neither direction: the same bytes under another shape. */
  readonly view?: true;
  /** In place it hands the gradient on as it is. */
  readonly gradientPasses?: true;
  /** It reads its second input alone; the layer before it gets the gradient that waits for its output. */
  readonly startsBranch?: true;
  /** It does the work of a ReLU directly before it on the way (`LayerContext.relu`). */
  readonly takesRelu?: true;
  /** On the way back it reads its input; so it works in place only if it need not. */
  keepsInput?(parameters: readonly ParameterSite[]): boolean;
  /** On the way back it reads its output. */
  keepsOutput?(spec: S): boolean;
  /** Its kernel may be given rounded (`ParameterSite.rounded`). */
  readonly rounded?: boolean;
  /** Zeros that the forward pass reads around the input, whose rows are `channels` values. */
  halo?(spec: S, channels: number): Halo;
  /** Zeros that the backward pass reads around the gradient of the output when it has to give `dx`. */
  gradientHalo?(spec: S): Halo;
  /** Emits the forward operations. */
  compile(site: LayerContext<S>): EmitBackward;
}
