import type { ScenarioInput } from '../../../gateway/simulation';
import type { TaskInput } from '../../../gateway/task';
import type { Cell } from './cell';
import { gatewayFlops, line } from './conditions';
import { spreadOf } from './ratios';
import type { CellOutcome } from './run-cells';

/** de Chazal's training half, without 201, who is person 202 of the test half. */
const patients = '101 106 108 109 112 114 115 116 118 119 122 124 203 205 207 208 209 215 220 223 230'.split(
  ' ',
);
/** Passes over its own beats that everybody makes, however they are put together. */
const passes = 80;
const hospitals = Array.from({ length: 5 }, (_, h) => patients.filter((_, i) => i % 5 === h));
const judgements = 20;
/** Judgements behind a figure: the last quarter of the run. */
const behindFigure = 5;

type Aggregation = NonNullable<TaskInput['aggregation']>;

interface Row {
  readonly name: string;
  /** Who trains one model together; one entry a model. */
  readonly models: readonly (readonly string[])[];
  /** Whether each patient is a client, or all are one client's data: then the rounds are plain passes over it. */
  readonly federated: boolean;
  readonly training: TaskInput['training'];
  readonly bufferSize: number;
  readonly aggregation: Aggregation;
  readonly encoding: 'float32' | 'int8';
  readonly budget: number | 'dense';
}

/** Rates and the number of beats were chosen on five training patients kept aside. */
const alone = {
  federated: false,
  training: { batchSize: 32, learningRate: 0.02 },
  bufferSize: 1,
  aggregation: { rule: { kind: 'fedavg' } },
  encoding: 'float32',
  budget: 'dense',
} as const;
const together = {
  ...alone,
  federated: true,
  models: [patients],
  training: { batchSize: 8, learningRate: 0.05 },
} as const;
/** All that is trained fits in 97 kB, one window at a time. */
const ours: Row = {
  ...together,
  name: 'federated, ours',
  bufferSize: 5,
  aggregation: { rule: { kind: 'ftte' }, server: { kind: 'sgd', learningRate: 0.35 } },
  encoding: 'int8',
  budget: 100_000,
};
const rows: readonly Row[] = [
  { ...alone, name: 'each patient alone', models: patients.map((patient) => [patient]) },
  { ...alone, name: 'each of five hospitals alone', models: hospitals },
  { ...together, name: 'federated, FedAvg', bufferSize: patients.length },
  {
    ...together,
    name: 'federated, FedBuff',
    bufferSize: 5,
    aggregation: { rule: { kind: 'fedbuff' }, server: { kind: 'sgd', learningRate: 1 } },
  },
  ours,
  { ...ours, name: 'federated, ours, sparse', budget: 60_000 },
  { ...alone, name: 'all beats in one place', models: [patients] },
];

/** Heartbeats by patient: who trains together, and what that is worth on patients that nobody has heard. */
export function patientCells(folder: string, seeds: readonly number[]): Cell[] {
  return seeds.flatMap((seed) =>
    rows.flatMap((row) =>
      row.models.map((people, model) => ({
        arm: row.name,
        mix: `model ${model + 1}`,
        seed,
        scenario: scenarioOf(row, folder, people, seed),
      })),
    ),
  );
}

function scenarioOf(row: Row, folder: string, people: readonly string[], seed: number): ScenarioInput {
  const { name, bufferSize, aggregation, encoding } = row;
  const clients = row.federated ? people.length : 1;
  const versions = Math.ceil((passes * clients) / bufferSize);
  return {
    name,
    data: { folder, without: ['Q'], mostOfEachLabel: 100, trainOn: [...people] },
    clients,
    task: {
      model: { preset: 'ds-cnn1d', size: 'S' },
      training: { epochs: 1, optimiser: { kind: 'sgd', momentum: 0.9 }, ...row.training },
      aggregation: { maxAge: 100_000, averageVersions: 10, bufferSize, ...aggregation },
      encoding: { update: encoding, patch: encoding, catchUp: encoding },
    },
    budgets: [{ share: 1, bytes: row.budget }],
    delay: {
      kind: 'stragglers',
      share: 0.5,
      slowdown: 10,
      step: { kind: 'estimated', flopsPerSecond: gatewayFlops },
    },
    network: line,
    schedule: { kind: 'granted', concurrency: clients },
    stop: { versions },
    seeds: [seed],
    evaluation: {
      on: 'test',
      model: 'average',
      everyVersions: Math.max(1, Math.floor(versions / judgements)),
      maxWindows: 10_000,
      clientHoldOut: 0,
    },
  };
}

/** A row of the table for everyone that trains together; several models are told by their mean, worst and best. */
export function patientTable(outcomes: readonly CellOutcome[]): string {
  const lines = rows.flatMap(({ name, federated }) => {
    const runs = outcomes.filter(({ arm }) => arm === name);
    const [first] = runs;
    if (!first) return [];
    const scores = runs.map(({ result }) => {
      const last = result.curve.slice(-behindFigure);
      return last.reduce((sum, { balancedAccuracy }) => sum + balancedAccuracy, 0) / last.length;
    });
    const { summary } = first.result;
    const memory = Math.max(...summary.plans.map(({ peakBytes }) => peakBytes)) / 1000;
    const payload = (summary.bytesUp + summary.bytesDown) / summary.clients / 1000;
    return [
      [
        name,
        percent(spreadOf(scores).mean),
        scores.length > 1 ? `${percent(Math.min(...scores))} to ${percent(Math.max(...scores))}` : '-',
        federated ? (summary.virtualMs / 1000).toFixed(0) : '-',
        federated ? payload.toFixed(0) : '-',
        federated ? memory.toFixed(0) : '-',
      ],
    ];
  });
  const head = [
    'who trains together',
    'balanced accuracy',
    'worst to best',
    'virtual s',
    'kB a patient',
    'memory kB',
  ];
  return [head, head.map((_, column) => (column === 0 ? '---' : '---:')), ...lines]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}

const percent = (value: number) => `${(100 * value).toFixed(1)} %`;
