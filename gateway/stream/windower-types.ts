import type { Task } from '../task';
import type { Scaling } from './normalise';

/** How a stream is cut: the task's input, and what is made of gaps, missing values and labels that disagree. */
export interface WindowerOptions {
  readonly input: Task['input'];
  /** Where there are none, labels of readings are passed over. */
  readonly labels: readonly string[];
  /** Readings after a window that belong to a sample: a forecast's horizon. Default 0. */
  readonly following?: number;
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

/** A window that was begun anew. */
export interface Restart {
  readonly reason: RestartReason;
  /** For a person: what was seen. */
  readonly text: string;
  /** Readings of the unfinished window that were thrown away. */
  readonly lost: number;
}

/** A finished window, normalised as the task says. Its arrays are new for each and belong to the receiver. */
export interface LabelledWindow {
  /** The newest `length` rows, `[length, channels]`. */
  readonly window: Float32Array;
  /** What `window` was normalised with. */
  readonly scaling: Scaling;
  /**
   * With `following`: the newest `length + following` rows, `[length + following, channels]`, which is an earlier window
   * and the readings that came after it, normalised by that window. Absent where the stream is not yet as long.
   */
  readonly sample?: Float32Array;
  /** Index of the label. */
  readonly label?: number;
  /** Name of the label, where there is one. */
  readonly labelName?: string;
  /** Time of the last reading, where the stream has times. */
  readonly endMs?: number;
  readonly subject?: string;
}

/** What a windower has seen since it was made. */
export interface WindowerCounts {
  /** Complete rows taken, filled ones not counted. */
  readonly readings: number;
  readonly windows: number;
  /** Values filled in by holding the last one. */
  readonly filled: number;
  readonly restarts: Readonly<Record<RestartReason, number>>;
}
