/** The task of a federation as a person writes it, its kinds and its presets. */
export {
  maskedFactor,
  mostCompared,
  ruleTraits,
} from './aggregation';
export { type AugmentationPlan, describeAugmentation, resolveAugmentation } from './augmentation';
export { type CarriedLayers, carriedLayers, carryOver } from './carry-over';
export * from './fingerprint';
export { arrivingPlaces, categoryLists } from './input/category';
export { checkCut, leastBeatRateHz } from './input/cut';
export { optionalChannels, type PresencePlace, presencePlaces } from './input/presence';
export { allowedFalseAlarms, forecastShape, taskLoss, taskOutputs, taskSampleRows, taskTarget } from './kind';
export * from './presets';
export {
  type GatewayPrivacy,
  gatewayPrivacy,
  type PrivateRound,
  privateRound,
  type RecordPrivacy,
  recordPrivacy,
  updateClip,
  type WeakerPrivacy,
  weakerPrivacy,
} from './privacy';
export { type Protection, protectionOf, type Unprotected } from './protection';
export type { Aggregation, Optimiser, Privacy, Task, TaskInput, Training } from './schema';
export * from './stored-task';
export * from './task';
export * from './training';
