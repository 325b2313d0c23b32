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
