import type { Notice } from '../../platform';
import type { RoundReport } from './round-report';
import type { ParticipantStatus } from './status';

/** The fate of an update that is not sent as it was made. */
export type WaitingUpdate =
  /** It is a part of the update `into`, which waits. */
  | { readonly kind: 'merged'; readonly id: string; readonly into: string }
  /** It was dropped at a limit of the outbox, with all that had become a part of it. */
  | { readonly kind: 'dropped'; readonly id: string };

/** Events of a participant. */
export type ParticipantEvents = {
  status: ParticipantStatus;
  round: RoundReport;
  /** The encoded update, for people who bring their own transport; output 2 of `ftte-train`. */
  update: Uint8Array;
  /** An update that waits in the outbox was dropped, or the update of a round became a part of it. */
  waiting: WaitingUpdate;
  notice: Notice;
  /** A failure that a person can correct (disk full, engine missing). The participant continues. */
  problem: Error;
};
