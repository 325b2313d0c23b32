import { type RuleKind, ruleTraits } from '../aggregation';

/** The part of a task that its local rate depends on. */
export interface RatedTask {
  readonly kind: 'classification' | 'forecast' | 'anomaly';
  readonly training: {
    readonly learningRate: number | 'auto';
    readonly optimiser: { readonly kind: 'sgd'; readonly momentum: number } | { readonly kind: 'adam' };
  };
  readonly aggregation: { readonly rule: { readonly kind: RuleKind } };
}

interface Rates {
  /** With a momentum of 0.9. */
  readonly sgd: number;
  readonly adam: number;
}

/** Rates of version 0 at a gateway that has all labels, each as often as any other. */
const evenRate: Rates = { sgd: 0.05, adam: 0.01 };
/** Rates of version 0 at a gateway that has one label, and of forecasts and anomalies. */
const plainRate: Rates = { sgd: 0.01, adam: 0.003 };
/** Momentum for which the rates of SGD are. */
const usualMomentum = 0.9;
/** The largest rate without momentum. */
const largestRate = 0.1;
/** Version at which the rate has halved, in versions of several contributions each. */
const halfAt = 40;
/** Share of the first rate below which it does not fall, so that a federation never stops learning. */
const leastShare = 0.1;
/** Versions of one contribution that count as one of a buffer. */
const contributionsPerBuffer = 10;

/**
 * The learning rate of a round that starts from a version. A number is used as it is. `auto` falls with the version,
 * as 1 / (1 + version / 40), to a tenth: far steps while the model knows nothing, short ones when the noise of single
 * gateways would hide what is left to learn. It needs no number of versions at which training is over. A gateway with few of the labels
 * takes shorter steps, because long ones lead it away from the others. Rates of forecasts and anomalies do not fall.
 * @param evenness of the labels of the round's samples: see `labelEvenness`
 */
export function localRate(task: RatedTask, version: number, evenness = 1): number {
  const { learningRate } = task.training;
  if (learningRate !== 'auto') return learningRate;
  const { kind, aggregation } = task;
  const first = firstRateOf(task, evenness);
  if (kind !== 'classification') return first;
  const isSmall = ruleTraits[aggregation.rule.kind].versionOf === 'contribution';
  const versions = isSmall ? version / contributionsPerBuffer : version;
  return first * Math.max(leastShare, 1 / (1 + Math.max(0, versions) / halfAt));
}

function firstRateOf({ kind, training: { optimiser } }: RatedTask, evenness: number): number {
  const [from, to] = [plainRate[optimiser.kind], evenRate[optimiser.kind]];
  const rate = kind === 'classification' ? from + evenness * (to - from) : from;
  if (optimiser.kind === 'adam') return rate;
  // The steps of a momentum m add up to 1 / (1 - m) steps without.
  return Math.min(largestRate, (rate * (1 - optimiser.momentum)) / (1 - usualMomentum));
}

/**
 * Evenness of the labels of some samples: their entropy over that of as many of each of the task's labels. 1: all labels,
 * equally often; 0: one label, or none.
 * @param labels number of the task's labels
 */
export function labelEvenness(y: Uint16Array, labels: number): number {
  if (labels < 2 || y.length === 0) return 0;
  const counts = new Uint32Array(labels);
  for (const label of y) counts[label]!++;
  let entropy = 0;
  for (const count of counts) if (count > 0) entropy -= (count / y.length) * Math.log(count / y.length);
  return Math.min(1, entropy / Math.log(labels));
}

/**
 * The rate of a task in words: "0.05, falling to 0.005 with the versions".
 * @param rateOf the rate of a version
 */
export function describeRate(rateOf: (version: number) => number): string {
  const [first, last] = [rateOf(0), rateOf(Number.MAX_SAFE_INTEGER)];
  return first === last ? short(first) : `${short(first)}, falling to ${short(last)} with the versions`;
}

const short = (value: number) => String(Number(value.toPrecision(3)));

/** Norm beyond which a gradient shortens the step after it, if the rate is `auto`. */
const largestGradient = 5;

/**
 * Norm of gradients beyond which steps are shortened. Undefined for tasks with a rate of their own, and for Adam, whose
 * steps have about one length whatever its gradients are.
 */
export const gradientLimit = ({ kind, training }: RatedTask): number | undefined =>
  training.learningRate === 'auto' && training.optimiser.kind === 'sgd' && kind === 'classification'
    ? largestGradient
    : undefined;

/**
 * Degree to which a round draws its labels equally often, 0 to 1 (see `SampleOrder` of the engine). `auto`: by the square
 * root of their numbers, so that a rare label counts more without a handful of windows being learned by heart.
 */
export const drawBalance = ({
  kind,
  training: { balance },
}: {
  readonly kind: RatedTask['kind'];
  readonly training: { readonly balance: 'auto' | 'none' | 'root' | 'equal' };
}): 0 | 0.5 | 1 => {
  if (kind !== 'classification') return 0;
  return ({ auto: 0.5, none: 0, root: 0.5, equal: 1 } as const)[balance];
};

/** The largest rate of trials and warm starts, which make hundreds of steps in a row. */
const longRate = 0.01;

/** The rate of trials at the coordinator, which measure what a part of the model gains. */
export const trialRate = ({ training: { learningRate } }: RatedTask): number =>
  learningRate === 'auto' ? longRate : learningRate;
