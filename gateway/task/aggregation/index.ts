/** Settings of the rule by which a coordinator makes versions. */

export { aggregationSchema, type RuleKind, ruleTraits } from './aggregation-schema';
export { type Conflict, conflict } from './conflict';
export { maskedConflict, maskedFactor } from './masked';
export { mostCompared, robustConflict } from './robust-conflict';
