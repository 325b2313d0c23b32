import type { Segment } from '../../model';

/** An update that was accepted: checked, on disk, waiting in the buffer. Never changed. */
export interface Contribution {
  /** Counts accepted updates over the life of the lineage; buffers are applied in this order. */
  readonly sequence: number;
  /** Id of the update. */
  readonly id: string;
  readonly gateway: string;
  readonly baseVersion: number;
  readonly samples: number;
  readonly steps: number;
  /** Gradient variance as the gateway measured it. */
  readonly variance: number;
  /** The coordinates of its plan, ascending and merged. */
  readonly segments: readonly Segment[];
  /** Change of these coordinates, end to end. */
  readonly delta: Float32Array;
  /** Size of the update as it travelled. */
  readonly bytes: number;
}
