/** Every reason for which this package refuses something. The literal is stable: flows and tests may branch on it. */
export type ErrorCode =
  | 'task-invalid'
  | 'model-invalid'
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
  | 'update-rejected'
  | 'second-coordinator'
  | 'not-ready'
  | 'offline'
  | 'broker'
  | 'storage'
  | 'checkpoint-damaged'
  | 'engine-unavailable'
  | 'engine-crashed'
  | 'cancelled'
  | 'config-invalid';

/**
 * The one error class: a literal `code`, and a message that names the field, what came and what was wanted.
 * `details` holds the same facts as data, for messages in other languages.
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

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The error itself if it is an FtteError, else one of this code with the same message and the error as its cause. */
export function asFtteError(error: unknown, code: ErrorCode, details: FtteError['details'] = {}): FtteError {
  return error instanceof FtteError
    ? error
    : new FtteError(code, messageOf(error), details, { cause: error });
}

/** An error of this code whose message says what failed, then why; its cause is what was thrown. */
export function wrapError(
  code: ErrorCode,
  what: string,
  error: unknown,
  details: FtteError['details'] = {},
): FtteError {
  return new FtteError(code, `${what}: ${messageOf(error)}`, details, { cause: error });
}
