import type { Random } from '../../gateway/platform';

/** The knowledge of an attacker besides its own delta. */
export interface Knowledge {
  /** The last delta of each honest gateway; attackers that work together know them all. */
  readonly honest: readonly Float32Array[];
  readonly random: Random;
}

/** An attack, by which a hostile gateway changes an honest round. All parts are pure. */
export interface Attack {
  readonly delta?: (delta: Float32Array, knowledge: Knowledge) => Float32Array;
  /** The label that it trains on in place of the true one. */
  readonly label?: (label: number, labels: number) => number;
  /** Whether it claims a million samples and no variance. */
  readonly claims?: true;
}

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
  'false-weights': { delta: scaled(-1), claims: true },
  'free-rider': { delta: scaled(0) },
};
