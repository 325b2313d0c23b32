import { FtteError } from '../errors/errors';
import { type NoticeCode, noticeCodes } from './notice-codes';

/** `info`: news. `warning`: something is lost or wrong, and the work goes on. `error`: work was refused or failed. */
export type NoticeLevel = 'info' | 'warning' | 'error';

/** Something that a person should know. */
export interface Notice {
  readonly code: NoticeCode;
  readonly level: NoticeLevel;
  /** A sentence for a person: what was seen, what was expected, what to do. */
  readonly text: string;
  /** Number of times that it has happened. */
  readonly count: number;
  /** For programs: values that the text names, for example `gateway` and `reason`. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** A notice as one line without its code: its text, and from the second time on its number. */
export function noticeText({ text, count }: Pick<Notice, 'text' | 'count'>): string {
  return count === 1 ? text : `${text} (x ${count})`;
}

/** Code of whatever was thrown; `broker` errors have one for each kind of trouble. */
export function noticeCodeOf(error: unknown): NoticeCode {
  if (!(error instanceof FtteError)) return 'unexpected';
  const { code, details } = error;
  const detailed = `${code}-${details['kind']}`;
  return code === 'broker' && detailed in noticeCodes ? (detailed as NoticeCode) : code;
}
