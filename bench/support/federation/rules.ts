import type { Arm } from './arms';

/** Half the usual passes, and steps twice as long: less computing for each contribution, as useful as before. */
const short = { epochs: 1, learningRate: 0.1 };

const dense = { encoding: 'float32', training: short, model: 'current' } as const;
const buffered = { ...dense, bufferSize: 10, model: 'average' } as const;

/** Plain dense averaging with a task's ordinary two epochs: what the others are measured against. */
export const fedavg: Arm = {
  ...dense,
  name: 'FedAvg',
  bufferSize: 50,
  aggregation: { rule: { kind: 'fedavg' } },
  rate: 1,
  training: { epochs: 2, learningRate: 0.05 },
};

/** Averaging with everything that is known to make it faster. */
export const fedavgShort: Arm = {
  ...fedavg,
  name: 'FedAvg, 1 epoch',
  training: short,
};
export const fedavgMomentum: Arm = {
  ...fedavgShort,
  name: 'FedAvg, 1 epoch, momentum',
  aggregation: { rule: { kind: 'fedavg' }, server: { kind: 'sgd', momentum: 0.9 } },
  rate: 0.2,
};
/** The first 38 of 50: as many train at a time as with the other rules. */
export const fedavgOver: Arm = {
  ...fedavgShort,
  name: 'FedAvg, 1 epoch, over-selection',
  bufferSize: 38,
};

export const fedbuff: Arm = {
  ...buffered,
  name: 'FedBuff, rate .5',
  aggregation: { rule: { kind: 'fedbuff' } },
  rate: 0.5,
};
/** On the people kept aside the better of the two with half of the gateways slow; not so where nobody is. */
export const fedbuffWhole: Arm = { ...fedbuff, name: 'FedBuff, rate 1', rate: 1 };
export const ftteDense: Arm = {
  ...buffered,
  name: 'FTTE, dense',
  aggregation: { rule: { kind: 'ftte' } },
  rate: 0.5,
};
/** Without the weights for age and variance: what they do. */
export const ftteUnweighted: Arm = {
  ...ftteDense,
  name: 'FTTE, dense, unweighted',
  aggregation: { rule: { kind: 'ftte' }, age: { kind: 'constant' }, variance: 'none' },
};
export const ca2fl: Arm = { ...buffered, name: 'CA2FL', aggregation: { rule: { kind: 'ca2fl' } }, rate: 0.5 };
export const fadas: Arm = {
  ...buffered,
  name: 'FADAS',
  aggregation: { rule: { kind: 'fadas' } },
  rate: 0.003,
};
export const fedasync: Arm = {
  ...buffered,
  name: 'FedAsync',
  bufferSize: 1,
  aggregation: { rule: { kind: 'fedasync' } },
  rate: 0.1,
};

/** Memory for training: a quarter of what dense training takes at this batch. */
export const sparseBudget = 68_000;
/** The package's rule and plans. */
export const ours: Arm = {
  ...ftteDense,
  name: 'ours',
  aggregation: { rule: { kind: 'ftte' }, averageVersions: 30 },
  rate: 0.35,
  encoding: 'int8',
  budget: sparseBudget,
};
/** Sparse plans without asynchrony: what sparsity does by itself. */
export const fedavgSparse: Arm = {
  ...fedavgShort,
  name: 'FedAvg, 1 epoch, sparse',
  encoding: 'int8',
  budget: sparseBudget,
};
