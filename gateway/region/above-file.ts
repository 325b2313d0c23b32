import { join } from 'node:path';
import { messageOf, readIfThere, setAside, writeAtomically } from '../platform';
import { parseTask, type Task } from '../task';

/** The facts that a region knows of the federation above: with them, the region starts while that cannot be reached. */
export interface KnownAbove {
  readonly federation: string;
  readonly task: Task;
}

const fileName = 'above.json';

/**
 * Reads what a region knew before it stopped. A file that is damaged is set aside: the federation above says it again.
 * @param onDamage receives the damage as a sentence
 * @throws FtteError `storage` if the file cannot be read or set aside
 */
export async function readAbove(
  folder: string | undefined,
  federation: string,
  onDamage: (text: string) => void,
): Promise<KnownAbove | undefined> {
  if (folder === undefined) return undefined;
  const path = join(folder, fileName);
  const bytes = await readIfThere(path);
  if (!bytes) return undefined;
  try {
    const known = JSON.parse(bytes.toString('utf8')) as Record<string, unknown>;
    return known['federation'] === federation ? { federation, task: parseTask(known['task']) } : undefined;
  } catch (error) {
    const aside = await setAside(path);
    onDamage(`${path} is damaged (${messageOf(error)}) and is kept as ${aside}`);
    return undefined;
  }
}

/** Writes what a region knows, in one step. @throws FtteError `storage` */
export async function writeAbove(folder: string | undefined, known: KnownAbove): Promise<void> {
  if (folder === undefined) return;
  await writeAtomically(join(folder, fileName), `${JSON.stringify(known, undefined, 2)}\n`);
}
