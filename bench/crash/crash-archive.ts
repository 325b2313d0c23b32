import { copyFileSync, existsSync, mkdirSync, readdirSync, renameSync } from 'node:fs';
import { basename, join } from 'node:path';
import { archiveOf } from './crash-types';

type Promises = typeof import('node:fs/promises');
// The module's own object: importers look its functions up there at each call.
const promises: Promises = require('node:fs/promises');

/**
 * Keeps a copy of each checkpoint that this process writes, and of each journal that it removes. What a killed process
 * has left is copied at the start, so that nothing is missing in the archive and the folder together.
 * @param folder of the coordinator
 */
export function archiveFiles(folder: string): void {
  const archive = archiveOf(folder);
  mkdirSync(archive, { recursive: true });
  let copies = 0;
  const keep = (path: string) => {
    const copy = join(archive, `${basename(path)}.${process.pid}.${copies++}`);
    // This process may be killed in the middle.
    copyFileSync(path, `${copy}.part`);
    renameSync(`${copy}.part`, copy);
  };
  for (const model of existsSync(folder) ? readdirSync(folder, { withFileTypes: true }) : []) {
    if (!model.isDirectory()) continue;
    for (const name of readdirSync(join(folder, model.name)))
      if (isCheckpoint(name) || isJournal(name)) keep(join(folder, model.name, name));
  }
  const { rename, rm, unlink } = promises;
  Object.assign(promises, {
    async rename(from: string, to: string): Promise<void> {
      await rename(from, to);
      if (isCheckpoint(basename(to))) keep(to);
    },
    async unlink(path: string): Promise<void> {
      if (isJournal(basename(path)) && existsSync(path)) keep(path);
      await unlink(path);
    },
    async rm(path: string, options?: object): Promise<void> {
      if (isJournal(basename(path)) && existsSync(path)) keep(path);
      await rm(path, options);
    },
  });
}

export const isCheckpoint = (name: string) => /\.ckpt(\.\d+\.\d+)?$/.test(name);
export const isJournal = (name: string) => /^journal-\d+\.log(\.\d+\.\d+)?$/.test(name);
