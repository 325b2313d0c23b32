/** Runs of heartbeats by patient (MIT-BIH): groups of patients that train together. */
import type { ScenarioInput } from '../../../gateway/simulation';
import type { TaskInput } from '../../../gateway/task';
import type { Cell } from '../runs/cell';
import { gatewayFlops, link } from './conditions';

/** The training half of de Chazal, without 201, who is the person of 202 in the test half. */
const patients = '101 106 108 109 112 114 115 116 118 119 122 124 203 205 207 208 209 215 220 223 230'.split(
  ' ',
);
/** Passes of every patient's data, in whatever group. */
const passes = 80;
const hospitals = Array.from({ length: 5 }, (_, h) => patients.filter((_, i) => i % 5 === h));

type Aggregation = NonNullable<TaskInput['aggregation']>;

/** A row of the table of patients. */
export interface Row {
  readonly name: string;
  /** Patients that train one model together; one entry per model. */
  readonly models: readonly (readonly string[])[];
  /** Whether each patient is a client. If not, one client has all data, and rounds are plain passes over it. */
  readonly federated: boolean;
  readonly batchSize: number;
  readonly rates: Rates;
  /** Server rates that were tried on patients kept aside, each with all `localRates`. */
  readonly serverRates: readonly Rates['server'][];
  /** Two pairs of rates that were tried again with all passes. */
  readonly again: readonly Rates[];
  readonly rule: NonNullable<Aggregation['rule']>;
  /** Contributions per version, and local rounds at a time; `all`: the number of patients. */
  readonly bufferSize: number | 'all';
  readonly concurrency: number | 'all';
  readonly encoding: 'float32' | 'int8';
  readonly budget: number | 'dense';
  /** 0 if the rates were chosen without damping. */
  readonly damping: number;
}

interface Rates {
  readonly local: number;
  readonly server: number | 'auto';
}

/** Local rates that were tried with every rule. */
export const localRates = [0.01, 0.02];

/** Settings without a federation. They and the number of beats were chosen on five training patients kept aside. */
const alone: Omit<Row, 'name' | 'models'> = {
  federated: false,
  batchSize: 32,
  rates: { local: 0.02, server: 1 },
  serverRates: [],
  again: [],
  rule: { kind: 'fedavg' },
  bufferSize: 1,
  concurrency: 1,
  encoding: 'float32',
  budget: 'dense',
  damping: 0,
};
const fedavg: Row = {
  ...alone,
  name: 'federated, FedAvg',
  models: [patients],
  federated: true,
  batchSize: 8,
  rates: { local: 0.01, server: 1 },
  serverRates: [1, 1.5],
  again: [
    { local: 0.01, server: 1 },
    { local: 0.02, server: 1 },
  ],
  bufferSize: 'all',
  concurrency: 'all',
};
/** Half of the patients at a time, drawn at random: with all at once the slow half makes one twelfth of the model. */
const fedbuff: Row = {
  ...fedavg,
  name: 'federated, FedBuff',
  rates: { local: 0.01, server: 1.5 },
  again: [
    { local: 0.01, server: 1.5 },
    { local: 0.02, server: 1.5 },
  ],
  rule: { kind: 'fedbuff' },
  bufferSize: 5,
  concurrency: 10,
};
/** The whole plan fits into the budget, with a few windows at a time. */
const ours: Row = {
  ...fedbuff,
  name: 'federated, ours',
  rates: { local: 0.02, server: 1 },
  serverRates: [0.5, 1],
  again: [
    { local: 0.01, server: 0.5 },
    { local: 0.02, server: 1 },
  ],
  rule: { kind: 'ftte' },
  encoding: 'int8',
  budget: 100_000,
};
const sparse: Row = { ...ours, name: 'federated, ours, sparse', budget: 60_000 };
/** The defaults of a task. */
const damped: Row = {
  ...ours,
  name: 'federated, ours, damped',
  damping: 0.5,
  rates: { local: 0.02, server: 'auto' },
  serverRates: ['auto', 1],
  again: [
    { local: 0.01, server: 'auto' },
    { local: 0.02, server: 'auto' },
  ],
};
const dampedSparse: Row = {
  ...damped,
  name: 'federated, ours, damped, sparse',
  rates: { local: 0.01, server: 'auto' },
  budget: sparse.budget,
};
/** The federated rows. */
export const rules: readonly Row[] = [fedavg, fedbuff, ours, sparse, damped, dampedSparse];
/** All rows of the table. */
export const rows: readonly Row[] = [
  { ...alone, name: 'each patient alone', models: patients.map((patient) => [patient]) },
  { ...alone, name: 'each of five hospitals alone', models: hospitals },
  ...rules,
  { ...alone, name: 'all beats in one place', models: [patients] },
];

/** Runs of the table of patients: groups that train together, judged on patients that no gateway has. */
export function patientCells(folder: string, seeds: readonly number[]): Cell[] {
  return seeds.flatMap((seed) =>
    rows.flatMap((row) =>
      row.models.map((people, model) => ({
        arm: row.name,
        mix: `model ${model + 1}`,
        seed,
        scenario: scenarioOf(row, { folder, people, seed, passes }),
      })),
    ),
  );
}

/** Passes of the grid of rates: half of the passes for all pairs, all passes for two of them. */
export const gridPasses = [passes / 2, passes];

/** The name of a pair of rates in the grid. */
export const pairName = (local: number, server: Rates['server'], of: number) =>
  `local ${local}, server ${server}, ${of} passes`;

/**
 * Runs of the grid that settings were chosen with: 17 of the training patients, of which five judge (118, 207, 108, 223 and
 * 205, who have all four kinds of beats). Each rule has the same number of pairs of rates.
 */
export function patientGridCells(folder: string, seeds: readonly number[]): Cell[] {
  const people = patients.filter((patient) => !['101', '122', '215', '220'].includes(patient));
  return seeds.flatMap((seed) =>
    rules.flatMap((row) => {
      const cell = (rates: Rates, of: number) => {
        const tried = { ...row, rates, concurrency: row.concurrency === 'all' ? 'all' : 6 } as const;
        return {
          arm: row.name,
          mix: pairName(rates.local, rates.server, of),
          seed,
          scenario: scenarioOf(tried, { folder, people, keptAside: 5, seed, passes: of }),
        };
      };
      const pairs = localRates.flatMap((local) => row.serverRates.map((server) => ({ local, server })));
      return [
        ...pairs.map((rates) => cell(rates, passes / 2)),
        ...row.again.map((rates) => cell(rates, passes)),
      ];
    }),
  );
}

/** Data, people and length of a run. */
interface Run {
  readonly folder: string;
  readonly people: readonly string[];
  /** Number of these people that judge and do not train. Absent: the test half judges. */
  readonly keptAside?: number;
  readonly seed: number;
  readonly passes: number;
}

function scenarioOf(row: Row, { folder, people, keptAside = 0, seed, passes }: Run): ScenarioInput {
  const { name, rates, rule, encoding } = row;
  const clients = row.federated ? people.length - keptAside : 1;
  const some = (number: number | 'all') => (number === 'all' ? clients : number);
  const bufferSize = some(row.bufferSize);
  const versions = Math.ceil((passes * clients) / bufferSize);
  const judgements = row.federated && keptAside === 0 ? 40 : 20;
  return {
    name,
    data: { folder, without: ['Q'], mostOfEachLabel: 100, trainOn: [...people] },
    ...(keptAside > 0 && { validation: { people: keptAside } }),
    clients,
    task: {
      model: { preset: 'ds-cnn1d', size: 'S' },
      training: {
        epochs: 1,
        batchSize: row.batchSize,
        learningRate: rates.local,
        optimiser: { kind: 'sgd', momentum: 0.9 },
        augmentation: 'none',
        balance: 'none',
      },
      aggregation: {
        rule,
        ...(row.federated && { server: { kind: 'sgd', learningRate: rates.server } }),
        // No age limit.
        maxAge: 100_000,
        averageVersions: 10,
        damping: row.damping,
        bufferSize,
      },
      encoding: { update: encoding, patch: encoding, catchUp: encoding },
    },
    budgets: [{ share: 1, bytes: row.budget }],
    delay: {
      kind: 'stragglers',
      share: 0.5,
      slowdown: 10,
      step: { kind: 'estimated', flopsPerSecond: gatewayFlops },
    },
    network: link,
    schedule: { kind: 'granted', concurrency: some(row.concurrency) },
    stop: { versions },
    seeds: [seed],
    evaluation: {
      on: keptAside > 0 ? 'validation' : 'test',
      model: 'average',
      everyVersions: Math.max(1, Math.floor(versions / judgements)),
      maxWindows: 10_000,
      clientHoldOut: 0,
    },
  };
}
