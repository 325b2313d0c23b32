import type { RejectionReason } from '../../wire';

/** A notice for a person about an event that is not their error. */
export interface Notice {
  readonly kind:
    | 'samples-dropped'
    | 'samples-removed'
    | 'round-skipped'
    | 'update-rejected'
    | 'update-expired'
    | 'engine-restarted'
    | 'lineage-changed'
    | 'broker-too-large'
    | 'not-answered'
    | 'answered-again'
    | 'storage-recovered';
  readonly text: string;
  readonly reason?: RejectionReason;
}
