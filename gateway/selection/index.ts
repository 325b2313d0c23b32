/** Which parameters a gateway trains inside its memory budget. */
export * from './knapsack';
export * from './measure';
export * from './plan-rows';
export * from './planner';
export * from './ranking';
export * from './select-plan';
export * from './step-operations';
export * from './strategy';
export * from './units';
