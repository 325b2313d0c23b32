import type { Prepared } from './fleet/prepare';
import { type RunResult, SimulatedRun, type SimulateSeedOptions } from './simulated-run';

/**
 * One run of a scenario: the production Participant, Session, ModelFollower and Coordinator on a virtual clock, real
 * training in the real engine, real messages. Equal (scenario, seed) give equal results, to the bit, whatever the
 * number of threads. Virtual time is 0 until the fleet is ready: a warm start comes before it and is not counted.
 */
export async function simulateSeed(
  prepared: Prepared,
  seed: number,
  options: SimulateSeedOptions,
): Promise<RunResult> {
  const run = new SimulatedRun(prepared, seed, options);
  try {
    await run.begin();
    const stopped = await run.runToStop();
    return await run.finish(stopped);
  } finally {
    await run.end();
  }
}
