import type { Clock } from '../time/clock';
import { type Notice, type NoticeLevel, noticeText } from './notice';
import type { NoticeCode } from './notice-codes';
import { NoticeCounter } from './notice-counter';

/** The log for everything that a person should know. The logger of a Node-RED node and `console` implement it. */
export interface Log {
  info(text: string): void;
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

/** A log that says the same warning or error once, then counts it; `NoticeCounter` has the pauses. */
export function countedLog(log: Log, clock: Clock): Log {
  const say = (notice: Notice) => {
    const text = noticeText(notice);
    if (notice.level === 'error') log.error(text, notice.code);
    else log.warn(text, notice.code);
  };
  const counter = new NoticeCounter(clock, say);
  const count = (code: NoticeCode, level: NoticeLevel, text: string) => {
    const { notice, due } = counter.count({ code, level, text });
    if (due) say(notice);
  };
  return {
    info: (text) => log.info(text),
    warn: (text, code) => count(code, 'warning', text),
    error: (text, code) => count(code, 'error', text),
    ...(log.debug && { debug: (text: string) => log.debug?.(text) }),
  };
}
