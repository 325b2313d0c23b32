import { FtteError } from '../../../platform';
import type { UpdateLog } from '../log/update-log';

/** A coordinator, as a log on a server knows it. */
export interface LogOwner {
  /** The fingerprint of its key, which gateways know; undefined in an open federation. */
  readonly key: string | undefined;
  /** Its id. Members by invitation, and their counters, are files of this one. */
  readonly coordinator: string;
}

/** The file with the key of the coordinators; in a federation with invitations, then the id of its only one. */
const ownerFile = 'owner';
const open = 'open';

/**
 * Ensures that a log on a server is that of this coordinator: all coordinators of an open federation have one log, and one of a
 * federation with invitations has a log of its own, because its members are files.
 * @throws FtteError `config-invalid`, `storage`
 */
export async function ownLog(log: UpdateLog, { key = open, coordinator }: LogOwner): Promise<void> {
  const { files, place } = log;
  const own = key === open ? open : `${key}\n${coordinator}`;
  const write = () => log.checkpoint(() => files.write(ownerFile, [Buffer.from(own)]));
  if (!(await files.list()).includes(ownerFile)) return write();
  const [ownerKey = '', owner] = Buffer.from(await files.read(ownerFile))
    .toString()
    .split('\n');
  if (ownerKey !== key) throw otherFederation(place, ownerKey, key);
  if (key === open || owner === coordinator) return;
  // A log that was made before owners had an id.
  if (owner === undefined) return write();
  throw otherCoordinator(place, owner, coordinator);
}

function otherFederation(place: string, owner: string, own: string): FtteError {
  const named = (one: string) => (one === open ? 'an open one' : `one whose coordinator has the key ${one}`);
  return invalid(
    `storage: the log at ${place} is of another federation of this name, ${named(owner)}; this is ${named(own)}: give this federation another name, or another database or account`,
    'other-federation',
  );
}

/** The error of a second coordinator of a federation with invitations. @param owner the id of the first one */
export const otherCoordinator = (place: string, owner: string, own: string): FtteError =>
  invalid(
    `storage: the log at ${place} is of the coordinator ${owner}, this one is ${own}: a federation with invitations has one coordinator, because members and their counters are files of its machine. If the whole folder was moved here, stop ${owner} and give this one its id; a copy does not know who joins or is revoked`,
    'other-coordinator',
  );

const invalid = (text: string, reason: string) =>
  new FtteError('config-invalid', text, { field: 'storage', reason });
