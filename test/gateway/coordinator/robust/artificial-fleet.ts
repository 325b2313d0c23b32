import { PseudoGradient } from '../../../../gateway/coordinator/aggregation';
import type { Contribution } from '../../../../gateway/coordinator/aggregation/contribution';
import { Robustness } from '../../../../gateway/coordinator/robust';
import { runSync, SeededRandom } from '../../../../gateway/platform';
import { contribution } from '../aggregation/contributions';
import { type RuleInput, rule } from '../aggregation/rules';

const size = 64;
/** Samples of an honest update. */
export const usualSamples = 20;

/** An update as a gateway makes it; what is left out is as that of the others. */
export interface Sent {
  /** Factor for an honest delta. */
  readonly length?: number;
  /** A delta in its place, by the honest one. */
  readonly delta?: (honest: readonly number[]) => readonly number[];
  readonly samples?: number;
  readonly age?: number;
  readonly gateway?: string;
}

/** The updates of a gateway, by their number. */
export type Plan = (turn: number) => Sent;

/** An artificial fleet, whose honest gateways all pull one way. */
export interface Fleet {
  /** Gateways that send what their plan says, by name; the honest ones are there besides. */
  readonly plans?: Readonly<Record<string, Plan>>;
  readonly honest?: number;
  /** Length of the noise in an honest update, whose part along the way has the length 1. */
  readonly noise?: number;
  readonly versions?: number;
  /** All parameters are moved alike. Default: all progress is in the first one. */
  readonly even?: boolean;
  readonly rule?: RuleInput;
  readonly seed?: number;
}

/** The result. */
export interface Outcome {
  /** Movement along the way per version: 1 if all were honest. */
  readonly progress: number;
  /** Versions in which a gateway was quarantined, by name. */
  readonly quarantined: ReadonlyMap<string, readonly number[]>;
}

/** Lets a fleet make versions, each of one update per gateway, under the protection `trust`. */
export function runFleet({ plans = {}, honest = 9, noise = 0, versions = 80, ...given }: Fleet): Outcome {
  const random = new SeededRandom(given.seed ?? 1);
  const aggregator = rule(given.rule ?? { kind: 'ftte' });
  const robustness = new Robustness('trust', size, aggregator.synchronous);
  const direction = new PseudoGradient(size);
  const quarantined = new Map<string, number[]>();
  const way = Array.from({ length: size }, (_, i) => (given.even ? 1 / Math.sqrt(size) : i === 0 ? 1 : 0));
  const honestDelta = () =>
    way.map((part, i) => part + (i === 0 ? 0 : (noise / Math.sqrt(size - 1)) * random.normal()));
  let progress = 0;
  for (let version = 0; version < versions; version++) {
    const sent = new Map<string, Sent>(Array.from({ length: honest }, (_, i) => [`honest ${i}`, {}]));
    for (const [name, plan] of Object.entries(plans)) sent.set(name, plan(version));
    const taken: Contribution[] = [];
    for (const [name, { length = 1, delta, samples = usualSamples, age = 0, gateway = name }] of sent) {
      const own = honestDelta().map((value) => length * value);
      const baseVersion = version - age;
      const one = contribution(delta?.(own) ?? own, { gateway, samples, baseVersion });
      if (!robustness.refusalOf(gateway, one.delta, version, sent.size)) taken.push(one);
    }
    const weigh = (isProtected: boolean) =>
      aggregator.shares({ contributions: taken, version, isProtected }, direction);
    const treated = runSync(robustness.treat(taken, version, weigh))!;
    runSync(robustness.learn(taken, treated));
    for (const [i, { change }] of treated.treatments.entries()) {
      const { gateway } = taken[i]!;
      if (change === 'quarantined') quarantined.set(gateway, [...(quarantined.get(gateway) ?? []), version]);
    }
    const { factors, isActive: isProtected, isVoid } = treated;
    runSync(aggregator.combine({ contributions: taken, version, factors, isProtected }, direction));
    if (!isVoid) progress += way.reduce((sum, part, i) => sum + part * direction.values[i]!, 0) / versions;
  }
  return { progress, quarantined };
}
