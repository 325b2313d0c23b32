import { isObject, jsonExcerpt } from '../../platform';
import type { JsonObject } from './json';
import { notReadable } from './problems';

/** A layer as Keras wrote it. */
export interface SavedLayer {
  readonly className: string;
  /** Unique in the graph: its own name, after those of the models that it is nested in: `encoder/dense`. */
  readonly name: string;
  /** Names of the models that it is nested in, outermost first. */
  readonly scope: readonly string[];
  readonly ownName: string;
  /** Its place in the weights of a .keras file, by classes: `layers/dense_1`. */
  readonly store: string;
  readonly config: JsonObject;
  /** Names of the layers it takes, for each time it is called. */
  readonly calls: readonly (readonly string[])[];
}

/** A model as Keras wrote it: one input, one output. */
export interface SavedGraph {
  readonly name: string;
  readonly layers: readonly SavedLayer[];
  /** Shape of the input without the batch; null where it was left open. A nested model need not have one. */
  readonly input: readonly (number | null)[] | undefined;
  readonly inputName: string;
  readonly outputName: string;
  readonly isKeras3: boolean;
}

const maxLayers = 1000;
const maxNesting = 16;

/**
 * Reads the topology of a LayersModel: Sequential and functional, in the forms of Keras 2, Keras 3 and TensorFlow.js.
 * @throws FtteError `model-invalid` where it is none, or has several inputs or outputs
 */
export function parseTopology(value: unknown): SavedGraph {
  const root = isObject(value) && isObject(value['model_config']) ? value['model_config'] : value;
  if (!isObject(root))
    throw notReadable(`modelTopology is ${jsonExcerpt(value)}, expected a model's configuration`);
  const className = root['class_name'];
  const read = typeof className === 'string' ? modelReaders.get(className) : undefined;
  if (!read) {
    throw notReadable(`the model is of class ${jsonExcerpt(className)}, expected Sequential or Functional`);
  }
  const graph = read(root);
  const { length } = graph.layers;
  if (length > maxLayers) throw notReadable(`the model has ${length} layers, at most ${maxLayers}`);
  if (!graph.input) {
    throw notReadable('the model does not say what shape its input has: build it before saving');
  }
  const version = isObject(value) ? value['keras_version'] : undefined;
  return { ...graph, isKeras3: typeof version === 'string' && version.startsWith('3.') };
}

type ModelReader = (root: JsonObject, nesting?: Nesting) => SavedGraph;

/** The classes of models, alone or as a layer of another. */
const modelReaders: ReadonlyMap<string, ModelReader> = new Map([
  ['Sequential', sequential],
  ['Functional', functional],
  ['Model', functional],
]);

/** The models around a layer, and their place in the weights of a .keras file. */
interface Nesting {
  readonly scope: readonly string[];
  readonly store: string;
}

const top: Nesting = { scope: [], store: '' };

function sequential(root: JsonObject, nesting: Nesting = top): SavedGraph {
  const { config } = root;
  const name = isObject(config) && typeof config['name'] === 'string' ? config['name'] : 'sequential';
  const found = layersOf(isObject(config) ? config['layers'] : config, nesting);
  const first = found[0];
  if (!first) throw notReadable('the model has no layers');
  const shape = inputShape(first.config);
  const built = isObject(config) ? openShape(config['build_input_shape']) : undefined;
  const inputName = first.className === 'InputLayer' ? first.name : [...nesting.scope, 'input'].join('/');
  let previous = inputName;
  const layers = found
    .filter(({ className }) => className !== 'InputLayer')
    .map((layer) => {
      const chained = { ...layer, calls: [[previous]] };
      previous = layer.name;
      return chained;
    });
  return inlined({ name, layers, input: shape ?? built, inputName, outputName: previous, isKeras3: false });
}

function functional(root: JsonObject, nesting: Nesting = top): SavedGraph {
  const { config } = root;
  if (!isObject(config)) throw notReadable('the model has no configuration');
  const inModel = (name: string) => [...nesting.scope, name].join('/');
  const found = layersOf(config['layers'], nesting);
  const inputName = inModel(onlyEnd(config['input_layers'], 'input'));
  const outputName = inModel(onlyEnd(config['output_layers'], 'output'));
  const inputLayer = found.find(({ name }) => name === inputName);
  const name = typeof config['name'] === 'string' ? config['name'] : 'model';
  const layers = found.filter(({ className }) => className !== 'InputLayer');
  const input = inputLayer && inputShape(inputLayer.config);
  return inlined({ name, layers, input, inputName, outputName, isKeras3: false });
}

/** A graph with the layers of nested models in their places. */
function inlined(graph: SavedGraph): SavedGraph {
  /** The layer that gives what a nested model gives, or takes. */
  const aliases = new Map<string, string>();
  let { input } = graph;
  const layers = graph.layers.flatMap((layer): readonly SavedLayer[] => {
    const read = modelReaders.get(layer.className);
    if (!read) return [layer];
    const [sources = [], ...more] = layer.calls;
    if (sources.length !== 1 || more.length > 0) {
      throw notReadable(
        `model "${layer.name}" within the model is called ${layer.calls.length} times with ${sources.length} inputs, expected once with one`,
      );
    }
    const nested = read(
      { class_name: layer.className, config: layer.config },
      { scope: [...layer.scope, layer.ownName], store: `${layer.store}/` },
    );
    if (sources[0] === graph.inputName) input ??= nested.input;
    aliases.set(nested.inputName, sources[0]!);
    aliases.set(layer.name, nested.outputName);
    return nested.layers;
  });
  const settled = (name: string): string => {
    let other = name;
    // In a circle of empty models it ends anywhere; the circle is reported when the layers are put in order.
    for (let i = 0; i <= aliases.size; i++) other = aliases.get(other) ?? other;
    return other;
  };
  return {
    ...graph,
    input,
    layers: layers.map((layer) => ({ ...layer, calls: layer.calls.map((call) => call.map(settled)) })),
    outputName: settled(graph.outputName),
  };
}

function layersOf(value: unknown, { scope, store }: Nesting): SavedLayer[] {
  if (!Array.isArray(value))
    throw notReadable(`the model's layers are ${jsonExcerpt(value)}, expected a list`);
  if (value.length > maxLayers)
    throw notReadable(`the model has ${value.length} layers, at most ${maxLayers}`);
  if (scope.length > maxNesting) throw notReadable(`models lie in one another more than ${maxNesting} deep`);
  const counts = new Map<string, number>();
  const layers = value.map((item: unknown, index): SavedLayer => {
    const config = isObject(item) ? item['config'] : undefined;
    const className = isObject(item) ? item['class_name'] : undefined;
    if (!isObject(item) || !isObject(config) || typeof className !== 'string') {
      throw notReadable(`layer ${index} is ${jsonExcerpt(item)}, expected a class_name and a config`);
    }
    const ownName = item['name'] ?? config['name'] ?? `layer_${index}`;
    if (typeof ownName !== 'string') throw notReadable(`layer ${index} has the name ${jsonExcerpt(ownName)}`);
    const inModel = (name: string) => [...scope, name].join('/');
    const nodes = Array.isArray(item['inbound_nodes']) ? item['inbound_nodes'] : [];
    const calls = nodes.map((node: unknown) => sourcesOf(node).map(inModel));
    const kind = snakeCase(className);
    const count = counts.get(kind) ?? 0;
    counts.set(kind, count + 1);
    const place = `${store}layers/${kind}${count > 0 ? `_${count}` : ''}`;
    return { className, name: inModel(ownName), scope, ownName, store: place, config, calls };
  });
  const names = layers.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw notReadable(`two layers have the name ${jsonExcerpt(twice)}`);
  return layers;
}

/** A class's name as Keras 3 writes it in paths: `batch_normalization`. */
const snakeCase = (className: string): string =>
  className
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();

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
