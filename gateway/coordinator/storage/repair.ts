import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import {
  counted,
  FolderLock,
  FtteError,
  messageOf,
  setAside,
  storageError,
  systemClock,
  systemRandom,
  writeAtomically,
} from '../../platform';
import { decodeCheckpoint } from './checkpoint';
import { decodeRecords } from './journal-record';

/** A checkpoint or a file of the journal, and its condition. */
export interface InspectedFile {
  readonly name: string;
  /** For a person: the version, or the number of records. */
  readonly content: string;
  /** The reason if the file is damaged. */
  readonly damage?: string;
}

/** The files of one model in the folder of a coordinator. */
export interface InspectedModel {
  /** The folder of the model. */
  readonly folder: string;
  /** The newest version that can be read. Undefined: the coordinator refuses the folder. */
  readonly version: number | undefined;
  readonly files: readonly InspectedFile[];
}

const checkpointName = /^version-\d{9,15}\.ckpt$/;
const journalName = /^journal-\d{6,15}\.log$/;
const ownName = /^(?:version-\d+\.ckpt|journal-\d+\.log|trail-\d+\.log|members-\d+\.bin|importance\.json)$/;

/**
 * Reads the files of all models in a folder, and changes nothing.
 * @param path the folder of a coordinator, or of one model in it
 * @throws FtteError `storage` if it cannot be read, or holds no model
 */
export async function inspectModels(path: string): Promise<InspectedModel[]> {
  const folders = (await holdsModel(path)) ? [path] : await modelFoldersIn(path);
  const models = await Promise.all(folders.map(inspectModel));
  if (models.length === 0) throw new FtteError('storage', `${path} holds no model`, { path });
  return models;
}

/**
 * Sets the files of the models aside that no coordinator can continue, so that it starts a new lineage.
 * @returns the new places of the files
 * @throws FtteError `storage` if a coordinator uses the folder; `config-invalid` if all models can be continued
 */
export async function resetModels(path: string): Promise<string[]> {
  const lost = (await inspectModels(path)).filter(({ version }) => version === undefined);
  if (lost.length === 0) {
    throw new FtteError('config-invalid', `${path}: expected damaged checkpoints, and the model can be read`);
  }
  return whileLocked(lost[0]!.folder, () => Promise.all(lost.map(({ folder }) => setAside(folder))));
}

/**
 * Replaces the files of one model by those of a backup. The files that were there are set aside.
 * @param from the folder of a coordinator, or of the same model in it
 * @returns the version of the backup, and the place of the files that were set aside
 * @throws FtteError `storage`; `config-invalid` if the backup cannot be read, or is not of the same model
 */
export async function restoreModel(
  path: string,
  from: string,
): Promise<{ readonly version: number; readonly aside: string }> {
  const models = await inspectModels(path);
  const lost = models.filter(({ version }) => version === undefined);
  const [target, ...more] = lost.length > 0 ? lost : models;
  if (!target || more.length > 0) {
    const list = (lost.length > 0 ? lost : models).map(({ folder }) => folder).join(', ');
    throw new FtteError('config-invalid', `${path} holds several models: name one of ${list}`, { path });
  }
  const key = basename(target.folder);
  const backup = (await inspectModels(from)).find(({ folder }) => basename(folder) === key);
  if (backup?.version === undefined) {
    const text = `${from}: expected a backup of the model ${key} with a checkpoint that can be read`;
    throw new FtteError('config-invalid', text, { path: from });
  }
  const { folder, version } = backup;
  const files = await readAll(folder);
  return whileLocked(target.folder, async () => {
    const aside = await setAside(target.folder);
    for (const [name, bytes] of files) await writeAtomically(join(target.folder, name), bytes);
    return { version, aside };
  });
}

async function inspectModel(folder: string): Promise<InspectedModel> {
  const names = (await namesIn(folder)).sort();
  const files: InspectedFile[] = [];
  let version: number | undefined;
  for (const name of names) {
    const isCheckpoint = checkpointName.test(name);
    if (!isCheckpoint && !journalName.test(name)) continue;
    try {
      const bytes = await readFile(join(folder, name));
      if (isCheckpoint) {
        const found = decodeCheckpoint(bytes);
        version = Math.max(version ?? -1, found.version);
        files.push({ name, content: `version ${found.version} of lineage ${found.lineage}` });
      } else files.push({ name, ...journalContent(bytes) });
    } catch (error) {
      files.push({ name, content: 'unreadable', damage: messageOf(error) });
    }
  }
  return { folder, version, files };
}

function journalContent(bytes: Uint8Array): Omit<InspectedFile, 'name'> {
  const { entries, torn, damaged } = decodeRecords(bytes);
  const end = torn > 0 ? `, and ${counted(torn, 'byte')} of an interrupted write` : '';
  return {
    content: `${counted(entries.length, 'update')}${end}`,
    ...(damaged > 0 && { damage: counted(damaged, 'damaged record') }),
  };
}

async function holdsModel(folder: string): Promise<boolean> {
  return (await namesIn(folder)).some((name) => checkpointName.test(name) || journalName.test(name));
}

async function modelFoldersIn(path: string): Promise<string[]> {
  const names = (await namesIn(path)).filter((name) => /^[0-9a-f]{16}$/.test(name)).sort();
  return names.map((name) => join(path, name));
}

async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch((error) => {
    throw storageError('cannot list', folder, error);
  });
}

async function readAll(folder: string): Promise<[string, Buffer][]> {
  const names = (await namesIn(folder)).filter((name) => ownName.test(name));
  return Promise.all(
    names.map(async (name): Promise<[string, Buffer]> => [name, await readFile(join(folder, name))]),
  );
}

/** Runs a job while no coordinator uses the folder that the model is in. @throws FtteError `storage` */
async function whileLocked<T>(model: string, job: () => Promise<T>): Promise<T> {
  const lock = new FolderLock(join(dirname(model), 'lock'), {
    clock: systemClock,
    random: systemRandom(),
    onLost: () => undefined,
  });
  for (let isHeld = false; !isHeld; ) {
    isHeld = await lock.acquire().then(
      () => true,
      (error: FtteError) => {
        if (error.details.reason !== 'lock-asked') throw error;
        return false;
      },
    );
    if (!isHeld)
      await new Promise<void>((resolve) => systemClock.after(1_000, resolve, { holdsProcess: true }));
  }
  try {
    return await job();
  } finally {
    await lock.release();
  }
}
