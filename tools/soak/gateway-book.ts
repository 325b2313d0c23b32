import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Participant } from '../../gateway/participant';
import type { Session } from '../../gateway/session';
import { decodeMessage } from '../../gateway/wire';

/**
 * Writes down which updates a gateway made, merged, dropped and had answered, for `readGatewayBook`. Call it before the start
 * of the participant.
 * @param folder of the gateway, with its `outbox/`
 */
export function keepGatewayBook(
  folder: string,
  participant: Pick<Participant, 'on'>,
  session: Pick<Session, 'subscribe'>,
): void {
  mkdirSync(folder, { recursive: true });
  const write = (name: string, line: string) => appendFileSync(join(folder, name), `${line}\n`);
  for (const id of storedUpdates(folder)) write('made.txt', id);
  // Written before anyone else gets the update, so that a kill in between loses nothing.
  participant.on('update', (bytes) => {
    const update = decodeMessage(bytes);
    if (update.type === 'update') write('made.txt', update.id);
  });
  participant.on('waiting', (change) => {
    if (change.kind === 'merged') write('merged.txt', `${change.id} ${change.into}`);
    else write('dropped.txt', change.id);
  });
  void session.subscribe('ack', ({ id, status, reason }) => {
    // The same update is sent again after these.
    const isOpen = status === 'not-stored' || reason === 'unknown-sender' || reason === 'unknown-plan';
    if (!isOpen) write('answered.txt', `${id} ${status === 'rejected' ? reason : 'taken'}`);
  });
}

/**
 * The updates that an outbox holds and the list of those that were made lacks: a process that was killed after it had stored
 * one may not have written it down.
 */
function storedUpdates(folder: string): string[] {
  const [outbox, made] = [join(folder, 'outbox'), join(folder, 'made.txt')];
  if (!existsSync(outbox)) return [];
  const known = new Set(existsSync(made) ? readFileSync(made, 'utf8').split('\n') : []);
  return readdirSync(outbox).flatMap((name) => {
    const id = /-([0-9a-f]{16})\.update$/.exec(name)?.[1];
    return id === undefined || known.has(id) ? [] : [id];
  });
}
