import { constants } from 'node:os';
import { FtteError, messageOf } from '../errors/errors';

/**
 * The error for a file or folder that cannot be used. Its text names the path and the system's reason. Its details hold
 * both: `path`, and `reason` such as `ENOSPC`. An FtteError stays as it is.
 * @param what the action that failed, such as `cannot write`
 */
export function storageError(what: string, path: string, error: unknown): FtteError {
  if (error instanceof FtteError) return error;
  const reason = systemReason(error);
  const details = { path, ...(reason && { reason: reason.code }) };
  return new FtteError('storage', `${what} ${path}: ${reason?.text ?? messageOf(error)}`, details, {
    cause: error,
  });
}

/** The system's code of an error, such as `EROFS`. Undefined if the system gave none. */
export function systemCode(error: unknown): string | undefined {
  return systemReason(error)?.code;
}

/** Reasons for which Node.js has a number but no name. */
const unnamed: Readonly<Record<string, string>> = { EDQUOT: 'the disk quota is used up' };

function systemReason(error: unknown): { readonly code: string; readonly text: string } | undefined {
  const { code, errno, syscall } = (error ?? {}) as NodeJS.ErrnoException;
  if (typeof code !== 'string') return undefined;
  if (!code.startsWith('Unknown system error')) return { code, text: messageOf(error) };
  const [name = code] = Object.entries(constants.errno).find(([, number]) => number === -(errno ?? 0)) ?? [];
  return { code: name, text: `${name}: ${unnamed[name] ?? 'the system refuses'}, ${syscall}` };
}
