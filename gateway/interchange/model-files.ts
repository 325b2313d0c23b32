import { mkdir, open, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { FtteError, messageOf, wrapError, writeAtomically } from '../platform';
import type { Task } from '../task';
import { manifestBytes } from './format/weights-manifest';
import { decodeParameters, isParametersFile } from './parameters-file';
import {
  type ImportedModel,
  openLayersModel,
  type ReadOptions,
  readLayersModel,
} from './read/read-layers-model';
import { parametersFor } from './task-model';
import { type ExportedModel, weightsFile } from './write/write-layers-model';

/** No file that is read here is larger. */
const maxFileBytes = 512 * 1024 * 1024;
/** A model.json holds a description; what it describes lies beside it. */
const maxModelJsonBytes = 32 * 1024 * 1024;

/**
 * Reads a model.json and the files of weights beside it.
 * @throws FtteError `model-invalid` where a file cannot be read, or as `readLayersModel` does
 */
export async function readModelFile(path: string, options: ReadOptions = {}): Promise<ImportedModel> {
  const opened = openLayersModel((await readBounded(path, maxModelJsonBytes)).toString('utf8'));
  const shards = new Map<string, Uint8Array>();
  let left = manifestBytes(opened.manifest);
  for (const name of opened.shards) {
    const bytes = await readBounded(join(dirname(path), name), left);
    left -= bytes.length;
    shards.set(name, bytes);
  }
  return readLayersModel(opened, shards, options);
}

/**
 * Reads the parameters that a task's version 0 starts from: of a `model.json` with the task's layers, or of a file
 * that `ftte import` wrote.
 * @throws FtteError `model-invalid` saying what does not fit
 */
export async function readInitialParameters(path: string, task: Task): Promise<Float32Array> {
  const bytes = await readBounded(path);
  if (isParametersFile(bytes)) return decodeParameters(task, bytes);
  const { length, channels } = task.input;
  return parametersFor(task, await readModelFile(path, { input: [length, channels.length] }));
}

/** Writes a model's files into a folder, which is made where it is missing. @throws FtteError `storage` */
export async function writeModelFiles(
  folder: string,
  { modelJson, weights }: ExportedModel,
): Promise<string[]> {
  await mkdir(folder, { recursive: true }).catch((error) => {
    throw wrapError('storage', `cannot make ${folder}`, error, { folder });
  });
  // The weights first: whoever finds a model.json finds what it names.
  const files = [join(folder, weightsFile), join(folder, 'model.json')];
  await writeAtomically(files[0]!, weights);
  await writeAtomically(files[1]!, modelJson);
  return files;
}

async function readBounded(path: string, maxBytes = maxFileBytes): Promise<Buffer> {
  const wrong = (text: string, cause?: unknown) =>
    new FtteError('model-invalid', `cannot read ${path}: ${text}`, { path: basename(path) }, { cause });
  const failed = (error: unknown) => {
    throw wrong(messageOf(error), error);
  };
  // Opening a pipe would wait for a writer, and a device has no end.
  if (!(await stat(path).catch(failed)).isFile()) throw wrong('it is no file');
  const file = await open(path, 'r').catch(failed);
  try {
    const { size } = await file.stat();
    if (size > maxBytes) throw wrong(`it has ${size} bytes, at most ${maxBytes} belong to this model`);
    return await file.readFile();
  } catch (error) {
    throw error instanceof FtteError ? error : wrong(messageOf(error), error);
  } finally {
    await file.close();
  }
}
