/** Diagnosis: checks of machine, broker and federation, with what was found and what to do. */
export { hostedBrokerFinding } from './broker/hosted';
export type { BrokerTarget } from './broker/target';
export * from './diagnose';
export { packageVersion } from './machine/machine';
export * from './report/finding';
export { findingLine, summary } from './report/text';
