/** Diagnosis: checks of machine, broker and federation, with what was found and what to do. */
export { hostedBrokerFinding } from './broker/hosted';
export type { BrokerTarget } from './broker/target';
export * from './diagnose';
export { packageVersion } from './machine/machine';
export { type AdviceCode, adviceWords } from './report/advice-words';
export * from './report/finding';
export { type FoundCode, foundWords } from './report/found-words';
export { findingLine, summary } from './report/text';
