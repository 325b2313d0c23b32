import type { Random } from '../../platform';
import { categorical, dirichlet } from '../random/distributions';
import type { DelaySpec } from '../scenario/scenario-schema';

/**
 * Creates the delay model of a scenario.
 * @param affinity score of each client: the highest are the stragglers, ties at random. Undefined: random stragglers.
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

/** Speed class of a client, fixed for the run. */
export interface Speed {
  /** Name in tables: `fast`, `medium`, `slow`, `normal`, `straggler`. */
  readonly name: string;
  /** Whether results count it among the stragglers. */
  readonly isStraggler: boolean;
}

/** A model of the time that clients compute. */
export interface DelayModel {
  /** Speed of each client. */
  readonly speeds: readonly Speed[];
  /**
   * Computing time of one round, in ms of virtual time; draws from `random`.
   * @param normalMs time of the round on a client of normal speed; the published durations ignore it
   */
  computeMs(client: number, normalMs: number, random: Random): number;
}

/** Uniform durations by class, in units, of the published FADAS experiments (Wang 2024). */
const fadasDurations = {
  mild: { fast: [1, 2], medium: [3, 5], slow: [5, 8] },
  large: { fast: [1, 2], medium: [3, 5], slow: [50, 80] },
} as const;
const fadasClasses = ['fast', 'medium', 'slow'] as const;

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
