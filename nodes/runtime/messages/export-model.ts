import { isAbsolute, join } from 'node:path';
import type { NodeAPI } from 'node-red';
import { metadataOf, weightsFile, writeLayersModel, writeModelFiles } from '../../../gateway/interchange';
import { describeValue, FtteError } from '../../../gateway/platform';
import { type Task, taskModel } from '../../../gateway/task';

/** A version of the global model. */
export interface ModelVersion {
  readonly task: Task;
  readonly lineage: string;
  readonly version: number;
  /** Flat. */
  readonly parameters: Float32Array;
}

/** What a message that asks for the model gets in its payload. */
export interface ExportAnswer extends ModelVersion {
  /** The files of a LayersModel by name: their content, or their paths where they were written. */
  readonly files: Readonly<Record<string, Buffer | string>>;
  /** What whoever loads them should know. */
  readonly remarks: readonly string[];
}

/**
 * The model as files for TensorFlow.js and Keras: written into `msg.path` (from the user directory on), or as Buffers
 * where there is none.
 * @throws FtteError `message-invalid` where the path is no text; `storage`
 */
export async function exportModel(
  RED: Pick<NodeAPI, 'settings'>,
  model: ModelVersion,
  path: unknown,
): Promise<ExportAnswer> {
  const { task, lineage, version, parameters } = model;
  const exported = writeLayersModel(taskModel(task), parameters, {
    name: task.name.replace(/[^A-Za-z0-9_-]+/g, '_'),
    metadata: metadataOf(task, { lineage, version }),
  });
  const { modelJson, weights, remarks } = exported;
  if (path === undefined || path === '') {
    const files = { 'model.json': Buffer.from(modelJson), [weightsFile]: Buffer.from(weights) };
    return { ...model, files, remarks };
  }
  if (typeof path !== 'string') {
    throw new FtteError('message-invalid', `msg.path is ${describeValue(path)}, wanted the name of a folder`);
  }
  const [weightsPath = '', modelPath = ''] = await writeModelFiles(fromUserDir(RED, path), exported);
  return { ...model, files: { 'model.json': modelPath, [weightsFile]: weightsPath }, remarks };
}

/** A path as a user writes it: from Node-RED's user directory on. */
export function fromUserDir(RED: Pick<NodeAPI, 'settings'>, path: string): string {
  const { userDir } = RED.settings;
  return isAbsolute(path) || typeof userDir !== 'string' ? path : join(userDir, path);
}
