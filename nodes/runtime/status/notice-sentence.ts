import { messageOf, type Notice, type NoticeCode, noticeCodeOf, noticeText } from '../../../gateway/platform';
import { type Translator, translate } from './translate';

/**
 * The text of a notice in the language of the runtime: what its code means and what to do, then what exactly happened, which
 * is English. The English catalog has no such sentences: there, the text alone says both.
 */
export function inRuntimeLanguage(
  RED: Translator,
  { code, text, count }: Pick<Notice, 'code' | 'text' | 'count'>,
): string {
  const sentence = translate(RED, `ftte-federation.notice.${code}`, {}, true);
  return noticeText({ text: sentence === undefined ? text : `${sentence} (${text})`, count });
}

/** A line of the log: the code, by which docs/troubleshooting.md finds it, and the text. */
export const lineWith = (code: NoticeCode, text: string): string => `[${code}] ${text}`;

/** A line of the log about something that was thrown. */
export function problemLine(RED: Translator, thrown: unknown): string {
  const code = noticeCodeOf(thrown);
  return lineWith(code, inRuntimeLanguage(RED, { code, text: messageOf(thrown), count: 1 }));
}
