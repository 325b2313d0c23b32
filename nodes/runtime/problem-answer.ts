import { messageOf, type NoticeCode, noticeCodeOf } from '../../gateway/platform';

/** The answer of a route about a failure. The editor puts the sentence of the code before the text, which is English. */
export interface ProblemAnswer {
  readonly code: NoticeCode;
  readonly text: string;
}

/** @param error in the words of the dialog, if it is about one */
export const problemAnswer = (error: unknown): ProblemAnswer => ({
  code: noticeCodeOf(error),
  text: messageOf(error),
});
