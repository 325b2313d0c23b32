import { layerKind, type ModelSpec, type ParameterTensor, parameterLayout } from '../../model';
import { FtteError } from '../../platform';
import type { JsonObject } from '../format/json';
import type { ModelMetadata } from '../format/metadata';
import { exportRemarks, type WrittenLayer, writeLayer } from '../layers';

/** A model as the files of a LayersModel. */
export interface ExportedModel {
  /** Content of `model.json`. */
  readonly modelJson: string;
  /** Content of `weights.bin`, beside it. */
  readonly weights: Uint8Array;
  /** Remarks for a user of the files. */
  readonly remarks: readonly string[];
}

/** Content of the files besides layers and weights. */
export interface WriteOptions {
  /** Name of the model in the file. */
  readonly name?: string;
  readonly metadata?: ModelMetadata;
  /** Ends with softmax or sigmoid where the loss implies one, so that the model gives probabilities. Default true. */
  readonly head?: boolean;
}

/** The one file of weights. */
export const weightsFile = 'weights.bin';

interface PlacedLayer {
  readonly className: string;
  readonly name: string;
  readonly config: JsonObject;
  /** Names of the layers it takes. */
  readonly inputs: readonly string[];
  readonly weights: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    readonly tensor: ParameterTensor;
  }[];
}

/**
 * Writes a model as TensorFlow.js saves one: Keras 2 configurations, float32 weights in one file.
 * @param parameters flat, `[parameterLayout(model).size]`
 * @throws FtteError `model-invalid` where their number is another
 */
export function writeLayersModel(
  model: ModelSpec,
  parameters: Float32Array,
  options: WriteOptions = {},
): ExportedModel {
  const layout = parameterLayout(model);
  if (parameters.length !== layout.size) {
    const text = `got ${parameters.length} parameters, the model has ${layout.size}`;
    throw new FtteError('model-invalid', text, { got: parameters.length, wanted: layout.size });
  }
  const { name = 'ftte', metadata, head = true } = options;
  const layers = placedLayers(model, layout.tensors, head);
  const entries = layers.flatMap(({ weights }) => weights);
  const modelJson = JSON.stringify({
    format: 'layers-model',
    generatedBy: 'ftte',
    convertedBy: null,
    modelTopology: {
      ...(Object.keys(model.seconds).length > 0 ? functional(name, layers) : sequential(name, layers)),
      keras_version: '2.15.0',
      backend: 'tensorflow',
    },
    weightsManifest: [
      {
        paths: [weightsFile],
        weights: entries.map((entry) => ({ name: entry.name, shape: entry.shape, dtype: 'float32' })),
      },
    ],
    ...(metadata ? { userDefinedMetadata: { ftte: metadata } } : {}),
  });
  const weights = Buffer.alloc(4 * layout.size);
  let at = 0;
  for (const { tensor } of entries) {
    for (let i = 0; i < tensor.size; i++, at += 4) weights.writeFloatLE(parameters[tensor.offset + i]!, at);
  }
  return { modelJson, weights, remarks: exportRemarks(model.layers) };
}

function placedLayers(model: ModelSpec, tensors: readonly ParameterTensor[], head: boolean): PlacedLayer[] {
  const taken = new Set<string>(model.names);
  const free = (wanted: string) => {
    let name = wanted;
    for (let i = 1; taken.has(name); i++) name = `${wanted}_${i}`;
    taken.add(name);
    return name;
  };
  const inputName = free('input');
  const placed: PlacedLayer[] = [
    {
      className: 'InputLayer',
      name: inputName,
      config: { batch_input_shape: [null, ...model.input], dtype: 'float32', sparse: false, name: inputName },
      inputs: [],
      weights: [],
    },
  ];
  /** Name of the last saved layer of each of our layers. */
  const ends: string[] = [];
  let reached = inputName;
  const place = (
    { className, config, ownFirst = false }: WrittenLayer,
    name: string,
    side: readonly string[] = [],
    weights: PlacedLayer['weights'] = [],
  ) => {
    const inputs = ownFirst ? [reached, ...side] : [...side, reached];
    placed.push({ className, name, config: { name, trainable: true, ...config }, inputs, weights });
    reached = name;
  };
  model.layers.forEach((spec, index) => {
    const own = tensors.filter(({ layer }) => layer === index);
    const before = index === 0 ? model.input : model.shapes[index - 1]!;
    const base = model.names[index]!;
    const second = model.seconds[index];
    const other = second === undefined || second < 0 ? inputName : ends[second]!;
    const { startsBranch = false } = layerKind(spec);
    const side = second === undefined || startsBranch ? [] : [other];
    if (startsBranch) reached = other;
    for (const written of writeLayer(spec, { before, after: model.shapes[index]!, tensors: own })) {
      const name = written.suffix ? free(base + written.suffix) : base;
      const weights = own.flatMap((tensor) => {
        const weight = written.weights?.[tensor.role];
        return weight ? [{ name: `${name}/${weight.name}`, shape: weight.shape, tensor }] : [];
      });
      place(written, name, side, weights);
    }
    ends.push(reached);
  });
  const activation = head ? headOf(model) : undefined;
  if (activation) place({ className: 'Activation', config: { activation } }, free('probabilities'));
  return placed;
}

/** The function that makes probabilities of the last numbers; the loss does its work in training. */
function headOf({ loss }: ModelSpec): string | undefined {
  if (loss === 'softmax-cross-entropy') return 'softmax';
  return loss === 'binary-cross-entropy' ? 'sigmoid' : undefined;
}

function sequential(name: string, layers: readonly PlacedLayer[]): JsonObject {
  const saved = layers.map(({ className, config }) => ({ class_name: className, config }));
  return { class_name: 'Sequential', config: { name, layers: saved } };
}

function functional(name: string, layers: readonly PlacedLayer[]): JsonObject {
  const saved = layers.map((layer) => ({
    class_name: layer.className,
    config: layer.config,
    name: layer.name,
    inbound_nodes: layer.inputs.length > 0 ? [layer.inputs.map((input) => [input, 0, 0, {}])] : [],
  }));
  const end = (layer: PlacedLayer | undefined) => [[layer?.name, 0, 0]];
  const config = { name, layers: saved, input_layers: end(layers[0]), output_layers: end(layers.at(-1)) };
  return { class_name: 'Functional', config };
}
