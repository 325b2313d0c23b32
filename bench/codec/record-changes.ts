import { resolve } from 'node:path';
import { createPool, parseScenario, prepare, simulateSeed } from '../../gateway/simulation';
import { encodings } from '../../gateway/wire';
import { scenarioOf } from '../federation/scenarios/arms';
import { mixes, wearables } from '../federation/scenarios/conditions';
import { ours } from '../federation/scenarios/rules';

/** Changes of parameters as gateways and coordinator sent them. */
export interface Changes {
  readonly updates: readonly Float32Array[];
  readonly catchUps: readonly Float32Array[];
}

/**
 * Simulates a federation on recordings, and keeps every n-th update and catch-up. The encodings of the table are watched: what
 * they get is what would travel.
 */
export async function recordChanges(data: string, contributions: number, every: number): Promise<Changes> {
  const conditions = wearables(resolve(data, 'hapt'), mixes[0]!, contributions);
  const scenario = parseScenario(scenarioOf(ours, conditions, { seed: 1, on: 'test' }));
  const prepared = await prepare(scenario);
  const updates: Float32Array[] = [];
  const catchUps: Float32Array[] = [];
  const restore = [watch(encodings.dithered, updates), watch(encodings.coarse, catchUps)];
  const pool = createPool({ threads: 0, examples: prepared.examples });
  try {
    await simulateSeed(prepared, 1, { pool, onVersion: () => undefined });
  } finally {
    await pool.close();
    for (const back of restore) back();
  }
  // Patches and catch-ups of a version come one after the other: a catch-up is the second.
  const some = (list: Float32Array[], step: number) => list.filter((_, i) => i % step === step - 1);
  return { updates: some(updates, every), catchUps: some(catchUps, 2 * Math.max(1, Math.round(every / 10))) };
}

function watch(encoding: (typeof encodings)['dithered' | 'coarse'], into: Float32Array[]): () => void {
  const watched = encoding as { encode: typeof encoding.encode };
  const { encode } = watched;
  watched.encode = (values, step) => {
    into.push(values.slice());
    return encode(values, step);
  };
  return () => {
    watched.encode = encode;
  };
}
