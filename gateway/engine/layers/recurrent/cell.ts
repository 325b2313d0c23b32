import type { LayerOf } from '../../../model';
import type { ArenaBuffer } from '../../arena/schedule';
import type { Kernels } from '../../kernels/kernels';
import type { LayerContext } from '../common/layer';

export type Recurrent = LayerOf<'gru' | 'lstm'>;

/** A value of one row of all examples: where the first example has it, and how far on the next. */
export interface Row {
  readonly at: number;
  readonly example: number;
}

/** Places of one row of a unit, over the examples of a micro-batch. */
export interface Places {
  /** `[batch, gates * units]`: the input's products, then the gates. */
  readonly gates: Row;
  /** The state before the row, and after it. */
  readonly before: Row;
  readonly next: Row;
  /** A value of each unit beside its state, before the row and after it. */
  readonly keptBefore: Row;
  readonly kept: Row;
}

/** The gradients that a row gets from the rows after it, `[batch, units]`, and of its own output (or 0). */
export interface Carried {
  readonly state: number;
  readonly kept: number;
  readonly dy: number;
  readonly dyExample: number;
}

/** A kind of recurrent unit: what a row of it computes. Everything else is in `passes.ts`. */
export interface Cell<S extends Recurrent> {
  readonly gates: number;
  /** The value beside the state goes on to the next row; otherwise it is only there for the backward pass. */
  readonly carriesKept: boolean;
  /** The backward pass of a row reads the state before it. */
  readonly readsStates: boolean;
  /** First value of the bias that the state's product has; undefined where it has none of its own. */
  stateBias(width: number): number | undefined;
  /** Binds one row: from both products to gates and the next state. `kept.at` may be 0 where it is not carried. */
  bindStep(kernels: Kernels, spec: S): (places: Places, stateProducts: number, count: number) => void;
  /** Binds one row of the backward pass; it leaves in `gates` the gradient of the state's products. */
  bindStepBack(kernels: Kernels, spec: S): (places: Places, carried: Carried, count: number) => void;
  /** Binds the sum of a row's gradients into that of the bias at `db`. */
  bindBias(kernels: Kernels, spec: S): (places: Places, db: number, count: number) => void;
  /** Emits what makes the gradients of the input's products of those of the state's, where they differ. */
  emitInputGradients?(site: LayerContext<S>, gates: ArenaBuffer, kept: ArenaBuffer): void;
}

export const floatBytes = 4;
