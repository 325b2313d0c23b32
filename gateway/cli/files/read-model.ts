import { readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { readStoredModel } from '../../coordinator';
import {
  decodeParameters,
  isParametersFile,
  readModelFile,
  taskOfModel,
  taskWithModel,
} from '../../interchange';
import { parseTask, type Task } from '../../task';
import { fail } from '../command/options';
import { readTask } from './read-task';

/** A model with the task that says what its inputs and outputs mean. */
export interface ReadModel {
  readonly task: Task;
  readonly parameters: Float32Array;
  readonly origin: { readonly lineage?: string; readonly version?: number };
}

interface ReadModelOptions {
  /** The task of a file that does not hold one. */
  readonly taskPath: string | undefined;
  /** Takes the newest version in place of the average of recent ones. */
  readonly isCurrent: boolean;
}

/**
 * Reads a global model from the folder of a coordinator, of a model in it, a checkpoint or a parameters file.
 * @throws UsageError if the task of a parameters file is missing; FtteError of the file
 */
export async function readFederationModel(
  path: string,
  { taskPath, isCurrent }: ReadModelOptions,
): Promise<ReadModel> {
  const start = await readFile(path).catch(() => new Uint8Array());
  if (isParametersFile(start)) {
    const expected = `the task of ${path}, which is a parameters file`;
    const task = await readTask(taskPath ?? fail('task', expected, undefined));
    return { task, parameters: decodeParameters(task, start), origin: {} };
  }
  const { task, parameters, lineage, version } = await readStoredModel(path);
  return {
    task: parseTask(task),
    parameters: isCurrent ? parameters.published : parameters.average,
    origin: { lineage, version },
  };
}

/**
 * Reads any model: one of a federation, or an exported model.json, whose task is in the file.
 * @throws UsageError, FtteError as `readFederationModel`; `model-invalid` naming what is wrong with a model.json
 */
export async function readAnyModel(path: string, options: ReadModelOptions): Promise<ReadModel> {
  if (!(await isLayersModel(path))) return readFederationModel(path, options);
  const { taskPath } = options;
  const given = taskPath === undefined ? undefined : await readTask(taskPath);
  const input = given && ([given.input.length, given.input.channels.length] as const);
  const model = await readModelFile(path, input ? { input } : {});
  if (!given && !model.metadata)
    fail('task', `the task of ${path}, which was not exported by ftte`, undefined);
  const { lineage, version } = model.metadata ?? {};
  return {
    task: parseTask(given ? taskWithModel(given, model) : taskOfModel(model)),
    parameters: model.parameters,
    origin: { ...(lineage !== undefined && { lineage }), ...(version !== undefined && { version }) },
  };
}

async function isLayersModel(path: string): Promise<boolean> {
  if (basename(path).endsWith('.json')) return true;
  return stat(join(path, 'model.json')).then(
    (found) => found.isFile(),
    () => false,
  );
}
