import type { Clock } from '../time/clock';
import { type Notice, type NoticeLevel, noticeText } from './notice';
import type { NoticeCode } from './notice-codes';
import { NoticeCounter } from './notice-counter';

/** The log for everything that a person should know. The logger of a Node-RED node and `console` implement it. */
export interface Log {
  /** @param code of news that people look up */
  info(text: string, code?: NoticeCode): void;
  warn(text: string, code: NoticeCode): void;
  error(text: string, code: NoticeCode): void;
  /**
   * Logs every message, round and version, to search for a fault. It is absent if nobody reads it; callers write
   * `log.debug?.(...)`, which then builds no text.
   */
  debug?(text: string): void;
}

/** Writes warnings and errors to standard error, and drops everything else. */
export const consoleLog: Log = {
  info: () => undefined,
  warn: (text, code) => void process.stderr.write(`[ftte] warning [${code}] ${text}\n`),
  error: (text, code) => void process.stderr.write(`[ftte] error [${code}] ${text}\n`),
};

/** A log that drops everything. */
export const silentLog: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** Writes a notice that was counted already. */
export function logNotice(log: Log, notice: Notice): void {
  const text = noticeText(notice);
  if (notice.level === 'info') log.info(text, notice.code);
  else log[notice.level === 'error' ? 'error' : 'warn'](text, notice.code);
}

/** A log that says the same warning or error once, then counts it; `NoticeCounter` has the pauses. */
export function countedLog(log: Log, clock: Clock): Log {
  const counter = new NoticeCounter(clock, (notice) => logNotice(log, notice));
  const count = (code: NoticeCode, level: NoticeLevel, text: string) => counter.say({ code, level, text });
  return {
    info: (text, code) => log.info(text, code),
    warn: (text, code) => count(code, 'warning', text),
    error: (text, code) => count(code, 'error', text),
    ...(log.debug && { debug: (text: string) => log.debug?.(text) }),
  };
}
