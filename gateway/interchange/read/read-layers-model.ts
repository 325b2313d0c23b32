import { type LayerSpec, resolveModel, type Shape, sizeOf } from '../../model';
import type { ModelMetadata } from '../format/metadata';
import { notReadable, Problems } from '../format/problems';
import type { SavedGraph, SavedLayer } from '../format/saved-graph';
import { readWeights } from '../format/weights';
import { Draft, LayerConfig, type Piece, readLayer } from '../layers';

import { namedLayers } from './layer-names';
import type { OpenedModel } from './open-layers-model';
import { type Link, orderOf } from './order';
import { parametersOf } from './parameters-of';

/** The function at the end of a saved model; the loss does its work in ours. */
export type ModelHead = 'none' | 'softmax' | 'sigmoid';

/** A model from Keras or TensorFlow.js in our terms, without its weights. */
export interface ImportedLayers {
  readonly name: string;
  /** Shape of one example, `[length, channels]`. */
  readonly input: readonly [length: number, channels: number];
  /** Without the head. */
  readonly layers: readonly LayerSpec[];
  readonly head: ModelHead;
  /** Shape of one output. */
  readonly output: Shape;
  /** The task it comes from, if it is an export of ours. */
  readonly metadata: ModelMetadata | undefined;
}

/** The same with its weights. */
export interface ImportedModel extends ImportedLayers {
  /** Flat, laid out as `parameterLayout` of the layers. */
  readonly parameters: Float32Array;
  /** Remarks for a person: what was left out, which does not matter to predictions. */
  readonly remarks: readonly string[];
}

/** Knowledge of a reader that the file does not hold. */
export interface ReadOptions {
  /** The task's input `[length, channels]`, where the file leaves the length open or has one axis only. */
  readonly input?: readonly [length: number, channels: number];
}

/**
 * The layers of an opened model, for which its weights need not be there.
 * @throws FtteError `model-invalid` naming every layer that is not supported: its class, what is wrong, what would do
 */
export function readLayers(opened: OpenedModel, options: ReadOptions = {}): ImportedLayers {
  const problems = new Problems();
  const { layers } = interpret(opened, options, problems);
  return layers;
}

/**
 * Turns an opened model and its weights into layers and parameters.
 * @throws FtteError `model-invalid` naming every layer that is not supported (its class, what is wrong, what would do),
 *         and every weight that is missing, misshapen or not finite
 */
export function readLayersModel(
  opened: OpenedModel,
  shards: ReadonlyMap<string, Uint8Array>,
  options: ReadOptions = {},
): ImportedModel {
  const problems = new Problems();
  const weights = readWeights(opened.manifest, shards, problems);
  const { layers, pieces, remarks } = interpret(opened, options, problems);
  const outputs = sizeOf(layers.output);
  const model = resolveModel(layers.input, layers.layers, outputs, 'mean-squared-error', { kind: 'input' });
  const { parameters, unused } = parametersOf(model, pieces, weights, problems);
  problems.throwIfAny(failure(opened));
  const left = unused.length > 0 ? [`not a part of the layers, and left out: ${unused.join(', ')}`] : [];
  return { ...layers, parameters, remarks: [...left, ...remarks] };
}

const failure = ({ graph }: OpenedModel) => `model "${graph.name}" cannot be imported`;

/** @throws FtteError `model-invalid` with the problems of before and those found here */
function interpret(
  opened: OpenedModel,
  options: ReadOptions,
  problems: Problems,
): { layers: ImportedLayers; pieces: readonly Piece[]; remarks: readonly string[] } {
  const { graph, metadata } = opened;
  const input = inputOf(graph, options, problems);
  const links = orderOf(graph, problems);
  const { pieces, head, output, remarks } = draftOf(graph, links, input, problems);
  problems.throwIfAny(failure(opened));
  if (pieces.length === 0) throw notReadable(`${failure(opened)}: it has no layers but its input`);
  const layers = { name: graph.name, input, layers: namedLayers(pieces), head, output, metadata };
  return { layers, pieces, remarks };
}

/** The drafted layers without what the loss does. */
function draftOf(
  graph: SavedGraph,
  links: readonly Link[],
  input: readonly [number, number],
  problems: Problems,
): { pieces: Piece[]; head: ModelHead; output: Shape; remarks: string[] } {
  const draft = new Draft(input, takenAgain(links), problems);
  const own = graph.input ?? [];
  if (own.length === 1) draft.flatten();
  if (own.length === 3) draft.reshape(own.map((length) => length ?? 1));
  draft.end(graph.inputName);
  let head: ModelHead = 'none';
  const remarks: string[] = [];
  links.forEach(({ layer, sources, main, startsBranch }, index) => {
    if (startsBranch) draft.startBranch(sources[main]!);
    const isLast = links.slice(index + 1).every((link) => doesNothing(link.layer));
    const onSoftmax = () => {
      head = 'softmax';
    };
    readLayer(draft, new LayerConfig(layer, problems, remarks), {
      isLast,
      sources,
      main,
      isKeras3: graph.isKeras3,
      onSoftmax,
    });
  });
  const pieces = [...draft.pieces];
  const last = pieces.length - 1;
  // A sigmoid that something else takes is none of the end.
  if (pieces[last]?.spec.type === 'sigmoid' && head === 'none') {
    pieces.pop();
    head = 'sigmoid';
  }
  return { pieces, head, output: draft.shape ?? [], remarks };
}

/** Saved layers whose outputs are read again further on. */
const takenAgain = (links: readonly Link[]): ReadonlySet<string> =>
  new Set(
    links.flatMap(({ sources, main, startsBranch }) => sources.filter((_, i) => i !== main || startsBranch)),
  );

const doesNothing = ({ className, config }: SavedLayer) =>
  className === 'Activation' && config['activation'] === 'linear';

/** A length that most layers can take. */
const anyLength = 1024;

/** Our inputs have a length and channels; others are laid out so, row by row. */
function inputOf(graph: SavedGraph, options: ReadOptions, problems: Problems): readonly [number, number] {
  const { input } = options;
  const own = graph.input ?? [];
  const [first = null, second = null] = own;
  const rest = own.slice(1);
  const isOpen = first === null && !input;
  if (own.length > 3 || rest.includes(null) || isOpen) {
    const shape = own.map((length) => length ?? 'open');
    const how = isOpen ? '; a length that is open is that of a task, if one is given' : '';
    problems.add(
      `its input is [${shape}], supported: [length, channels], [height, width, channels] or [features], all of them known${how}`,
    );
    // So that the layers can be judged.
    return [anyLength, second ?? 1];
  }
  if (own.length === 2) return [first ?? input?.[0] ?? 1, second ?? 1];
  const size = (first ?? 1) * rest.reduce<number>((product, length) => product * (length ?? 1), 1);
  if (input && sizeOf(input) === size) return input;
  if (own.length === 3) return [size / (rest[1] ?? 1), rest[1] ?? 1];
  return size <= 64 ? [1, size] : [size, 1];
}
