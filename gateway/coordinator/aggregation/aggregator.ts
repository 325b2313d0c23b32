import type { Resumable } from '../../platform';
import type { Contribution } from './contribution';
import type { PseudoGradient } from './pseudo-gradient';

/** A full buffer, as a rule sees it. */
export interface BufferInput {
  /** Oldest first; at least one. */
  readonly contributions: readonly Contribution[];
  /** The version they are about to be applied to: tau_i = version - baseVersion. */
  readonly version: number;
}

/** What a rule thought of one contribution. */
export interface ContributionWeight {
  readonly age: number;
  /** v_i as the rule measured it (the gateway's own figure where the rule does not look at it). */
  readonly variance: number;
  /** Share of the whole: the shares of a buffer add up to 1. */
  readonly share: number;
}

/**
 * A rule that makes one direction of many contributions: when a buffer is full, what each contribution counts, and
 * what the rule remembers from buffer to buffer. The server optimiser that follows is a choice of its own.
 */
export interface Aggregator {
  readonly name: string;
  /** A contribution of more versions ago is refused. */
  readonly maxAge: number;
  /** How many contributions make a buffer full while so many gateways are online. At least 1. */
  capacity(gatewaysOnline: number): number;
  /** How many of the oldest that wait make a version now; 0 while the rule waits for more. */
  ready(waiting: readonly Contribution[], gatewaysOnline: number): number;
  /** Writes the buffer's direction into `into`, step by step; one weighing a contribution, in their order. */
  combine(buffer: BufferInput, into: PseudoGradient): Resumable<ContributionWeight[]>;
  /** What the rule remembers, by name, for the checkpoint (views, not copies). Empty for rules without memory. */
  arrays(): ReadonlyMap<string, Float32Array>;
  /** Takes back what `arrays` gave; an empty map is a fresh start. */
  restore(arrays: ReadonlyMap<string, Float32Array>): void;
}
