/** Scenarios, data and pools of the simulation's tests. */
import {
  createPool,
  type DataSet,
  type Pool,
  type PoolJob,
  type Prepared,
  parseScenario,
  type RunResult,
  type ScenarioInput,
  simulateSeed,
} from '../../../gateway/simulation';

/** Data with `perPerson[p]` windows for person p and labels in turn; the last `testPeople` are test people. */
export function syntheticData(
  perPerson: readonly number[],
  labels = 3,
  testPeople = 0,
  named = true,
): DataSet {
  const person = perPerson.flatMap((count, p) => new Array<number>(count).fill(p));
  return {
    name: 'synthetic',
    labels: Array.from({ length: labels }, (_, i) => `label ${i}`),
    input: { channels: [{ name: 'a' }], rateHz: 1, length: 2, hop: 2 },
    windows: person.map((p, i) => Float32Array.of(p, i)),
    y: Uint16Array.from(person, (_, i) => i % labels),
    person: named ? Uint16Array.from(person) : undefined,
    split: Uint8Array.from(person, (p) => (p >= perPerson.length - testPeople ? 1 : 0)),
  };
}

/** A small scenario of synthetic people that runs in well under a second. */
export function smallScenario(changes: Partial<ScenarioInput> = {}) {
  return parseScenario({
    name: 'small',
    data: { synthetic: { people: 5, testPeople: 1, windowsPerPerson: 24 } },
    clients: 12,
    task: {
      model: {
        layers: [
          { type: 'conv1d', filters: 4, kernel: 5 },
          { type: 'relu' },
          { type: 'globalaveragepool1d' },
          { type: 'dense', units: 6 },
        ],
      },
      training: { learningRate: 0.05, batchSize: 4 },
    },
    delay: { kind: 'stragglers', share: 0.5, slowdown: 5, step: { kind: 'fixed', ms: 10 } },
    schedule: { kind: 'continuous', concurrency: 6 },
    stop: { versions: 6 },
    ...changes,
  });
}

/** Runs a prepared scenario with a pool of its own. */
export async function runPrepared(prepared: Prepared, seed = 1, threads = 0): Promise<RunResult> {
  const pool = createPool({ threads, examples: prepared.examples });
  try {
    return await simulateSeed(prepared, seed, { pool });
  } finally {
    await pool.close();
  }
}

/** A round that the pool trains. */
export type PoolTrainJob = Omit<Extract<PoolJob, { kind: 'train' }>, 'kind' | 'programId'>;

/** A pool that records its training jobs. */
export class RecordingPool implements Pool {
  readonly jobs: PoolTrainJob[] = [];

  constructor(private readonly pool: Pool) {}

  train(job: PoolTrainJob) {
    const { samples } = job;
    const own = { ...samples, x: samples.x.slice(), y: samples.y.slice() };
    this.jobs.push({ ...job, parameters: job.parameters.slice(), samples: own });
    return this.pool.train(job);
  }

  evaluate: Pool['evaluate'] = (model, parameters, groups) => this.pool.evaluate(model, parameters, groups);

  close() {
    return this.pool.close();
  }
}
