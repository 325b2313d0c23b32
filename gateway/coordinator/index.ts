/** The coordinator's role: membership, intake, buffer, weighting, server step, journal, checkpoints. */
export * from './coordinator';
export * from './coordinator-options';
export * from './coordinator-types';
export { accuracies } from './evaluator';
export { parseGuide } from './guide-file';
export { patience as warmStartPatience } from './scout';
export { readStoredModel, type StoredModel } from './storage';
