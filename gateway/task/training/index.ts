/** Training of a gateway where a task leaves it to the rules. */
export { withBeatDefaults } from './beat-defaults';
export { describeTraining } from './describe-training';
export {
  type CalibratedTask,
  calibrated,
  isCalibrated,
  labelOffsets,
  usesLabelShares,
  withOffsets,
} from './label-offsets';
export {
  drawBalance,
  gradientLimit,
  labelEvenness,
  localRate,
  trialRate,
} from './local-rate';
export { roundRate } from './round-rate';
