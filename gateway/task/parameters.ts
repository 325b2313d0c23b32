import type { ModelSpec } from './model';

/** One trainable tensor of a model and its place in the flat parameter vector. */
export interface ParameterTensor {
  /** Keras-like, unique in the model: `conv1d_1/kernel`. */
  readonly name: string;
  /** Index of its layer in the model. */
  readonly layer: number;
  readonly role: 'kernel' | 'bias';
  /** `[in, out]` for dense, `[kernel, in, out]` for conv1d, `[out]` for a bias: row-major, as in Keras. */
  readonly shape: readonly number[];
  /** First element in the flat vector. */
  readonly offset: number;
  readonly size: number;
  /** Numbers that feed one output, and outputs fed by one number: for Glorot and He initialisation. */
  readonly fanIn: number;
  readonly fanOut: number;
  /** How many input channels a plan can choose among; 0 where it is the whole tensor or nothing (a bias). */
  readonly inputChannels: number;
}

/** All parameters of a model as one flat float32 vector. Every room that touches parameters speaks in its offsets. */
export interface ParameterLayout {
  readonly tensors: readonly ParameterTensor[];
  /** Elements in the whole vector. */
  readonly size: number;
}

/** The flat layout of a model's parameters: layer by layer, kernel before bias. */
export function parameterLayout(model: ModelSpec): ParameterLayout {
  const tensors: ParameterTensor[] = [];
  const counts = new Map<string, number>();
  let offset = 0;
  const add = (tensor: Omit<ParameterTensor, 'offset' | 'size'>) => {
    const size = tensor.shape.reduce((product, length) => product * length, 1);
    tensors.push({ ...tensor, offset, size });
    offset += size;
  };
  model.layers.forEach((spec, layer) => {
    const before = layer === 0 ? model.input : model.shapes[layer - 1]!;
    const count = counts.get(spec.type) ?? 0;
    counts.set(spec.type, count + 1);
    const name = count === 0 ? spec.type : `${spec.type}_${count}`;
    if (spec.type === 'dense') {
      const features = before[0]!;
      const fan = { fanIn: features, fanOut: spec.units };
      add({
        name: `${name}/kernel`,
        layer,
        role: 'kernel',
        shape: [features, spec.units],
        ...fan,
        inputChannels: features,
      });
      add({ name: `${name}/bias`, layer, role: 'bias', shape: [spec.units], ...fan, inputChannels: 0 });
    } else if (spec.type === 'conv1d') {
      const channels = before[1]!;
      const fan = { fanIn: spec.kernel * channels, fanOut: spec.kernel * spec.filters };
      const shape = [spec.kernel, channels, spec.filters];
      add({ name: `${name}/kernel`, layer, role: 'kernel', shape, ...fan, inputChannels: channels });
      add({ name: `${name}/bias`, layer, role: 'bias', shape: [spec.filters], ...fan, inputChannels: 0 });
    }
  });
  return { tensors, size: offset };
}
