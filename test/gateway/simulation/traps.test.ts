import assert from 'node:assert/strict';
import {
  createPool,
  parseScenario,
  prepare,
  type ScenarioInput,
  simulateSeed,
} from '../../../gateway/simulation';

type Training = Record<string, unknown>;
type Aggregation = Record<string, unknown>;
interface Trap {
  readonly training?: Training;
  readonly aggregation?: Aggregation;
  readonly task?: Record<string, unknown>;
  readonly scenario?: Partial<ScenarioInput>;
  /** Channels as the data has them, but for what is given. */
  readonly channel?: Record<string, unknown>;
}

const names = ['acc_x', 'acc_y', 'acc_z', 'gyro_x', 'gyro_y', 'gyro_z'];
const adam = { kind: 'adam' } as const;
const serverMomentum = { server: { kind: 'sgd', momentum: 0.9 } } as const;

/** Settings that a person might choose, and that once ended in numbers that are not finite or in a model that guesses. */
const traps: Readonly<Record<string, Trap>> = {
  'the defaults': {},
  'rate 0.3': { training: { learningRate: 0.3 } },
  'rate 3': { training: { learningRate: 3 } },
  'rate 10': { training: { learningRate: 10 } },
  'rate 0.3 without momentum': { training: { learningRate: 0.3, optimiser: { kind: 'sgd' } } },
  'batch 8 at 0.03': { training: { batchSize: 8, learningRate: 0.03 } },
  'batch 1 at 0.05': { training: { batchSize: 1, learningRate: 0.05 } },
  'batch 1 by the rule': { training: { batchSize: 1 } },
  'momentum 0.99': { training: { optimiser: { kind: 'sgd', momentum: 0.99 }, learningRate: 0.05 } },
  'momentum 0.99 by the rule': { training: { optimiser: { kind: 'sgd', momentum: 0.99 } } },
  'Adam by the rule': { training: { optimiser: adam } },
  'Adam at 0.3': { training: { optimiser: adam, learningRate: 0.3 } },
  'Adam at 0.01 with server momentum': {
    training: { optimiser: adam, learningRate: 0.01 },
    aggregation: serverMomentum,
  },
  'server momentum': { aggregation: serverMomentum },
  'server rate 3': { aggregation: { server: { kind: 'sgd', learningRate: 3 } } },
  'server Adam at 1': { aggregation: { server: { kind: 'adam', learningRate: 1 } } },
  'server Yogi': { aggregation: { server: { kind: 'yogi' } } },
  'FedAsync that takes all': { aggregation: { rule: { kind: 'fedasync', mixing: 1 } } },
  'FADAS at 0.1': {
    aggregation: { rule: { kind: 'fadas', learningRate: 0.1 } },
  },
  FedBuff: { aggregation: { rule: { kind: 'fedbuff' } } },
  'FADAS at 0.01': { aggregation: { rule: { kind: 'fadas', learningRate: 0.01 } } },
  'no damping': { aggregation: { damping: 0 } },
  'one contribution to a version': { aggregation: { bufferSize: 1 } },
  'rounds of 20 passes': { training: { epochs: 20 } },
  'labels as yes and no': { training: { loss: 'binary-cross-entropy' } },
  'labels drawn equally': { training: { balance: 'equal' } },
  'normalisation by window': { task: { normalisation: 'window' } },
  'no normalisation': { task: { normalisation: 'none' } },
  'values a hundred times too large': { channel: { spread: 0.01 } },
  'values a million times too large': { channel: { spread: 1e-6 } },
  'values far from their centre': { channel: { centre: 1000 } },
  'values a thousand times too small': { channel: { spread: 1000 } },
  'one label at each gateway': { scenario: { partition: { kind: 'shards', perClient: 1 } } },
  'few labels at each gateway': { scenario: { partition: { kind: 'dirichlet', alpha: 0.1 } } },
  'two samples at each gateway': { scenario: { samplesPerClient: 2 } },
};

function scenarioOf({ training, aggregation, task, scenario, channel }: Trap) {
  const input = {
    channels: names.map((name, i) => ({ name, unit: i < 3 ? 'g' : 'rad/s', ...channel })),
    rateHz: 50,
    length: 128,
    hop: 64,
    ...task,
  };
  return parseScenario({
    name: 'trap',
    data: { synthetic: { people: 5, testPeople: 1, windowsPerPerson: 24 } },
    clients: 6,
    task: {
      ...(channel || task ? { input } : {}),
      model: {
        layers: [
          { type: 'conv1d', filters: 8, kernel: 5 },
          { type: 'relu' },
          { type: 'maxpool1d', size: 4 },
          { type: 'conv1d', filters: 8, kernel: 5 },
          { type: 'relu' },
          { type: 'globalaveragepool1d' },
          { type: 'dense', units: 6 },
        ],
      },
      training: { minSamples: 1, ...training },
      ...(aggregation ? { aggregation } : {}),
    },
    schedule: { kind: 'continuous', concurrency: 6 },
    stop: { versions: 10 },
    ...scenario,
  });
}

describe('settings that are traps', () => {
  for (const [name, trap] of Object.entries(traps)) {
    it(`end neither in numbers that are not finite nor in silence: ${name}`, async () => {
      const prepared = await prepare(scenarioOf(trap));
      const pool = createPool({ threads: 0, examples: prepared.examples });
      const { summary, parameters, versions } = await simulateSeed(prepared, 1, { pool });
      await pool.close();
      assert.ok(parameters.every(Number.isFinite), 'parameters');
      for (const { version, loss } of versions)
        assert.ok(loss === undefined || Number.isFinite(loss), `version ${version}`);
      const learned = (versions.at(-1)?.loss ?? Number.POSITIVE_INFINITY) < 1.05 * Math.log(6);
      const said = Object.keys(summary.problems).length + Object.keys(summary.rejected).length;
      assert.ok(learned || said > 0, 'it learned nothing, and nobody said anything');
    });
  }
});
