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
  /** What is trained of the model is being chosen. */
  | 'planning'
  | 'collecting'
  | 'training'
  | 'paused'
  | 'refused'
  | 'stopped';

/** For a status line; everything a person asks first. */
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
  /** Why the phase is `refused` (for instance a budget under what the smallest plan needs). */
  readonly problem: string | undefined;
}
