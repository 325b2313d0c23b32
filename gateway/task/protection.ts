import type { z } from 'zod';
import { type aggregationSchema, ruleTraits } from './aggregation';

type Aggregation = z.infer<typeof aggregationSchema>;

/** The reason why `auto` chooses no protection against hostile gateways. */
export type Unprotected = 'masked' | 'privacy' | 'single-contributions' | 'kept-updates';

/** The protection against hostile gateways that a task has. */
export interface Protection {
  readonly kind: Exclude<Aggregation['robust'], 'auto'>;
  /**
   * The reason for less than `trust`, if the task leaves the choice to `auto`: for `rare-labels` it is `clip`, for all others `none`.
   */
  readonly because?: Unprotected | 'rare-labels';
}

/** The part of a task that decides on the protection. */
interface ProtectedTask {
  readonly input: { readonly cut?: object | undefined };
  readonly aggregation: Pick<Aggregation, 'robust' | 'rule' | 'masked' | 'bufferSize'>;
  readonly privacy?: { readonly level: string } | undefined;
}

/** The protection of a task: its own choice, or for `auto` trust, where updates can be compared with each other. */
export function protectionOf(task: ProtectedTask): Protection {
  const { robust } = task.aggregation;
  if (robust !== 'auto') return { kind: robust };
  const because = unprotectedBy(task);
  if (because) return { kind: 'none', because };
  // At beats or marks the only person with a rare label pulls where nobody else does, and would be quarantined for it.
  return task.input.cut ? { kind: 'clip', because: 'rare-labels' } : { kind: 'trust' };
}

function unprotectedBy(task: ProtectedTask): Unprotected | undefined {
  const { aggregation, privacy } = task;
  const { rule, masked, bufferSize } = aggregation;
  // The coordinator knows sums only.
  if (masked) return 'masked';
  // Limits must not follow from the updates of others.
  if (privacy?.level === 'gateway') return 'privacy';
  const { keepsUpdates, versionOf } = ruleTraits[rule.kind];
  // A version has nothing that its one contribution could be compared with.
  if (versionOf === 'contribution' || bufferSize === 1) return 'single-contributions';
  // What the rule remembers of a gateway would stay in the model while it is quarantined.
  return keepsUpdates ? 'kept-updates' : undefined;
}
