/** Why storage fails, as far as a person can do something about it. */
export const storageCauses = [
  'full',
  'read-only',
  'denied',
  'absent',
  'not-a-folder',
  'broken',
  'in-use',
  'unreachable',
  'slow',
  'login',
  'database',
  'jetstream',
  'rights',
  'schema',
  'lost',
  'other-federation',
  'other-coordinator',
  'package',
] as const;

export type StorageCause = (typeof storageCauses)[number];

/** Causes by the reason of an error: the code of the system, or a word of a lock or of a log on a server. */
const byReason: Readonly<Record<string, StorageCause>> = {
  ENOSPC: 'full',
  EDQUOT: 'full',
  EROFS: 'read-only',
  EACCES: 'denied',
  EPERM: 'denied',
  ENOENT: 'absent',
  ENXIO: 'absent',
  ENODEV: 'absent',
  ENOTDIR: 'not-a-folder',
  EEXIST: 'not-a-folder',
  EIO: 'broken',
  EUCLEAN: 'broken',
  locked: 'in-use',
  'lock-asked': 'in-use',
  unreachable: 'unreachable',
  slow: 'slow',
  login: 'login',
  database: 'database',
  jetstream: 'jetstream',
  rights: 'rights',
  schema: 'schema',
  missing: 'lost',
  'other-federation': 'other-federation',
  'other-coordinator': 'other-coordinator',
  package: 'package',
};

/** The cause for a reason, `details.reason` of a `storage` error, or of a `config-invalid` one about a log on a server; undefined for one that says nothing to a person. */
export function storageCauseOf(reason: unknown): StorageCause | undefined {
  return typeof reason === 'string' && Object.hasOwn(byReason, reason) ? byReason[reason] : undefined;
}

/** The cause in a text that quotes the system, such as `cannot write state.json: ENOSPC: no space left on device`. */
export function storageCauseIn(text: string): StorageCause | undefined {
  for (const [code] of text.matchAll(/\bE[A-Z]{2,}\b/g)) {
    const cause = storageCauseOf(code);
    if (cause) return cause;
  }
  return undefined;
}
