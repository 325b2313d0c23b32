import { asError, messageOf, type NoticeCode, noticeCodeOf, type StorageCause } from '../../gateway/platform';
import { reasonDetails, storageCause } from './monitor/storage-problem';

/** The answer of a route about a failure. The editor puts the sentence of the code before the text, which is English. */
export interface ProblemAnswer {
  readonly code: NoticeCode;
  readonly text: string;
  /** Why storage fails, if it does and the cause is known: it has a sentence of its own. */
  readonly cause?: StorageCause;
}

/** @param error in the words of the dialog, if it is about one */
export function problemAnswer(error: unknown): ProblemAnswer {
  const said = { code: noticeCodeOf(error), text: messageOf(error) };
  const cause = storageCause({ ...said, ...reasonDetails(asError(error)) });
  return { ...said, ...(cause && { cause }) };
}
