/** Where the rooms say what a person should know. Node-RED's node logger fits it. */
export interface Log {
  info(text: string): void;
  warn(text: string): void;
  error(text: string): void;
  /**
   * Every message, round and version, for the search of a fault. Absent: nobody reads it, and callers, which write
   * `log.debug?.(...)`, build no text.
   */
  debug?(text: string): void;
}

/** Writes warnings and errors to standard error, and nothing else. */
export const consoleLog: Log = {
  info: () => undefined,
  warn: (text) => void process.stderr.write(`[ftte] warning: ${text}\n`),
  error: (text) => void process.stderr.write(`[ftte] error: ${text}\n`),
};

/** Says nothing. */
export const silentLog: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };
