/** Sources to replay: recordings, text files, and synthetic people. */

export { type CsvNotice, separatorNames, textEncodings } from '../csv';
export * from './csv-source';
export { type RecordingMeta, readMeta } from './recording-meta';
export * from './recording-source';
export * from './stream-measure';
export * from './synthetic-ecg';
export { type SyntheticActivity, syntheticActivities } from './synthetic-person';
export * from './synthetic-vitals';
export * from './synthetic-wearable';
