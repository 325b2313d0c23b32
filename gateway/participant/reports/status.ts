import type { MemoryReport } from '../../engine';
import type { ErrorCode, NoticeCode, Waiting } from '../../platform';
import type { TaskRefusal } from '../policy';
import type { PrivacyStatus } from '../privacy';

/**
 * Phase of a participant: what it does or waits for. `refused`: the task cannot be trained here, for example within the
 * budget.
 */
export type ParticipantPhase =
  | 'waiting-task'
  | 'waiting-model'
  /** A round is due, and the coordinator has not granted it yet. */
  | 'waiting-grant'
  /** The plan of a round is being chosen. */
  | 'planning'
  | 'collecting'
  | 'training'
  | 'paused'
  | 'refused'
  | 'stopped';

/**
 * The cause of a participant that does not learn. `coordinator`: updates are not acknowledged. `aggregation`: the
 * coordinator is paused. `labels`: windows come, and none has a label. `other-labels`: it learns, but from one label only.
 */
export type ParticipantNeed =
  | 'broker'
  | 'task'
  | 'model'
  | 'grant'
  | 'coordinator'
  | 'aggregation'
  | 'samples'
  | 'labels'
  | 'other-labels';

/** The status of a participant, for a status line. */
export interface ParticipantStatus {
  readonly phase: ParticipantPhase;
  readonly online: boolean;
  readonly lineage: string | undefined;
  readonly version: number;
  readonly samples: number;
  readonly rounds: number;
  /** Updates on disk that the coordinator has not acknowledged. */
  readonly outbox: number;
  readonly skippedRounds: number;
  /** Windows refused since the start. */
  readonly refusedWindows: number;
  /** Windows without a label since the start. */
  readonly unlabelledWindows: number;
  /** The missing thing, and since when; undefined while something is learned, and in phases that name the cause. */
  readonly waiting: Waiting<ParticipantNeed> | undefined;
  /** The code of what fails until something is done about it, though work goes on; undefined if nothing does. */
  readonly trouble: NoticeCode | undefined;
  /** The code of a fault with which it learns nevertheless; undefined if there is none. */
  readonly minorTrouble: NoticeCode | undefined;
  readonly memory: MemoryReport | undefined;
  /** Spent part of the privacy budget; undefined for a task without differential privacy. */
  readonly privacy?: PrivacyStatus | undefined;
  /** Why the newest task of the coordinator was not taken; undefined: it was. The task before it goes on. */
  readonly refusal: TaskRefusal | undefined;
  /** The reason of the phase `refused`, for example a budget below that of the smallest plan. */
  readonly problem: string | undefined;
  /** The code of that reason. */
  readonly problemCode: ErrorCode | undefined;
}
