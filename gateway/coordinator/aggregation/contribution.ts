import type { Segment } from '../../model';

/** An accepted update: checked, on disk, waiting in the buffer. It stays as it is until its version is published. */
export interface Contribution {
  /** Counts accepted updates over the life of the lineage; buffers are applied in this order. */
  readonly sequence: number;
  /** Id of the update. */
  readonly id: string;
  readonly gateway: string;
  /** Of the update (P-28); undefined if it had none. */
  readonly counter?: number | undefined;
  readonly baseVersion: number;
  readonly samples: number;
  readonly steps: number;
  /** Gradient variance, as the gateway measured it. */
  readonly variance: number;
  /** Coordinates of its plan, ascending and merged. */
  readonly segments: readonly Segment[];
  /** Change of these coordinates, concatenated. Memory for later ones once the version is published: copy it to keep it. */
  readonly delta: Float32Array;
  /**
   * The committee and the seeds by which `delta` is masked; it then has check numbers after those of the plan. Absent: it is
   * not masked, or not any more.
   */
  readonly masks?: { readonly epoch: string; readonly setup: string } | undefined;
  /** Size of the update on the wire. */
  readonly bytes: number;
  /** Mean loss on the samples of the round, before and after it; undefined if the gateway measured none. */
  readonly lossBefore?: number | undefined;
  readonly lossAfter?: number | undefined;
}

/** The first contribution of each gateway, in their order. */
export function firstOfEach(contributions: readonly Contribution[]): Set<Contribution> {
  const first = new Map<string, Contribution>();
  for (const contribution of contributions) {
    if (!first.has(contribution.gateway)) first.set(contribution.gateway, contribution);
  }
  return new Set(first.values());
}
