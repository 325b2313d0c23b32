import { isObject } from '../../platform';
import { type ModelMetadata, parseMetadata } from '../format/metadata';
import { parseModelJson } from '../format/model-json';
import { parseTopology, type SavedGraph } from '../format/saved-graph';
import { parseManifest, shardNames, type WeightsManifest } from '../format/weights-manifest';

/** A model.json that was understood as far as it goes without its weights. */
export interface OpenedModel {
  readonly graph: SavedGraph;
  readonly manifest: WeightsManifest;
  readonly metadata: ModelMetadata | undefined;
  /** Names of the files with weights that lie beside it. */
  readonly shards: readonly string[];
}

/**
 * Opens the `model.json` of a TensorFlow.js LayersModel.
 * @param source its text or its bytes
 * @param name of the file, for errors
 * @throws FtteError `model-invalid` saying what it is instead, and the command that converts it
 */
export function openLayersModel(source: string | Uint8Array, name = 'model.json'): OpenedModel {
  const value = parseModelJson(source, name);
  const graph = parseTopology(value['modelTopology']);
  const manifest = parseManifest(value['weightsManifest']);
  const own = isObject(value['userDefinedMetadata']) ? value['userDefinedMetadata']['ftte'] : undefined;
  return { graph, manifest, metadata: parseMetadata(own), shards: shardNames(manifest) };
}
