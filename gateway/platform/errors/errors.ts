/** Every reason for which this package refuses something. The codes are stable: flows and tests may branch on them. */
export type ErrorCode =
  | 'task-invalid'
  | 'model-invalid'
  | 'task-refused'
  | 'task-waiting'
  | 'version-differs'
  | 'plan-invalid'
  | 'budget-too-small'
  | 'window-shape'
  | 'window-not-finite'
  | 'label-unknown'
  | 'not-labelled'
  | 'reading-invalid'
  | 'recording-invalid'
  | 'scenario-invalid'
  | 'message-invalid'
  | 'model-differs'
  | 'update-rejected'
  | 'second-coordinator'
  | 'not-ready'
  | 'offline'
  | 'broker'
  | 'join-refused'
  | 'storage'
  | 'checkpoint-damaged'
  | 'privacy-ledger'
  | 'engine-unavailable'
  | 'engine-crashed'
  | 'cancelled'
  | 'config-invalid';

/**
 * The error class of this package: a literal `code`, and a message that names the field, what came and what was
 * expected. `details` holds the same facts as data, for messages in other languages.
 */
export class FtteError extends Error {
  override readonly name = 'FtteError';

  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly details: Readonly<Record<string, string | number | boolean>> = {},
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Anything that was thrown as an error. */
export function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(messageOf(error));
}

/**
 * The error itself if it is an FtteError. Otherwise an FtteError of this code with the same message and the error as
 * its cause.
 */
export function asFtteError(error: unknown, code: ErrorCode, details: FtteError['details'] = {}): FtteError {
  return error instanceof FtteError
    ? error
    : new FtteError(code, messageOf(error), details, { cause: error });
}

/** An error of this code. Its message says what failed and then why; its cause is the error that was thrown. */
export function wrapError(
  code: ErrorCode,
  what: string,
  error: unknown,
  details: FtteError['details'] = {},
): FtteError {
  return new FtteError(code, `${what}: ${messageOf(error)}`, details, { cause: error });
}
