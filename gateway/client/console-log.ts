import type { Log } from '../platform';

/** Writes warnings and errors to standard error, and nothing else. */
export const consoleLog: Log = {
  info: () => undefined,
  warn: (text) => void process.stderr.write(`[ftte] warning: ${text}\n`),
  error: (text) => void process.stderr.write(`[ftte] error: ${text}\n`),
};
