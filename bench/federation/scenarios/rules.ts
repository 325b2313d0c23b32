/** The arms of the tables: aggregation rules with the settings that suit them. */
import type { Arm } from './arms';

/**
 * Short rounds: six of a gateway's nine windows, in steps of four and two. A contribution then takes less computing and is
 * fresher. They were chosen on the people kept aside, for all rules but plain averaging.
 */
const short = { epochs: 1, batchSize: 4, maxSamplesPerRound: 6, minSamples: 1, learningRate: 0.1 };

const dense = { encoding: 'float32', training: short, model: 'current' } as const;
const buffered = { ...dense, bufferSize: 10, model: 'average' } as const;
const wholeSteps = [1, 1.5, 2];

/** Plain dense averaging with two passes over all windows: the base of the comparisons. */
export const fedavg: Arm = {
  ...dense,
  name: 'FedAvg',
  bufferSize: 50,
  aggregation: { rule: { kind: 'fedavg' } },
  rate: 1,
  training: { epochs: 2, batchSize: 4, learningRate: 0.05 },
};

/** Averaging with short rounds. */
export const fedavgShort: Arm = {
  ...fedavg,
  name: 'FedAvg, short rounds',
  rate: 1.5,
  rates: wholeSteps,
  training: short,
};
export const fedavgMomentum: Arm = {
  ...fedavgShort,
  name: 'FedAvg, short rounds, momentum',
  aggregation: { rule: { kind: 'fedavg' }, server: { kind: 'sgd', momentum: 0.9 } },
  rate: 0.4,
  rates: [0.1, 0.2, 0.4],
};
/** The first 38 of 50, so that the same number trains at a time as with the other rules. */
export const fedavgOver: Arm = {
  ...fedavgShort,
  name: 'FedAvg, short rounds, over-selection',
  rate: 1,
  bufferSize: 38,
};

export const fedbuff: Arm = {
  ...buffered,
  name: 'FedBuff, rate .5',
  aggregation: { rule: { kind: 'fedbuff' } },
  rate: 0.5,
  rates: [0.5, 1, 1.5],
};
/** Faster if half of the gateways are slow, but never at the target if none is. */
export const fedbuffWhole: Arm = { ...fedbuff, name: 'FedBuff, rate 1', rate: 1 };
export const ca2fl: Arm = {
  ...buffered,
  name: 'CA2FL',
  aggregation: { rule: { kind: 'ca2fl' } },
  rate: 0.2,
  rates: [0.2, 0.5, 1],
};
export const fadas: Arm = {
  ...buffered,
  name: 'FADAS',
  aggregation: { rule: { kind: 'fadas' } },
  rate: 0.01,
  rates: [0.001, 0.003, 0.01],
};
export const fedasync: Arm = {
  ...buffered,
  name: 'FedAsync',
  bufferSize: 1,
  aggregation: { rule: { kind: 'fedasync' } },
  rate: 0.1,
  rates: [0.05, 0.1, 0.2],
};
/** The rule of Tenison 2025 with age and variance, without the additions of the package. */
export const ftte: Arm = {
  ...buffered,
  name: 'FTTE',
  aggregation: { rule: { kind: 'ftte' }, damping: 0 },
  rate: 0.35,
  rates: [0.2, 0.35, 0.7],
};

/** Memory for training: 7 % of that of dense training at the default batch of 32. */
export const sparseBudget = 51_000;
/** The default rule, protection, plans, encodings and server rate of the package. */
export const ours: Arm = {
  ...buffered,
  name: 'ours',
  aggregation: { rule: { kind: 'ftte' }, robust: 'auto' },
  rates: wholeSteps,
  encoding: 'auto',
  budget: sparseBudget,
};
/** Plans change with the version: every parameter is trained at some time, and downloads are dense. */
export const oursDrawn: Arm = { ...ours, name: 'ours, plans redrawn', selection: { strategy: 'dynamic' } };
/** Sparse plans without asynchrony: the effect of sparsity alone. */
export const fedavgSparse: Arm = {
  ...fedavgShort,
  name: 'FedAvg, short rounds, sparse',
  rate: 1,
  encoding: 'int8',
  budget: sparseBudget,
};

/** The package's rule without sparse plans: the effect of asynchrony alone. */
export const oursDense: Arm = { ...buffered, name: 'ours, dense, float32', aggregation: ours.aggregation };

/** Budgets by their percentage of the memory of dense training at batch 32. */
const budgetOf = { 7: sparseBudget, 8: 58_000, 12: 88_000, 20: 146_000, 50: 367_000 } as const;
type Percent = keyof typeof budgetOf;
const at = (arm: Arm, percent: Percent): Arm => ({
  ...arm,
  name: `${arm.name} at ${percent} %`,
  encoding: 'int8',
  budget: budgetOf[percent],
});
/** The package's rule at several budgets. */
export const budgets: readonly Arm[] = ([7, 8, 12, 20, 50] as const).map((percent) => at(ours, percent));
/** Every rule with sparse plans, at the server rates of its dense plans. */
export const everySparse: readonly Arm[] = [
  fedavgShort,
  fedavgMomentum,
  fedavgOver,
  fedasync,
  fedbuff,
  fedbuffWhole,
  ca2fl,
  fadas,
  ftte,
  ours,
].flatMap((arm) => ([8, 20, 50] as const).map((percent) => at(arm, percent)));

/** Steps up, in root mean squares; 2.6 is the package's. */
const stepsUp = [1.25, 2, 2.6] as const;
/** Steps down as shares of the package's: 1.5 root mean squares, or 12 of the movement of the model if that is less. */
const stepsDown = [1 / 2, 1, 3 / 2] as const;
/** The package's rule at several steps of its encodings. */
export const encodingSteps: readonly Arm[] = [
  { ...ours, name: 'int8 both ways', encoding: 'int8' },
  ...stepsUp.flatMap((update) =>
    stepsDown.map((catchUpShare) => ({
      ...ours,
      name: `up ${update}, down ${Number((1.5 * catchUpShare).toFixed(2))}`,
      ...(update === 2.6 && catchUpShare === 1 ? {} : { steps: { update, catchUpShare } }),
    })),
  ),
];

const { aggregation } = ours;
/** Samples of two training people are at the coordinator, and at no gateway. */
const warmStart = { people: 2, epochs: 5 } as const;
/** One fifth of the gateways has memory for the whole model. */
const twoBudgets: Arm = {
  ...ours,
  name: 'two budgets',
  budgets: [
    { share: 0.8, bytes: sparseBudget },
    { share: 0.2, bytes: 160_000 },
  ],
};
/** The package's rule without one of its parts, or with one of its options. */
export const ablations: readonly Arm[] = [
  ours,
  { ...ours, name: 'without damping', aggregation: { ...aggregation, damping: 0 } },
  { ...ours, name: 'full damping', aggregation: { ...aggregation, damping: 1 } },
  {
    ...ours,
    name: 'without weights for age and variance',
    aggregation: { ...aggregation, age: { kind: 'constant' }, variance: 'none' },
  },
  { ...ours, name: 'variance of coordinates', aggregation: { ...aggregation, variance: 'coordinates' } },
  { ...ours, name: 'distance to the mean', aggregation: { ...aggregation, variance: 'distance' } },
  { ...ours, name: 'without averaging versions', aggregation: { ...aggregation, averageVersions: 1 } },
  {
    ...ours,
    name: 'every gateway follows every version',
    schedule: { kind: 'continuous', concurrency: 50, next: 'uniform' },
  },
  {
    ...ours,
    name: 'the same fifty all the time',
    schedule: { kind: 'continuous', concurrency: 50, next: 'same' },
  },
  { ...ours, name: 'float32 both ways', encoding: 'float32' },
  {
    ...ours,
    name: 'rounds that end by time',
    training: { ...short, epochs: 4, round: { kind: 'time', ms: 2000 } },
  },
  { ...ours, name: 'plans by pace', selection: { maxRoundMs: 8000 } },
  { ...fedavg, name: 'FedAvg, warm start', warmStart },
  { ...ours, name: 'warm start', warmStart },
  { ...ours, name: 'warm start, deepest', warmStart, selection: { strategy: 'deepest' } },
  twoBudgets,
  {
    ...twoBudgets,
    name: 'two budgets, thin coverage ignored',
    aggregation: { ...aggregation, coverage: 'ignored' },
  },
  oursDrawn,
  {
    ...oursDrawn,
    name: 'plans redrawn, thin coverage ignored',
    aggregation: { ...aggregation, coverage: 'ignored' },
  },
];
