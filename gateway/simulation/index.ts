/** Fleets on a virtual clock: the production roles, with other clock and transport. */
export * from './data-set';
export * from './delay';
export * from './fleet';
export * from './overall';
export * from './partition';
export * from './plots';
export * from './pool';
export type { Examples, PoolJob } from './pool-host';
export * from './prepare';
export * from './report';
export * from './result-folder';
export * from './results';
export * from './run-scenario';
export { parseScenario, readScenario } from './scenario';
export { type Scenario, type ScenarioInput, scenarioSchema } from './scenario-schema';
export * from './simulator';
export type { WarmStart } from './warm-start';
