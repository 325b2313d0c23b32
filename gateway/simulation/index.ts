/** Fleets on a virtual clock: the production roles, with other clock and transport. */
export * from './data/data-set';
export * from './data/partition';
export type { WarmStart } from './data/warm-start';
export * from './fleet/delay';
export * from './fleet/fleet';
export * from './fleet/prepare';
export * from './pool/pool';
export type { Examples, PoolJob } from './pool/pool-host';
export * from './results/overall';
export * from './results/plots';
export * from './results/report';
export * from './results/result-folder';
export * from './results/results';
export * from './run-scenario';
export { parseScenario, readScenario } from './scenario/scenario';
export { type Scenario, type ScenarioInput, scenarioSchema } from './scenario/scenario-schema';
export * from './simulator';
