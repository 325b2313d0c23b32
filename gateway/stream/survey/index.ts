/** A look at a stream before a task is written: its channels, rate, values and labels, and the task that they suggest. */
export * from './propose-task';
export { StreamSurvey, type SurveyedMessage, type SurveyResult, type UnreadKind } from './stream-survey';
