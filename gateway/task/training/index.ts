/** Training of a gateway where a task leaves it to the rules. */
export { describeTraining } from './describe-training';
export { calibrated, isCalibrated, labelOffsets } from './label-offsets';
export { drawBalance, gradientLimit, labelEvenness, localRate, trialRate } from './local-rate';
