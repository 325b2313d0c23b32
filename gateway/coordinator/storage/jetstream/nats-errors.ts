import { FtteError, messageOf } from '../../../platform';
import { logError } from '../shared/shared-log';

/** Codes of JetStream for a store without room. */
const full: readonly number[] = [10023, 10028, 10047, 10077];
/** Code of JetStream for a message that came after another one than its sender expected. */
const wrongSequence: readonly number[] = [10071, 10164];
const noStream = 10059;
const noMessage = 10037;
const noCluster = 10074;

/** Codes of a server, or of an account, without JetStream. */
const noJetStream: readonly number[] = [10039, 10076];

/** The right that a user lacks, as a person gives it. */
const rightsOf = (text: string): string =>
  /publish/i.test(text) ? 'let it publish to ftte.> and $JS.API.>' : 'let it subscribe to _INBOX.>';

/** The code of JetStream in an error; 0 if it has none. */
function codeOf(error: unknown): number {
  const { code, apiError } = (error ?? {}) as { code?: unknown; apiError?: () => { err_code?: number } };
  if (typeof apiError === 'function') return apiError.call(error)?.err_code ?? 0;
  return typeof code === 'number' ? code : 0;
}

/** Whether a stream has another last message than its writer expected. */
export const isOvertaken = (error: unknown): boolean =>
  wrongSequence.includes(codeOf(error)) || /wrong last sequence/.test(messageOf(error));

export const isMissingStream = (error: unknown): boolean =>
  codeOf(error) === noStream || /stream not found/.test(messageOf(error));

export const isMissingMessage = (error: unknown): boolean =>
  codeOf(error) === noMessage || /no message found/.test(messageOf(error));

/** Whether a server is no member of a cluster, so that it cannot make replicas. */
export const isSingleServer = (error: unknown): boolean =>
  codeOf(error) === noCluster || /non-clustered/.test(messageOf(error));

/** The error for something that NATS, or the way to it, refused. */
export function natsError(place: string, error: unknown): FtteError {
  if (error instanceof FtteError) return error;
  const code = codeOf(error);
  const text = messageOf(error) || 'no reason was given';
  const name = error instanceof Error ? error.name : '';
  if (full.includes(code) || /maximum bytes exceeded|insufficient (resources|storage)/.test(text))
    return logError(place, 'ENOSPC', `is full: ${text}`, error);
  if (/authori[sz]ation/i.test(text) || name === 'AuthorizationError')
    return logError(place, 'login', `refuses the login: ${text}`, error);
  if (/permissions violation/i.test(text) || name === 'PermissionViolationError')
    return logError(place, 'rights', `refuses the user: ${rightsOf(text)}: ${text}`, error);
  if (noJetStream.includes(code) || /jetstream (is )?not enabled/i.test(text))
    return logError(
      place,
      'jetstream',
      `has no JetStream for this user: switch it on in its configuration and in the account of the user: ${text}`,
      error,
    );
  if (name === 'TimeoutError' || /timeout/i.test(text))
    return logError(place, 'slow', `has not answered in time: ${text}`, error);
  if (code > 0) return logError(place, String(code), `cannot be used: ${text} (${code})`, error);
  return logError(place, 'unreachable', `cannot be reached: ${text}`, error);
}
