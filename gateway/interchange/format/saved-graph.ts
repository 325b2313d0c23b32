import { jsonExcerpt } from '../../platform';
import { isObject, type JsonObject } from './json';
import { notReadable } from './problems';

/** A layer as Keras wrote it. */
export interface SavedLayer {
  readonly className: string;
  readonly name: string;
  readonly config: JsonObject;
  /** Names of the layers it takes, for each time it is called. */
  readonly calls: readonly (readonly string[])[];
}

/** A model as Keras wrote it: one input, one output. */
export interface SavedGraph {
  readonly name: string;
  readonly layers: readonly SavedLayer[];
  /** Shape of the input without the batch; null where it was left open. */
  readonly input: readonly (number | null)[];
  readonly inputName: string;
  readonly outputName: string;
}

const maxLayers = 1000;

/**
 * Reads the topology of a LayersModel: Sequential and functional, in the forms of Keras 2, Keras 3 and TensorFlow.js.
 * @throws FtteError `model-invalid` where it is none, or has several inputs or outputs
 */
export function parseTopology(value: unknown): SavedGraph {
  const root = isObject(value) && isObject(value['model_config']) ? value['model_config'] : value;
  if (!isObject(root))
    throw notReadable(`modelTopology is ${jsonExcerpt(value)}, expected a model's configuration`);
  const className = root['class_name'];
  if (className === 'Sequential') return sequential(root);
  if (className === 'Functional' || className === 'Model') return functional(root);
  throw notReadable(`the model is of class ${jsonExcerpt(className)}, expected Sequential or Functional`);
}

function sequential(root: JsonObject): SavedGraph {
  const { config } = root;
  const name = isObject(config) && typeof config['name'] === 'string' ? config['name'] : 'sequential';
  const found = layersOf(isObject(config) ? config['layers'] : config);
  const first = found[0];
  if (!first) throw notReadable('the model has no layers');
  const shape = inputShape(first.config);
  const built = isObject(config) ? openShape(config['build_input_shape']) : undefined;
  const input = shape ?? built;
  if (!input) throw notReadable('the model does not say what shape its input has: build it before saving');
  const inputName = first.className === 'InputLayer' ? first.name : 'input';
  let previous = inputName;
  const layers = found
    .filter(({ className }) => className !== 'InputLayer')
    .map((layer) => {
      const chained = { ...layer, calls: [[previous]] };
      previous = layer.name;
      return chained;
    });
  return { name, layers, input, inputName, outputName: previous };
}

function functional(root: JsonObject): SavedGraph {
  const { config } = root;
  if (!isObject(config)) throw notReadable('the model has no configuration');
  const found = layersOf(config['layers']);
  const inputName = onlyEnd(config['input_layers'], 'input');
  const outputName = onlyEnd(config['output_layers'], 'output');
  const inputLayer = found.find(({ name }) => name === inputName);
  const input = inputLayer && inputShape(inputLayer.config);
  if (!input) throw notReadable('the model does not say what shape its input has');
  const name = typeof config['name'] === 'string' ? config['name'] : 'model';
  const layers = found.filter(({ className }) => className !== 'InputLayer');
  return { name, layers, input, inputName, outputName };
}

function layersOf(value: unknown): SavedLayer[] {
  if (!Array.isArray(value))
    throw notReadable(`the model's layers are ${jsonExcerpt(value)}, expected a list`);
  if (value.length > maxLayers)
    throw notReadable(`the model has ${value.length} layers, at most ${maxLayers}`);
  const layers = value.map((item: unknown, index): SavedLayer => {
    const config = isObject(item) ? item['config'] : undefined;
    const className = isObject(item) ? item['class_name'] : undefined;
    if (!isObject(item) || !isObject(config) || typeof className !== 'string') {
      throw notReadable(`layer ${index} is ${jsonExcerpt(item)}, expected a class_name and a config`);
    }
    const name = item['name'] ?? config['name'] ?? `layer_${index}`;
    if (typeof name !== 'string') throw notReadable(`layer ${index} has the name ${jsonExcerpt(name)}`);
    const nodes = Array.isArray(item['inbound_nodes']) ? item['inbound_nodes'] : [];
    return { className, name, config, calls: nodes.map((node: unknown) => sourcesOf(node)) };
  });
  const names = layers.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw notReadable(`two layers have the name ${jsonExcerpt(twice)}`);
  return layers;
}

/**
 * The layers that a call takes. Keras 2 lists `[name, node, tensor, arguments]`; Keras 3 has `args` with tensors that
 * carry `keras_history: [name, node, tensor]`, alone or in lists.
 */
function sourcesOf(node: unknown): string[] {
  if (Array.isArray(node)) {
    const [name, call, tensor, kwargs] = node;
    if (typeof name === 'string' && typeof call === 'number' && typeof tensor === 'number') {
      return [name, ...sourcesOf(kwargs)];
    }
    return node.flatMap(sourcesOf);
  }
  if (!isObject(node)) return [];
  if (Array.isArray(node['keras_history'])) return [String(node['keras_history'][0])];
  return Object.values(node).flatMap(sourcesOf);
}

/** The one input or output: `["name", 0, 0]` or `[["name", 0, 0]]`. */
function onlyEnd(value: unknown, what: string): string {
  const ends = Array.isArray(value) && typeof value[0] === 'string' ? [value] : value;
  if (
    !Array.isArray(ends) ||
    ends.length !== 1 ||
    !Array.isArray(ends[0]) ||
    typeof ends[0][0] !== 'string'
  ) {
    const count = Array.isArray(ends) ? ends.length : 0;
    throw notReadable(`the model has ${count} ${what}s, expected one`);
  }
  return ends[0][0];
}

function inputShape(config: JsonObject): (number | null)[] | undefined {
  return openShape(config['batch_input_shape']) ?? openShape(config['batch_shape']);
}

/** A shape with the batch in front, without it. */
function openShape(value: unknown): (number | null)[] | undefined {
  if (!Array.isArray(value) || value.length < 2) return undefined;
  const shape = value.slice(1) as unknown[];
  const whole = shape.every((length) => length === null || (Number.isInteger(length) && Number(length) > 0));
  return whole ? (shape as (number | null)[]) : undefined;
}
