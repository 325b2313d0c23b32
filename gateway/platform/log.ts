/** The log for everything that a person should know. The logger of a Node-RED node implements it. */
export interface Log {
  info(text: string): void;
  warn(text: string): void;
  error(text: string): void;
  /**
   * Logs every message, round and version, to search for a fault. It is absent if nobody reads it; callers write
   * `log.debug?.(...)`, which then builds no text.
   */
  debug?(text: string): void;
}

/** Writes warnings and errors to standard error, and drops everything else. */
export const consoleLog: Log = {
  info: () => undefined,
  warn: (text) => void process.stderr.write(`[ftte] warning: ${text}\n`),
  error: (text) => void process.stderr.write(`[ftte] error: ${text}\n`),
};

/** A log that drops everything. */
export const silentLog: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };
