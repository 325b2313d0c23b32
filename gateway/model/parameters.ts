import { layerKind, type ParameterRole } from './layer-kinds';
import type { ModelSpec } from './model-spec';

/** One tensor of a model and its place in the flat parameter vector. */
export interface ParameterTensor {
  /** Keras-like, unique in the model: `conv1d_1/kernel`. */
  readonly name: string;
  /** Index of its layer in the model. */
  readonly layer: number;
  readonly role: ParameterRole;
  /** False for statistics, which only ever come with a model. */
  readonly trainable: boolean;
  /**
   * Row-major, as in Keras: `[in, out]` for dense, `[kernel, in, out]` for conv1d, `[height, width, in, out]` for
   * conv2d, `[kernel, in, 1]` and `[height, width, in, 1]` for their depthwise kin, `[in, 3 units]` (update, reset,
   * candidate), `[units, 3 units]` and `[2, 3 units]` for a GRU, `[in, 4 units]` (input, forget, candidate, output),
   * `[units, 4 units]` and `[4 units]` for an LSTM, `[out]` for tensors of one number per channel.
   */
  readonly shape: readonly number[];
  /** First element in the flat vector. */
  readonly offset: number;
  readonly size: number;
  /** Numbers that feed one output, and outputs fed by one number: for Glorot and He initialisation. */
  readonly fanIn: number;
  readonly fanOut: number;
  /**
   * Number of input channels among which a plan can choose; 0: it takes the whole tensor or nothing. The slice of channel
   * c is all of `[..., c, :]`.
   */
  readonly inputChannels: number;
  /** Values that are 1 in version 0, up to `to` without it. */
  readonly ones?: { readonly from: number; readonly to: number };
}

/** All parameters of a model as one flat float32 vector. Every room that touches parameters uses its offsets. */
export interface ParameterLayout {
  readonly tensors: readonly ParameterTensor[];
  /** Elements in the whole vector. */
  readonly size: number;
}

/** The flat layout of a model's parameters: layer by layer, kernel before bias. */
export function parameterLayout(model: ModelSpec): ParameterLayout {
  const tensors: ParameterTensor[] = [];
  let offset = 0;
  model.layers.forEach((spec, layer) => {
    const parts = layerKind(spec).tensors?.(spec, layer === 0 ? model.input : model.shapes[layer - 1]!) ?? [];
    const [first] = parts;
    for (const { role, shape, inputChannels = 0, ones } of parts) {
      const fan = fanOf(role === 'recurrent' ? shape : (first?.shape ?? shape), first?.depthwise === true);
      const size = shape.reduce((product, length) => product * length, 1);
      const name = `${model.names[layer]}/${role}`;
      const trainable = role !== 'mean' && role !== 'variance';
      const initial = ones ? { ones } : {};
      tensors.push({ name, layer, role, trainable, shape, offset, size, ...fan, inputChannels, ...initial });
      offset += size;
    }
  });
  return { tensors, size: offset };
}

/**
 * A kernel `[positions ..., in, out]` feeds an output from positions x in numbers, and a number into positions x out.
 * A depthwise one feeds each output from its own channel alone.
 */
function fanOf(kernel: readonly number[], depthwise: boolean): { fanIn: number; fanOut: number } {
  if (kernel.length === 1) return { fanIn: 1, fanOut: 1 };
  const [channels, outputs] = kernel.slice(-2) as [number, number];
  const positions = kernel.slice(0, -2).reduce((product, length) => product * length, 1);
  return { fanIn: positions * (depthwise ? 1 : channels), fanOut: positions * outputs };
}
