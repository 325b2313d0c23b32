import { appendFileSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Adds the updates that an outbox holds to the list of those that were made: a process that was killed after it had stored
 * one may not have written it down.
 * @param folder of the gateway, with `outbox/` and `made.txt`
 */
export function noteStoredUpdates(folder: string): void {
  const [outbox, made] = [join(folder, 'outbox'), join(folder, 'made.txt')];
  if (!existsSync(outbox)) return;
  const known = new Set(existsSync(made) ? readFileSync(made, 'utf8').split('\n') : []);
  for (const name of readdirSync(outbox)) {
    const id = /-([0-9a-f]{16})\.update$/.exec(name)?.[1];
    if (id !== undefined && !known.has(id)) appendFileSync(made, `${id}\n`);
  }
}
