import assert from 'node:assert/strict';
import { createEngine, type Program, type TrainResult } from '../../../gateway/engine';
import { initialParameters } from '../../../gateway/model';
import { createPool, type Pool, type Prepared, prepare, simulate } from '../../../gateway/simulation';
import { type PoolTrainJob, RecordingPool, smallScenario } from './support';

/** What the reference keeps of an update. */
interface Arrival {
  readonly client: number;
  readonly base: number;
  readonly result: TrainResult;
}

/** From a full buffer to the change of the model: the formulas as the papers have them, in doubles. */
type Rule = (buffer: readonly Arrival[], version: number, published: readonly Float32Array[]) => Float64Array;

const latencyMs = 1;
const stepMs = 10;
const slowdown = 5;
const clients = 12;
const versions = 12;

const weighted = (buffer: readonly Arrival[], weight: (arrival: Arrival) => number): Float64Array => {
  const sum = new Float64Array((buffer[0] as Arrival).result.delta.length);
  for (const arrival of buffer) {
    arrival.result.delta.forEach((value, i) => {
      sum[i] = (sum[i] as number) + weight(arrival) * value;
    });
  }
  return sum;
};
const discount = (version: number, { base }: Arrival) => 1 / Math.sqrt(1 + version - base);

const meanAge = (buffer: readonly Arrival[], version: number) =>
  buffer.reduce((sum, { base }) => sum + version - base, 0) / buffer.length;
/** Of equal numbers of samples. */
function ftteShares(buffer: readonly Arrival[], version: number): Map<Arrival, number> {
  const spread = buffer.map(({ result }) => result.gradientVariance);
  const median = [...spread].sort((a, b) => a - b)[1] as number;
  const weights = buffer.map(
    (arrival) => discount(version, arrival) / (1 + arrival.result.gradientVariance / median),
  );
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return new Map(buffer.map((arrival, i) => [arrival, (weights[i] as number) / total]));
}

const rules: readonly { name: string; buffer: number; aggregation: object; apply: Rule }[] = [
  {
    // Nguyen 2022, algorithm 1 and section 5: the sum of the discounted updates over K.
    name: 'fedbuff',
    buffer: 3,
    aggregation: { rule: { kind: 'fedbuff' }, bufferSize: 3, server: { kind: 'sgd', learningRate: 1 } },
    apply: (buffer, version) => weighted(buffer, (arrival) => discount(version, arrival) / buffer.length),
  },
  {
    // Age and variance, normalised by the sum of weights; equal numbers of samples. No damping, the rate for that.
    name: 'ftte without damping',
    buffer: 3,
    aggregation: { rule: { kind: 'ftte' }, bufferSize: 3, damping: 0 },
    apply(buffer, version) {
      const shares = ftteShares(buffer, version);
      const rate = Math.min(1, 2 / (1 + meanAge(buffer, version)));
      return weighted(buffer, (arrival) => rate * (shares.get(arrival) as number));
    },
  },
  {
    // The same, less half of what the model has moved since each began, and the rate for that.
    name: 'ftte',
    buffer: 3,
    aggregation: { rule: { kind: 'ftte' }, bufferSize: 3 },
    apply(buffer, version, published) {
      const shares = ftteShares(buffer, version);
      const age = meanAge(buffer, version);
      const rate = (1 + 1.5 * age) / (1 + age);
      const step = weighted(buffer, (arrival) => shares.get(arrival) as number);
      const now = published[version] as Float32Array;
      return step.map((value, i) => {
        const moved = buffer.reduce(
          (sum, arrival) =>
            sum +
            (shares.get(arrival) as number) *
              ((now[i] as number) - (published[arrival.base] as Float32Array)[i]!),
          0,
        );
        return rate * (value - 0.5 * moved);
      });
    },
  },
  {
    // Xie 2019, algorithm 1, with updates in the place of models.
    name: 'fedasync',
    buffer: 1,
    aggregation: { rule: { kind: 'fedasync', mixing: 0.6 } },
    apply: (buffer, version) => weighted(buffer, (arrival) => 0.6 * discount(version, arrival)),
  },
];

/**
 * Everybody trains all the time, each at its own speed; an update is on its way for one latency, a version for another.
 * Which client starts first, and which samples a round draws in which order, is given: chance, not algorithm.
 */
function reference(prepared: Prepared, jobs: readonly PoolTrainJob[], rule: (typeof rules)[number]) {
  const { model, task } = prepared;
  const slow = prepared.fleet(1).clients.map(({ speed }) => speed.isStraggler);
  const program: Program = createEngine('auto').compile((jobs[0] as PoolTrainJob).program);
  const published = [initialParameters(model, task.seed)];
  const madeAt = [Number.NEGATIVE_INFINITY];
  const records: { timeMs: number; clients: string[]; ages: number[] }[] = [];
  const queue: { atMs: number; order: number; run: () => void }[] = [];
  let order = 0;
  let started = 0;
  let buffer: Arrival[] = [];
  const at = (atMs: number, run: () => void) => queue.push({ atMs, order: order++, run });

  const arrive = (nowMs: number, arrival: Arrival) => {
    buffer.push(arrival);
    if (buffer.length < rule.buffer) return;
    const version = published.length - 1;
    const step = rule.apply(buffer, version, published);
    const next = (published[version] as Float32Array).map((value, i) => value + (step[i] as number));
    published.push(next);
    madeAt.push(nowMs);
    records.push({
      timeMs: nowMs,
      clients: buffer.map(({ client }) => prepared.fleet(1).clients[client]?.id ?? ''),
      ages: buffer.map(({ base }) => version - base),
    });
    buffer = [];
  };
  const train = (nowMs: number, client: number) => {
    const job = jobs[started++];
    if (!job) return;
    const base = madeAt.findLastIndex((madeMs) => madeMs + latencyMs <= nowMs);
    program.loadParameters(published[base] as Float32Array);
    const result = program.train(job.samples, job.options);
    const endMs = nowMs + result.steps * stepMs * (slow[client] ? slowdown : 1);
    at(endMs, () => {
      at(endMs + latencyMs, () => arrive(endMs + latencyMs, { client, base, result }));
      train(endMs, client);
    });
  };
  for (const job of jobs.slice(0, clients)) train(0, ownerOf(prepared, job));
  while (records.length < versions) {
    queue.sort((a, b) => a.atMs - b.atMs || a.order - b.order);
    const event = queue.shift();
    assert.ok(event, 'the reference has something left to do');
    event.run();
  }
  return { records, parameters: published[versions] as Float32Array };
}

/** Whose samples a round trained on. */
function ownerOf(prepared: Prepared, job: PoolTrainJob): number {
  const { x, size } = prepared.examples;
  const first = job.samples.x.slice(0, size).join();
  return prepared
    .fleet(1)
    .clients.findIndex(({ samples }) =>
      samples.some((i) => x.subarray(i * size, (i + 1) * size).join() === first),
    );
}

describe('asynchronous rules, simulated, beside a reference of a page', () => {
  for (const rule of rules) {
    it(`${rule.name}: the same versions at the same times from the same clients, and the same model`, async () => {
      const { task } = smallScenario();
      const prepared = await prepare(
        smallScenario({
          clients,
          samplesPerClient: 8,
          network: { latencyMs },
          delay: {
            kind: 'stragglers',
            share: 0.5,
            slowdown,
            jitter: 0,
            step: { kind: 'fixed', ms: stepMs },
          },
          schedule: { kind: 'continuous', concurrency: clients, next: 'same' },
          stop: { versions },
          evaluation: { model: 'current', clientHoldOut: 0 },
          task: {
            ...task,
            encoding: { update: 'float32', patch: 'float32' },
            aggregation: rule.aggregation,
          },
        }),
      );
      const pool: Pool & { jobs: readonly PoolTrainJob[] } = new RecordingPool(
        createPool({ threads: 0, examples: prepared.examples }),
      );
      const simulated = await simulate(prepared, 1, { pool });
      await pool.close();

      const expected = reference(prepared, pool.jobs, rule);
      assert.deepEqual(
        simulated.versions.map(({ timeMs, clients: from, ages }) => ({ timeMs, clients: from, ages })),
        expected.records,
      );
      assert.ok(Math.max(...expected.records.flatMap(({ ages }) => ages)) > 1, 'some updates are old');
      simulated.parameters.forEach((value, i) => {
        const wanted = expected.parameters[i] as number;
        assert.ok(Math.abs(value - wanted) < 1e-5, `parameter ${i}: ${value}, by hand ${wanted}`);
      });
    });
  }
});
