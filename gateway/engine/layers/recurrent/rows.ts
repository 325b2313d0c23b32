import type { LayerOf } from '../../../model';
import type { ArenaBuffer } from '../../arena/schedule';
import { address } from '../../arena/view';
import type { ParameterSite } from '../../parameters/parameters';
import type { LayerContext } from '../common/layer';
import { type KernelShape, productPanel } from '../common/weights';

export const floatBytes = 4;
/** From so many examples on, the input's products of one row of each fill the tiles, and are taken when they are due. */
const fillingExamples = 4;

/** Shapes and tensors of a recurrent unit in its place. */
export interface Parts {
  readonly length: number;
  readonly units: number;
  /** Values of its gates together: of a row's products. */
  readonly width: number;
  readonly kernel: ParameterSite;
  readonly recurrent: ParameterSite;
  readonly bias: ParameterSite;
  /** Of the input's kernel, and of the state's. */
  readonly input: KernelShape;
  readonly state: KernelShape;
}

/** A value of one row of all examples: where the first example has it, and how far on the next. */
export interface Row {
  readonly at: number;
  readonly example: number;
}

/** States of the rows before the last. */
export interface States {
  /** `[length - 1, batch, units]`; nothing where the output has them. */
  readonly states: ArenaBuffer;
  /** A state of zeros. */
  readonly nothing: ArenaBuffer;
}

type Recurrent = LayerOf<'gru' | 'lstm'>;

/** @param gates values of all gates for each unit */
export function partsOf({ spec, parameters, inputShape }: LayerContext<Recurrent>, gates: number): Parts {
  const [kernel, recurrent, bias] = parameters as [ParameterSite, ParameterSite, ParameterSite];
  const [length, channels] = inputShape as [number, number];
  const { units } = spec;
  const width = gates * units;
  const shape = (inner: number) => ({ positions: 1, channels: inner, outputs: width });
  return { length, units, width, kernel, recurrent, bias, input: shape(channels), state: shape(units) };
}

/** Row `t` of a buffer `[length, batch, width]`. */
export const rowOf = (buffer: ArenaBuffer, batch: number, width: number, t: number): Row => ({
  at: buffer.offset + t * batch * width * floatBytes,
  example: width,
});

/** Scratch of whichever product is being made. */
export function panelOfBoth({ schedule }: LayerContext, parts: Parts): ArenaBuffer {
  const { kernel, recurrent, input, state } = parts;
  const panels = [productPanel(schedule, kernel, input), productPanel(schedule, recurrent, state)] as const;
  return panels[0].bytes > panels[1].bytes ? panels[0] : panels[1];
}

/** Whether the input's product of a row is taken when it is due; a rounded kernel is brought to float32 once for all rows. */
export const takenWhenDue = (batch: number, { kernel }: Parts): boolean =>
  batch >= fillingExamples && !kernel.rounded;

/** Place of the state before row `t`; before the first it is zero, and the last is the output. */
export function stateBefore(
  { spec, y, batch }: LayerContext<Recurrent>,
  { length, units }: Parts,
  { states, nothing }: States,
  t: number,
): Row {
  if (t === 0) return { at: nothing.offset, example: 0 };
  if (spec.sequences) return { at: address(y, t - 1), example: y.example };
  if (t === length) return { at: address(y), example: y.example };
  return rowOf(states, batch, units, t - 1);
}
