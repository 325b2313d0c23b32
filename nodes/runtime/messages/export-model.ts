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
  /** The parameters, flat. */
  readonly parameters: Float32Array;
}

/** Payload of the answer to a message that asks for the model. */
export interface ExportAnswer extends ModelVersion {
  /** The files of a LayersModel by name: their content, or their paths if they were written. */
  readonly files: Readonly<Record<string, Buffer | string>>;
  /** Remarks for the people who load them. */
  readonly remarks: readonly string[];
}

/**
 * The model as files for TensorFlow.js and Keras: written into `msg.path` (relative to the user directory), or as Buffers
 * without one.
 * @throws FtteError `message-invalid` if the path is no text; `storage`
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
    throw new FtteError(
      'message-invalid',
      `msg.path: expected the name of a folder, got ${describeValue(path)}`,
    );
  }
  const [weightsPath = '', modelPath = ''] = await writeModelFiles(fromUserDir(RED, path), exported);
  return { ...model, files: { 'model.json': modelPath, [weightsFile]: weightsPath }, remarks };
}

/** A path as a user writes it: relative to Node-RED's user directory. */
export function fromUserDir(RED: Pick<NodeAPI, 'settings'>, path: string): string {
  const { userDir } = RED.settings;
  return isAbsolute(path) || typeof userDir !== 'string' ? path : join(userDir, path);
}
