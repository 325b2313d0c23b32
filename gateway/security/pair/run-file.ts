import { readIfThere, writeAtomically } from '../../platform';
import { nextRun } from './claim';

/**
 * The number of the run that begins now, from a file that holds the number of the last one. The number is on disk when this
 * resolves. A file that is lost or damaged does no harm while the clock goes on: see `nextRun`.
 * @throws FtteError `storage`
 */
export async function beginRun(path: string, nowMs: number): Promise<number> {
  const text = (await readIfThere(path))?.toString('latin1').trim() ?? '';
  const before = /^\d{1,15}$/.test(text) ? Number(text) : undefined;
  const run = nextRun(before, nowMs);
  await writeAtomically(path, `${run}\n`);
  return run;
}
