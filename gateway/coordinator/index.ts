/** The coordinator's role: membership, intake, buffer, weighting, server step, journal, checkpoints. */
export { isSynchronous } from './aggregation';
export * from './coordinator';
export { accuracies } from './evaluation/evaluator';
export { parseImportanceScores } from './evaluation/score-file';
export { patience as warmStartPatience } from './evaluation/scout';
export * from './options';
export * from './reports/coordinator-types';
export { readStoredModel, type StoredModel } from './storage';
