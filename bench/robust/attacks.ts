import type { Random } from '../../gateway/platform';

/** The knowledge of an attacker besides its own delta. */
export interface Knowledge {
  /** The last delta of each honest gateway; attackers that work together know them all. */
  readonly honest: readonly Float32Array[];
  readonly random: Random;
  /** Updates that it has sent before. */
  readonly turn: number;
}

/** The word of a gateway on what its update is worth. */
export interface Claim {
  readonly samples: number;
  readonly gradientVariance?: number;
}

/** An attack, by which a hostile gateway changes an honest round. All parts are pure. */
export interface Attack {
  readonly delta?: (delta: Float32Array, knowledge: Knowledge) => Float32Array;
  /** The label that it trains on in place of the true one. */
  readonly label?: (label: number, labels: number) => number;
  /** The claim that comes with an update; undefined: the truth. */
  readonly claim?: (turn: number) => Claim | undefined;
}

const worthMost: Claim = { samples: 1_000_000, gradientVariance: 0 };

/** Whether the update is one of those in between by which an attacker that alternates stays in favour. */
const isPause = (turn: number) => turn % 2 === 0;

const scaled = (factor: number) => (delta: Float32Array) => delta.map((value) => factor * value);

const normOf = (values: Float32Array) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));

/** Mean and spread of the honest deltas at a coordinate, or the attacker's own values while there are none. */
function moments(delta: Float32Array, honest: readonly Float32Array[]) {
  const alike = honest.filter(({ length }) => length === delta.length);
  const of = alike.length > 0 ? alike : [delta];
  const mean = delta.map((_, i) => of.reduce((sum, one) => sum + one[i]!, 0) / of.length);
  const spread = delta.map((_, i) =>
    Math.sqrt(of.reduce((sum, one) => sum + (one[i]! - mean[i]!) ** 2, 0) / of.length),
  );
  return { mean, spread };
}

/** The attacks by name. */
export const attacks: Readonly<Record<string, Attack>> = {
  none: {},
  'sign-flip': { delta: scaled(-1) },
  'sign-flip-5': { delta: scaled(-5) },
  'scaled-100': { delta: scaled(100) },
  /** Three times as long as the honest delta. */
  gaussian: {
    delta: (delta, { random }) => {
      const spread = (3 * normOf(delta)) / Math.sqrt(delta.length);
      return delta.map(() => spread * random.normal());
    },
  },
  'same-value': { delta: (delta) => delta.map(() => (3 * normOf(delta)) / Math.sqrt(delta.length)) },
  /** A little is enough: mean - 1.5 spreads of the honest (Baruch 2019, arXiv 1902.06156). */
  alie: {
    delta: (delta, { honest }) => {
      const { mean, spread } = moments(delta, honest);
      return mean.map((value, i) => value - 1.5 * spread[i]!);
    },
  },
  /** Inner product manipulation: against the honest mean (Xie 2019, arXiv 1903.03936). */
  ipm: { delta: (delta, { honest }) => moments(delta, honest).mean.map((value) => -value) },
  'label-flip': { label: (label, labels) => labels - 1 - label },
  'false-weights': { delta: scaled(-1), claim: () => worthMost },
  /** Tiny and in the right direction, then three times as long in the opposite one, with the largest weight. */
  alternating: {
    delta: (delta, { turn }) => scaled(isPause(turn) ? 0.01 : -3)(delta),
    claim: (turn) => (isPause(turn) ? undefined : worthMost),
  },
  /** Honest with the word that it is of one sample, then with the sign flipped and the largest weight. */
  'alternating-samples': {
    delta: (delta, { turn }) => scaled(isPause(turn) ? 1 : -1)(delta),
    claim: (turn) => (isPause(turn) ? { samples: 1 } : worthMost),
  },
  'free-rider': { delta: scaled(0) },
};
