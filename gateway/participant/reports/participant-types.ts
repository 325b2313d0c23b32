import type { MemoryReport } from '../../engine';
import type { Sample } from '../../stream';
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
export interface ParticipantState {
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
  state: ParticipantState;
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

/** The gateway's role, as nodes and the simulator hold it. */
export interface ParticipantFace {
  readonly state: ParticipantState;
  start(): Promise<void>;
  /** Ends the round that runs, keeps what is in the outbox, closes the engine. */
  stop(): Promise<void>;
  /**
   * Stores a sample. @throws FtteError `not-ready` (no task yet), `window-shape`, `window-not-finite`,
   * `label-unknown`, `not-labelled`; nothing is stored then, and the window counts as refused
   */
  add(sample: Sample): void;
  /** Counts a window as refused that could not even be made a sample. */
  countRefused(): void;
  /**
   * Starts a round if none runs and there are enough samples, or asks for one where rounds are granted (`asked`); tells
   * which.
   */
  trainNow(): 'started' | 'asked' | 'busy' | 'too-few-samples' | 'not-ready' | 'paused';
  pause(): void;
  resume(): void;
  /** Forgets all stored samples. */
  forget(): Promise<void>;
}
