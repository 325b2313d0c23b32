/** Which parameters a gateway trains inside its memory budget. */
export * from './knapsack';
export { type Measurement, measureGuide, measureNorms } from './measure';
export * from './plan-rows';
export * from './planner';
export * from './select-plan';
export * from './step-operations';
export * from './strategy';
export { isKernel, selectionUnits, type Unit, unitNorm } from './units';
