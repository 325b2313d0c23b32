import type { Resumable } from '../../platform';
import type { ServerOptimiser } from '../server-optimiser';
import type { Contribution } from './contribution';
import type { PseudoGradient } from './pseudo-gradient';

/**
 * An aggregation rule, and everything that rules differ in: how it combines the contributions of a buffer into one
 * pseudo-gradient, when a buffer is full, how late an update may be, how many gateways train at a time, and which
 * server step follows. `BaseAggregator` holds what most rules have in common, `rules.ts` lists them.
 */
export interface Aggregator {
  readonly name: string;
  /** The largest age of a contribution, in versions; older ones are refused. */
  readonly maxAge: number;
  /** Whether rounds are synchronous: the grants of a version are one cohort, which holds no gateway twice. */
  readonly synchronous: boolean;
  /** Gateways of a cohort, spares included; undefined if their number follows from the gateways online. */
  readonly cohortSize: number | undefined;
  /** Share of the model's movement since a contribution began that is subtracted from it, 0 to 1: see `Damping`. */
  readonly damping: number;
  /** Whether a coordinate with low coverage has a shorter step: see `PseudoGradient.scaleByCoverage`. */
  readonly scalesByCoverage: boolean;
  /** The rate of a server that divides by the size of the gradient; undefined if the server does not. */
  readonly serverRate: ServerRate | undefined;
  /** Contributions that make a buffer full with this number of gateways online. At least 1. */
  capacity(gatewaysOnline: number): number;
  /** The number of oldest waiting contributions that make a version now; 0 while the rule waits for more. */
  ready(waiting: readonly Contribution[], gatewaysOnline: number): number;
  /** Writes the buffer's pseudo-gradient into `into`, step by step. Returns one weight per contribution, in their order. */
  combine(buffer: BufferInput, into: PseudoGradient): Resumable<ContributionWeight[]>;
  /**
   * The part of its own length by which each contribution moves the buffer's mean, before `factors`: its weight over
   * the sum of the divisors, with age, samples, variance, limits and steps. One number per contribution, in their order.
   * @param scratch is overwritten
   */
  shares(buffer: BufferInput, scratch: PseudoGradient): Resumable<readonly number[]>;
  /** Creates the server optimiser that moves the model along the pseudo-gradient. */
  createServer(): ServerOptimiser;
  /** The rule's memory for the checkpoint, by name (views, not copies). Empty for rules without memory. */
  arrays(): ReadonlyMap<string, Float32Array>;
  /** Restores what `arrays` returned; an empty map resets the memory. */
  restore(arrays: ReadonlyMap<string, Float32Array>): void;
  /** Remembers the memory as it is. @returns goes back to that */
  mark(): () => void;
}

/** A rate that each coordinate of a step of the server is about as long as. */
export interface ServerRate {
  /** The field of the task that it comes from. */
  readonly field: string;
  readonly value: number;
  /** The value in the literature. */
  readonly usual: number;
}

/** A full buffer, as a rule sees it. */
export interface BufferInput {
  /** Oldest first; at least one. */
  readonly contributions: readonly Contribution[];
  /** The version that they are about to be applied to: tau_i = version - baseVersion. */
  readonly version: number;
  /** Factors for the rule's weights, 0 to 1, one per contribution; absent: all are 1. */
  readonly factors?: readonly number[] | undefined;
  /** Whether weights must not follow from what a gateway says of itself alone: then those by variance have limits. */
  readonly isProtected?: boolean;
}

/** The weight of a contribution, and the numbers behind it. */
export interface ContributionWeight {
  /** tau_i, in versions. */
  readonly age: number;
  /** v_i as the rule measured it (the gateway's own figure if the rule does not use it). */
  readonly variance: number;
  /** Share of the whole: the shares of a buffer add up to 1. */
  readonly share: number;
}
