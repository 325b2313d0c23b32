import { FtteError, messageOf } from '../../../platform';
import { logError } from '../shared/shared-log';

/** Reasons by the code of the server, with the words before its own. */
const byCode: Readonly<Record<string, readonly [reason: string, words: string]>> = {
  '53100': ['ENOSPC', 'is full'],
  '53200': ['ENOSPC', 'has no memory left'],
  '28P01': ['login', 'refuses the login'],
  '28000': ['login', 'refuses the login'],
  '3D000': ['database', 'has no such database, so make it or correct the address'],
  '42501': [
    'rights',
    'refuses the user: give it the right to create tables there and to write to them, or make it the owner of the database',
  ],
  '25006': ['EROFS', 'is read-only'],
  '57014': ['slow', 'has not answered in time'],
  '55P03': ['slow', 'has not answered in time'],
  '25P03': ['slow', 'has ended a transaction in which this coordinator paused too long'],
};

/** The error for something that Postgres, or the way to it, refused. */
export function postgresError(place: string, error: unknown): FtteError {
  if (error instanceof FtteError) return error;
  const text = messageOf(error) || (error as { code?: string }).code || 'no reason was given';
  const { code = '' } = error as { code?: string };
  const isAnswer = isSqlState(error);
  if (/timeout/i.test(text) && !isAnswer)
    return logError(place, 'slow', `has not answered in time: ${text}`, error);
  // `pg` throws it before it sends anything, without a code.
  if (/client password must be/.test(text))
    return logError(place, 'login', 'refuses the login: it asks for a password, and none is set', error);
  const known = byCode[code];
  if (known) return logError(place, known[0], `${known[1]}: ${text}`, error);
  if (isAnswer && !/^(08|57P)/.test(code))
    return logError(place, code, `cannot be used: ${text} (${code})`, error);
  return logError(place, 'unreachable', `cannot be reached: ${text}`, error);
}

/** Whether the server has ended the connection with this answer. */
export function endsConnection(error: unknown): boolean {
  const { code = '' } = error as { code?: string };
  return isSqlState(error) && /^(08|57P|25P03)/.test(code);
}

/** Whether an error is an answer of the server, after which the connection can be used. */
export function isSqlState(error: unknown): boolean {
  const { code = '' } = error as { code?: string };
  return /^[0-9A-Z]{5}$/.test(code) && code !== 'EPIPE';
}
