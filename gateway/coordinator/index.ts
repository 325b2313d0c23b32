/** The coordinator's role: membership, admission of updates, aggregation, server step, journal, checkpoints. */
export type { PlaceAbove } from './above/unsent-progress';
export { createAggregator, isSynchronous } from './aggregation';
export { heldOutFile } from './components';
export * from './coordinator';
export { type CoordinatorRole, DelegatingCoordinator } from './delegating-coordinator';
export { PeopleTally } from './evaluation/figures/people-tally';
export { parseImportanceScores } from './evaluation/score-file';
export { patience as warmStartPatience } from './evaluation/training-samples';
export * from './events';
export { createRole } from './failover-coordinator';
export type { CoordinatorOptions } from './options';
export {
  type ExpectedNoise,
  expectedNoise,
  type GatewaySpending,
  noiseLimits,
  noiseWarning,
  separationWarning,
  VersionLedger,
  type VersionPrivacyStatus,
} from './privacy';
export { RegionalModel, type UpdateFate } from './regional-model';
export * from './reports';
export {
  type Carried,
  type ModelChangeChoice,
  type ModelStart,
  modelChanges,
  modelStart,
} from './state/model-start';
export {
  type InspectedFile,
  type InspectedModel,
  inspectModels,
  type LogAddress,
  openSharedLog,
  readStoredModel,
  resetModels,
  restoreModel,
  type StoredModel,
} from './storage';
