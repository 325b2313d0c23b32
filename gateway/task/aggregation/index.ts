/** Settings of the rule by which a coordinator makes versions. */

export { aggregationSchema, type RuleKind, ruleTraits } from './aggregation-schema';
export { maskedConflict, maskedFactor } from './masked';
export { robustConflict } from './robust-conflict';
