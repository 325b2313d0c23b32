import {
  FtteError,
  type Notice,
  type StorageCause,
  storageCauseIn,
  storageCauseOf,
} from '../../../gateway/platform';

/** A notice or the error of a role, as far as it says why storage fails. */
type Said = Pick<Notice, 'text'> & {
  readonly code: string | undefined;
  readonly details?: Notice['details'];
};

/** The cause of storage that fails, for a sentence in the language of the editor; undefined for all else. */
export function storageCause({ code, text, details }: Said): StorageCause | undefined {
  // A log on a server, or its package, that does not fit the settings.
  if (code === 'config-invalid') return storageCauseOf(details?.['reason']);
  if (code !== 'storage') return undefined;
  // Some texts only quote the system.
  return storageCauseOf(details?.['reason']) ?? storageCauseIn(text);
}

/** The details of an error that say why storage fails. */
export function reasonDetails(error: Error): Pick<Notice, 'details'> {
  const reason = error instanceof FtteError ? error.details['reason'] : undefined;
  return reason === undefined ? {} : { details: { reason } };
}
