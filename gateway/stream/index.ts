/** Readings, windows and samples, and recordings to replay. */
export { arrivingInput, BeatMeasures, beatInputs, RPeaks } from './beats';
export { farSamples, magnitudeOf, usualMagnitude } from './far-samples';
export {
  type GivenLabel,
  type LabelAction,
  type LabelFields,
  Labeller,
  type LabellerState,
  labelActions,
  readLabelAction,
} from './labels';
export { type PayloadFormat, payloadFormats } from './payload';
export * from './samples';
export * from './sources';
export * from './survey';
export { type BatchTimes, type TimeFormat, timeFormats } from './time';
export {
  chosenReading,
  type FarValues,
  labelIndex,
  placesOf,
  type Reading,
  type ReadingSource,
  type ReadingWithTexts,
  readLabel,
  textOf,
  withTexts,
} from './values';
export * from './window';
