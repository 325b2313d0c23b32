import assert from 'node:assert/strict';
import { createEngine, type Program, type TrainResult } from '../../../gateway/engine';
import { initialParameters } from '../../../gateway/model';
import { createPool, type Pool, type Prepared, prepare, simulateSeed } from '../../../gateway/simulation';
import { type PoolTrainJob, RecordingPool, smallScenario } from './support';

/** An update at the coordinator of the reference. */
interface Arrival {
  readonly client: number;
  readonly base: number;
  readonly result: TrainResult;
}

/** The formula of a rule in doubles, as its paper has it: from a full buffer to the change of the model. */
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
/** Shares of the rule ftte for equal numbers of samples. */
function ftteShares(buffer: readonly Arrival[], version: number): Map<Arrival, number> {
  const variances = buffer.map(({ result }) => result.gradientVariance);
  const median = [...variances].sort((a, b) => a - b)[1] as number;
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
    // Age and variance, normalised by the sum of weights, for equal numbers of samples; the rate without damping.
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
    // The same, less half of the model's movement since each contribution began; the rate with damping.
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
    // Xie 2019, algorithm 1, with updates instead of models.
    name: 'fedasync',
    buffer: 1,
    aggregation: { rule: { kind: 'fedasync', mixing: 0.6 } },
    apply: (buffer, version) => weighted(buffer, (arrival) => 0.6 * discount(version, arrival)),
  },
];

/**
 * The reference: every client trains all the time at its own speed; an update arrives after one latency, a version after
 * another. The order of the first clients and the samples of each round are given, because they are random.
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
    assert.ok(event, 'the reference has no event left');
    event.run();
  }
  return { records, parameters: published[versions] as Float32Array };
}

/** The client whose samples a round trained on. */
function ownerOf(prepared: Prepared, job: PoolTrainJob): number {
  const { x, size } = prepared.examples;
  const first = job.samples.x.slice(0, size).join();
  return prepared
    .fleet(1)
    .clients.findIndex(({ samples }) =>
      samples.some((i) => x.subarray(i * size, (i + 1) * size).join() === first),
    );
}

describe('a simulation of an asynchronous rule', () => {
  for (const rule of rules) {
    it(`gives the versions, times, clients and model of a reference of one page for ${rule.name}`, async () => {
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
            aggregation: { ...rule.aggregation, robust: 'none' },
          },
        }),
      );
      const pool: Pool & { jobs: readonly PoolTrainJob[] } = new RecordingPool(
        createPool({ threads: 0, examples: prepared.examples }),
      );
      const simulated = await simulateSeed(prepared, 1, { pool });
      await pool.close();

      const expected = reference(prepared, pool.jobs, rule);
      assert.deepEqual(
        simulated.versions.map(({ timeMs, clients: from, ages }) => ({ timeMs, clients: from, ages })),
        expected.records,
      );
      assert.ok(Math.max(...expected.records.flatMap(({ ages }) => ages)) > 1, 'no update is old');
      simulated.parameters.forEach((value, i) => {
        const byHand = expected.parameters[i] as number;
        // Sums of float32 in another order, which later rounds make larger.
        assert.ok(Math.abs(value - byHand) < 2e-5, `parameter ${i}: expected ${byHand}, got ${value}`);
      });
    });
  }
});
