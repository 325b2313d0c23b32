import type { Notice } from '../../platform';
import type { RoundReport } from './round-report';
import type { ParticipantStatus } from './status';

/** Events of a participant. */
export type ParticipantEvents = {
  status: ParticipantStatus;
  round: RoundReport;
  /** The encoded update, for people who bring their own transport; output 2 of `ftte-train`. */
  update: Uint8Array;
  notice: Notice;
  /** A failure that a person can correct (disk full, engine missing). The participant continues. */
  problem: Error;
};
