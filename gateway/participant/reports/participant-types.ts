import type { MemoryReport } from '../../engine';
import type { RejectionReason } from '../../wire';

/** What a finished local round says of itself; output 1 of `ftte-train`. */
export interface RoundReport {
  readonly round: number;
  readonly lineage: string;
  readonly baseVersion: number;
  readonly samples: number;
  readonly steps: number;
  readonly lossBefore: number;
  readonly lossAfter: number;
  readonly gradientVariance: number;
  readonly durationMs: number;
  /** Encoded update, as it travels. */
  readonly updateBytes: number;
  /** Arena of the training program: known before the round, kept by construction. */
  readonly peakBytes: number;
  readonly budgetBytes: number;
  /** Share of the parameters that were trained, 0 to 1. */
  readonly trainedShare: number;
  /** Windows refused since the start: of another shape, not finite, with a label that the task does not know. */
  readonly refusedWindows: number;
}

/**
 * What a participant is doing or waiting for. `refused`: the task cannot be trained here, for example within the
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

/** Something a person should know that is not an error of theirs. */
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

/** What a participant tells its listeners. */
export type ParticipantEvents = {
  status: ParticipantStatus;
  round: RoundReport;
  /** The encoded update, for people who bring their own transport; output 2 of `ftte-train`. */
  update: Uint8Array;
  notice: Notice;
  /** Something failed that a person can mend (disk full, engine gone). The participant carries on. */
  problem: Error;
};

/** When a round starts, besides `trainNow`. */
export interface RoundTrigger {
  /** After this many new windows since the last round; 0 turns it off. */
  readonly newWindows: number;
  /** This long after the last round; 0 turns it off. */
  readonly intervalMs: number;
}

/** What `Participant.trainNow` did: `asked` if rounds are granted and the coordinator was asked for one. */
export type TrainNowResult = 'started' | 'asked' | 'busy' | 'too-few-samples' | 'not-ready' | 'paused';
