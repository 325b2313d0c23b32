import { access, type FileHandle, open, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { FtteError, makeFolder, messageOf, storageError, writeAtomically } from '../platform';
import type { Task } from '../task';
import { describeFolder, describeOtherFormat, headBytes } from './format/other-formats';
import { manifestBytes } from './format/weights-manifest';
import { decodeParameters, isParametersFile } from './parameters-file';
import { openLayersModel } from './read/open-layers-model';
import { type ImportedModel, type ReadOptions, readLayersModel } from './read/read-layers-model';
import { parametersFor } from './task-model';
import { type ExportedModel, weightsFile } from './write/write-layers-model';

/** No file that is read here is larger. */
const maxFileBytes = 512 * 1024 * 1024;
/** A model.json holds a description; what it describes lies beside it. */
const maxModelJsonBytes = 32 * 1024 * 1024;

/**
 * Reads a model.json and the files of weights beside it.
 * @param path of the file, or of the folder that holds it
 * @throws FtteError `model-invalid` where a file cannot be read or is no model.json (it says what it is, and how that is
 *         converted), or as `readLayersModel` does
 */
export async function readModelFile(path: string, options: ReadOptions = {}): Promise<ImportedModel> {
  const file = await modelJsonOf(path);
  const other = describeOtherFormat(await readHead(file), basename(file));
  if (other) throw new FtteError('model-invalid', other, { path: basename(file) });
  const opened = openLayersModel(await readBounded(file, maxModelJsonBytes), basename(file));
  const shards = new Map<string, Uint8Array>();
  let left = manifestBytes(opened.manifest);
  for (const name of opened.shards) {
    const shard = join(dirname(file), name);
    // `readLayersModel` names all that are missing, together with what else is wrong.
    if (!(await exists(shard))) continue;
    const bytes = await readBounded(shard, left);
    left -= bytes.length;
    shards.set(name, bytes);
  }
  return readLayersModel(opened, shards, options);
}

/** The file itself, or the model.json of a folder. */
async function modelJsonOf(path: string): Promise<string> {
  const folder = await stat(path)
    .then((found) => found.isDirectory())
    .catch(() => false);
  if (!folder) return path;
  const names = ['model.json', 'saved_model.pb', 'config.json', 'model.weights.h5'];
  const found = await Promise.all(names.map((name) => exists(join(path, name))));
  const has = (name: string) => found[names.indexOf(name)] === true;
  if (has('model.json')) return join(path, 'model.json');
  throw new FtteError('model-invalid', describeFolder(has, path), { path: basename(path) });
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/**
 * Reads the parameters that a task's version 0 starts from: of a `model.json` with the task's layers, or of a file
 * that `ftte import` wrote.
 * @throws FtteError `model-invalid` saying what does not fit
 */
export async function readInitialParameters(path: string, task: Task): Promise<Float32Array> {
  const file = await modelJsonOf(path);
  if (isParametersFile(await readHead(file))) return decodeParameters(task, await readBounded(file));
  const { length, channels } = task.input;
  return parametersFor(task, await readModelFile(file, { input: [length, channels.length] }));
}

/** Writes a model's files into a folder, which is made where it is missing. @throws FtteError `storage` */
export async function writeModelFiles(
  folder: string,
  { modelJson, weights }: ExportedModel,
): Promise<string[]> {
  // Others read what is exported: what may be done in the folder is left to the process' umask.
  await makeFolder(folder, 0o777).catch((error) => {
    throw storageError('cannot make', folder, error);
  });
  // The weights first: whoever finds a model.json finds what it names.
  const files = [join(folder, weightsFile), join(folder, 'model.json')];
  await writeAtomically(files[0]!, weights);
  await writeAtomically(files[1]!, modelJson);
  return files;
}

/** The first bytes of a file; none of a folder. */
const readHead = (path: string): Promise<Buffer> =>
  withFile(path, async (file) => {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(headBytes), 0, headBytes, 0);
    return buffer.subarray(0, bytesRead);
  });

const readBounded = (path: string, maxBytes = maxFileBytes): Promise<Buffer> =>
  withFile(path, async (file, wrong) => {
    const { size } = await file.stat();
    if (size > maxBytes) throw wrong(`it has ${size} bytes, at most ${maxBytes} belong to this model`);
    return file.readFile();
  });

type Wrong = (text: string, cause?: unknown) => FtteError;

async function withFile<T>(path: string, read: (file: FileHandle, wrong: Wrong) => Promise<T>): Promise<T> {
  const wrong: Wrong = (text, cause) =>
    new FtteError('model-invalid', `cannot read ${path}: ${text}`, { path: basename(path) }, { cause });
  const failed = (error: unknown) => {
    throw wrong(messageOf(error), error);
  };
  // Opening a pipe would wait for a writer, and a device has no end.
  if (!(await stat(path).catch(failed)).isFile()) throw wrong('it is no file');
  const file = await open(path, 'r').catch(failed);
  try {
    return await read(file, wrong);
  } catch (error) {
    throw error instanceof FtteError ? error : wrong(messageOf(error), error);
  } finally {
    await file.close();
  }
}
