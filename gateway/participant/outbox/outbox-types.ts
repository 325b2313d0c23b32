import type { Clock, FtteError, Random, StorageCipher, YieldToEventLoop } from '../../platform';
import type { Session } from '../../session';

export interface OutboxOptions {
  /** The session that sends the updates. */
  readonly session: Pick<Session, 'federation' | 'id' | 'encode'> & Partial<Pick<Session, 'updateCounter'>>;
  /** Undefined: updates wait in memory, and a restart loses them. */
  readonly folder: string | undefined;
  /** Encrypts the files. Absent: they are in plain. */
  readonly cipher?: StorageCipher | undefined;
  /** Most updates that are kept; the oldest is dropped first. Default 256. */
  readonly maxCount?: number;
  /** Most bytes of messages that are kept. Default 16 MiB. */
  readonly maxBytes?: number;
  readonly clock: Clock;
  /** False: no rounds become one update. Default true. */
  readonly mergesRounds?: boolean;
  /** Yields to the event loop while a merged update is encoded. Absent: it is encoded without a pause. */
  readonly yieldToEventLoop?: YieldToEventLoop;
  /** Jitter between attempts to write. */
  readonly random: Random;
  /** Called when the disk failed (once for each reason), or a file is damaged. The outbox continues. */
  readonly onProblem: (error: FtteError) => void;
  /** Called when the folder can be used again. Updates that were in memory are then on disk. */
  readonly onRecovered: (folder: string) => void;
  /** Called when updates of an earlier process were found after `open`, because the folder could not be read before. */
  readonly onFound: () => void;
  /** Called when an update is dropped that nobody has answered. */
  readonly onOverflow: (entry: OutboxEntry, limit: OutboxLimit) => void;
  /** Called when a round became part of the update `into`, which waits. */
  readonly onMerged: (id: string, into: string) => void;
}

/**
 * The reason why an update was dropped: the outbox is full, the outbox is full and the update is of another lineage, too
 * many updates of one base version wait that cannot become one, or the task asks for masks and the update has none.
 */
export type OutboxLimit = 'full' | 'aside' | 'version' | 'plain';

/** An update that waits for its acknowledgement, or for its lineage. */
export interface OutboxEntry {
  readonly id: string;
  readonly lineage: string;
  readonly bytes: number;
  readonly isMasked: boolean;
}
