import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { FtteError, messageOf } from '../../platform';
import { decodeStoredModel, type StoredModel } from './checkpoint';

/**
 * The newest whole model that a coordinator has stored. Its files are only read, so that a running coordinator is not
 * disturbed.
 * @param path a checkpoint (`version-....ckpt`), the folder of one model, or the folder of a coordinator with one model
 * in it
 * @throws FtteError `storage` if there is no model, or more than one; `checkpoint-damaged`
 */
export async function readStoredModel(path: string): Promise<StoredModel> {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    (error) => {
      throw noModel(path, messageOf(error));
    },
  );
  if (!isFolder) return modelIn(path);
  const own = await checkpointsIn(path);
  if (own.length > 0) return newestWhole(own);
  const names = await readdir(path, { withFileTypes: true });
  const folders = names.filter((entry) => entry.isDirectory()).map(({ name }) => join(path, name));
  const held = await Promise.all(
    folders.map(async (folder) => ({ folder, files: await checkpointsIn(folder) })),
  );
  const [model, ...more] = held.filter(({ files }) => files.length > 0);
  if (!model) throw noModel(path, 'it holds no checkpoint');
  if (more.length > 0) {
    const list = [model, ...more].map(({ folder }) => folder).join(', ');
    throw noModel(path, `it holds several models: name one of ${list}`);
  }
  return newestWhole(model.files);
}

/** The paths of the checkpoints in a folder, newest first. */
async function checkpointsIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => [] as string[]);
  const files = names.filter((name) => /^version-\d{9,15}\.ckpt$/.test(name));
  return files.sort((a, b) => b.length - a.length || (a < b ? 1 : -1)).map((name) => join(folder, name));
}

async function newestWhole(files: readonly string[]): Promise<StoredModel> {
  let damage: unknown;
  for (const file of files) {
    try {
      return await modelIn(file);
    } catch (error) {
      damage ??= error;
    }
  }
  throw damage;
}

/** The model of one file. Its name is in the error, because a folder has several. */
async function modelIn(file: string): Promise<StoredModel> {
  const bytes = await readFile(file);
  try {
    return decodeStoredModel(bytes);
  } catch (error) {
    if (!(error instanceof FtteError)) throw error;
    throw new FtteError(error.code, `${file}: ${error.message}`, { ...error.details, path: file });
  }
}

const noModel = (path: string, why: string) =>
  new FtteError('storage', `no model in ${path}: ${why}`, { path });
