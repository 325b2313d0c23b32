import type { ScenarioInput } from '../../../gateway/simulation';
import type { TaskInput } from '../../../gateway/task';
import type { Cell } from './cell';
import { gatewayFlops, line } from './conditions';

/** de Chazal's training half, without 201, who is person 202 of the test half. */
const patients = '101 106 108 109 112 114 115 116 118 119 122 124 203 205 207 208 209 215 220 223 230'.split(
  ' ',
);
/** Passes over its own beats that everybody makes, however they are put together. */
const passes = 80;
const hospitals = Array.from({ length: 5 }, (_, h) => patients.filter((_, i) => i % 5 === h));

type Aggregation = NonNullable<TaskInput['aggregation']>;

export interface Row {
  readonly name: string;
  /** Who trains one model together; one entry a model. */
  readonly models: readonly (readonly string[])[];
  /** Whether each patient is a client, or all are one client's data: then the rounds are plain passes over it. */
  readonly federated: boolean;
  readonly batchSize: number;
  readonly rates: Rates;
  /** Server rates that were tried on patients kept aside, each with each of `localRates`. */
  readonly serverRates: readonly Rates['server'][];
  /** Two of the pairs that were tried again, for all passes. */
  readonly again: readonly Rates[];
  readonly rule: NonNullable<Aggregation['rule']>;
  /** Contributions of a version, and local rounds that run at a time; `all`: as many as there are patients. */
  readonly bufferSize: number | 'all';
  readonly concurrency: number | 'all';
  readonly encoding: 'float32' | 'int8';
  readonly budget: number | 'dense';
  /** None where rates were chosen without it. */
  readonly damping: number;
}

interface Rates {
  readonly local: number;
  readonly server: number | 'auto';
}

/** Local rates that were tried with every rule. */
export const localRates = [0.01, 0.02];

/** Chosen, as the number of beats was, on five training patients kept aside. */
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
/** Half of the patients at a time, drawn by chance: with all of them at once the slow half makes a twelfth of the model. */
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
/** All that is trained fits in its budget, a few windows at a time. */
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
/** As a task has it by itself. */
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
export const rules: readonly Row[] = [fedavg, fedbuff, ours, sparse, damped, dampedSparse];
export const rows: readonly Row[] = [
  { ...alone, name: 'each patient alone', models: patients.map((patient) => [patient]) },
  { ...alone, name: 'each of five hospitals alone', models: hospitals },
  ...rules,
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
        scenario: scenarioOf(row, { folder, people, seed, passes }),
      })),
    ),
  );
}

/** Passes of the runs that rates were chosen by: all pairs for half of the passes, two of them for all. */
export const gridPasses = [passes / 2, passes];

/** A pair of rates in the grid, as its column of runs is called. */
export const pairName = (local: number, server: Rates['server'], of: number) =>
  `local ${local}, server ${server}, ${of} passes`;

/**
 * What settings were chosen with: 17 of the training patients, of whom the simulator keeps five aside to judge by (118,
 * 207, 108, 223 and 205, who have all four kinds of beats); each rule with as many pairs of rates.
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

interface Run {
  readonly folder: string;
  readonly people: readonly string[];
  /** Of the people: who judges, and is not trained on. Without: the test half judges. */
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
      },
      aggregation: {
        rule,
        ...(row.federated && { server: { kind: 'sgd', learningRate: rates.server } }),
        // Nobody is left out for being slow.
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
    network: line,
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
