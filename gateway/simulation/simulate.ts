import { availableParallelism } from 'node:os';
import { type RunScenarioOptions, runScenario, type ScenarioResult } from './run-scenario';
import { parseScenario } from './scenario/scenario';
import type { Scenario, ScenarioInput } from './scenario/scenario-schema';

/**
 * Simulates a federation on a virtual clock, with real training and real messages: each seed of the scenario once.
 * @param scenario as a person writes it, or as `parseScenario` returned it
 * @param options default: a thread per core, and nothing on disk
 * @throws FtteError `scenario-invalid`, `recording-invalid`, `budget-too-small`, `storage`
 */
export async function simulate(
  scenario: ScenarioInput | Scenario,
  options: Partial<RunScenarioOptions> = {},
): Promise<ScenarioResult> {
  return runScenario(parseScenario(scenario), { threads: availableParallelism(), ...options });
}
