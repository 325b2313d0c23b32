import type { RejectionReason } from '../../wire';

/** An event that a person should know of, and that is not their error. */
export interface Notice {
  readonly kind:
    | 'samples-dropped'
    | 'round-skipped'
    | 'update-rejected'
    | 'update-expired'
    | 'engine-restarted'
    | 'lineage-changed';
  readonly text: string;
  readonly reason?: RejectionReason;
}
