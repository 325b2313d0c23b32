import type { Random } from '../../platform';
import { categorical, dirichlet } from '../random/distributions';
import type { DelaySpec } from '../scenario/scenario-schema';

/** How fast a client is, fixed for its life. */
export interface Speed {
  /** For tables: `fast`, `medium`, `slow`, `normal`, `straggler`. */
  readonly name: string;
  /** Counts among the stragglers. */
  readonly isStraggler: boolean;
}

/** How long clients compute. */
export interface DelayModel {
  /** Speed of each client. */
  readonly speeds: readonly Speed[];
  /**
   * Computing time of one round, ms; draws from `random`.
   * @param normalMs what the round's work takes on a client of normal speed; published durations have no use for it
   */
  computeMs(client: number, normalMs: number, random: Random): number;
}

/** Of the published FADAS experiments: uniform durations by class, in units. */
export const fadasDurations = {
  mild: { fast: [1, 2], medium: [3, 5], slow: [5, 8] },
  large: { fast: [1, 2], medium: [3, 5], slow: [50, 80] },
} as const;
const fadasClasses = ['fast', 'medium', 'slow'] as const;

/**
 * How long each client's rounds take, in virtual time.
 * @param affinity of each client for being slow: the highest are the stragglers, ties at random. Undefined: random.
 */
export function createDelayModel(
  spec: DelaySpec,
  clients: number,
  random: Random,
  affinity?: readonly number[],
): DelayModel {
  switch (spec.kind) {
    case 'fadas':
      return fadas(spec, clients, random);
    case 'half-normal':
      return {
        speeds: Array.from({ length: clients }, () => ({ name: 'normal', isStraggler: false })),
        computeMs: (_client, _normalMs, draw) => spec.scaleMs * Math.abs(draw.normal()),
      };
    case 'stragglers':
      return stragglers(spec, clients, random, affinity);
  }
}

function fadas(spec: Extract<DelaySpec, { kind: 'fadas' }>, clients: number, random: Random): DelayModel {
  const mix = dirichlet([3, 2, 1], random);
  const speeds = Array.from({ length: clients }, () => {
    const name = fadasClasses[categorical(mix, random)] as (typeof fadasClasses)[number];
    return { name, isStraggler: name === 'slow' };
  });
  return {
    speeds,
    computeMs(client, _normalMs, draw) {
      const name = (speeds[client] as (typeof speeds)[number]).name;
      const [from, to] = fadasDurations[spec.severity][name];
      return spec.unitMs * (from + (to - from) * draw.uniform());
    },
  };
}

function stragglers(
  spec: Extract<DelaySpec, { kind: 'stragglers' }>,
  clients: number,
  random: Random,
  affinity: readonly number[] | undefined,
): DelayModel {
  const luck = Array.from({ length: clients }, () => random.uniform());
  const order = luck
    .map((_, client) => client)
    .sort((a, b) => (affinity?.[b] ?? 0) - (affinity?.[a] ?? 0) || (luck[a] as number) - (luck[b] as number));
  const slow = new Set(order.slice(0, Math.round(spec.share * clients)));
  const speeds = luck.map((_, client) => {
    const isStraggler = slow.has(client);
    return { name: isStraggler ? 'straggler' : 'normal', isStraggler };
  });
  return {
    speeds,
    computeMs(client, normalMs, draw) {
      const jitter = 1 + spec.jitter * (2 * draw.uniform() - 1);
      return normalMs * jitter * (slow.has(client) ? spec.slowdown : 1);
    },
  };
}
