import type { ArenaBuffer } from '../../arena/schedule';
import { address, type View } from '../../arena/view';
import type { Kernels } from '../../kernels/kernels';
import { type ParameterSite, parameterAddress } from '../../parameters/parameters';
import type { LayerContext } from '../common/layer';
import { bindProduct, type KernelShape, productPanel } from '../common/weights';
import { floatBytes, type Recurrent, type Row } from './cell';

/** From so many examples on, the input's products of one row of each fill the tiles, and are taken when they are due. */
const fillingExamples = 4;

/** Shapes and tensors of a recurrent layer in its place. */
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

/** @param gates values of all gates for each unit */
export function partsOf({ spec, parameters, inputShape }: LayerContext<Recurrent>, gates: number): Parts {
  const [kernel, recurrent, bias] = parameters as [ParameterSite, ParameterSite, ParameterSite];
  const [length, channels] = inputShape as [number, number];
  const { units } = spec;
  const width = gates * units;
  const shape = (inner: number) => ({ positions: 1, channels: inner, outputs: width });
  return { length, units, width, kernel, recurrent, bias, input: shape(channels), state: shape(units) };
}

/** Scratch of whichever product is being made. */
export function panelOfBoth({ schedule }: LayerContext, parts: Parts): ArenaBuffer {
  const { kernel, recurrent, input, state } = parts;
  const panels = [productPanel(schedule, kernel, input), productPanel(schedule, recurrent, state)] as const;
  return panels[0].bytes > panels[1].bytes ? panels[0] : panels[1];
}

/**
 * The products of a row with both kernels.
 * @param stateBias first value of the bias that the state's product has; undefined for none
 */
export function bindProducts(
  kernels: Kernels,
  { length, width, kernel, recurrent, bias, input, state }: Parts,
  panel: ArenaBuffer,
  stateBias: number | undefined,
) {
  const ofInput = bindProduct(kernels, kernel, input);
  const ofState = bindProduct(kernels, recurrent, state);
  const scratch = Math.max(0, panel.offset);
  const b = parameterAddress(bias);
  const d = stateBias === undefined ? 0 : b + stateBias * floatBytes;
  return {
    /** A rounded kernel is brought to float32 once for all rows. */
    isTakenWhenDue: (batch: number) => batch >= fillingExamples && !kernel.rounded,
    /** Of one row of the input. */
    ofInputRow: (x: number, xExample: number, to: Row, count: number) =>
      ofInput(x, 0, xExample, b, to.at, 0, to.example, scratch, 1, count),
    /** Of all rows of the input, one row of `batch` examples after the other. */
    ofInputRows: (x: View, gates: ArenaBuffer, batch: number, count: number) =>
      ofInput(address(x), x.example, x.width, b, gates.offset, width, batch * width, scratch, count, length),
    ofState: (before: Row, to: number, count: number) =>
      ofState(before.at, 0, before.example, d, to, 0, width, scratch, 1, count),
  };
}
