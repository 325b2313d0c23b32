/** Which parameters a gateway trains inside its memory budget. */

export { type Measurement, measureImportance, measureNorms } from './measure';
export * from './plan-rows';
export * from './planner';
export * from './strategies/knapsack';
export * from './strategies/select-plan';
export * from './strategies/step-operations';
export * from './strategies/strategy';
export { isKernel, selectionUnits, type Unit, unitNorm } from './strategies/units';
