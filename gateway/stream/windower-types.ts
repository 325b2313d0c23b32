import type { Task } from '../task';
import type { Sample } from './sample';

export interface WindowerOptions {
  readonly input: Task['input'];
  readonly labels: readonly string[];
  /** Two readings further apart than this many periods have a gap between them. Default 1.5. */
  readonly gapTolerance?: number;
  /** This many missing readings (or values of a channel) in a row are filled with the last value. Default 2. */
  readonly maxFill?: number;
  /** Share of a window's readings that must have one label to give it to the window, above 0.5. Default 1: all. */
  readonly labelShare?: number;
  /** Told each time a window was begun anew, with the reason. */
  readonly onRestart?: (restart: Restart) => void;
}

/** Why a window was begun anew. */
export type RestartReason = 'gap' | 'out-of-order' | 'missing' | 'invalid' | 'subject';

export interface Restart {
  readonly reason: RestartReason;
  /** For a person: what was seen. */
  readonly text: string;
  /** Readings of the unfinished window that were thrown away. */
  readonly lost: number;
}

/** A finished window, normalised as the task says. `window` is new for each and belongs to the receiver. */
export interface LabelledWindow extends Sample {
  /** Name of the label, where there is one. */
  readonly labelName?: string;
  /** Time of the last reading, where the stream has times. */
  readonly endMs?: number;
  readonly subject?: string;
}

export interface WindowerCounts {
  /** Complete rows taken, filled ones not counted. */
  readonly readings: number;
  readonly windows: number;
  /** Values filled in by holding the last one. */
  readonly filled: number;
  readonly restarts: Readonly<Record<RestartReason, number>>;
}
