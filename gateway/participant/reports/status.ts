import type { MemoryReport } from '../../engine';

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
  readonly memory: MemoryReport | undefined;
  /** The reason of the phase `refused`, for example a budget below that of the smallest plan. */
  readonly problem: string | undefined;
}
