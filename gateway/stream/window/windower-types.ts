import type { Task } from '../../task';
import type { PayloadFormat } from '../payload';
import type { BatchTimes, TimeFormat } from '../time';
import type { FarValues } from '../values';
import type { Scaling } from './normalise';
import type { StreamKey } from './stream-keys';

/** What a message says besides its values. */
export interface ReadingContext {
  /** Names the channel if the payload is a single value: the topic, its last part, or one level of it. */
  readonly topic?: unknown;
  /** Name of the label, or its index if no label reads like a number. */
  readonly label?: unknown;
  /** A number, a Date, or an ISO 8601 text. */
  readonly time?: unknown;
  /** Whose stream it is, a text or a number. */
  readonly subject?: unknown;
  /** When the message came, in milliseconds; for sensors that report on change without times, and for times "from now". */
  readonly receivedMs?: number;
}

/** How a stream is cut: the task's input, how what comes is read, and what is made of gaps and labels that disagree. */
export interface WindowerOptions {
  readonly input: Task['input'];
  /** If there are none, labels of readings are passed over. */
  readonly labels: readonly string[];
  /** Readings after a window that belong to a sample: a forecast's horizon. Default 0. */
  readonly following?: number;
  /**
   * Periods from a reading to the next, above which it is looked at whether readings are lost. They are, if later readings
   * do not catch up with the clock. Default 1.5.
   */
  readonly gapTolerance?: number;
  /** This many missing readings (or values of a channel) in a row are filled with the last value. Default 2. */
  readonly maxFill?: number;
  /** Share of a window's readings that must have one label to give it to the window, above 0.5. Default 1: all. */
  readonly labelShare?: number;
  /** How payloads are written. Default `auto`: recognised. */
  readonly format?: PayloadFormat;
  /** How times are written. Default `auto`: ISO 8601, and numbers whose unit is found out. */
  readonly time?: TimeFormat;
  /** Which reading of a batch its time belongs to. Default `auto`. */
  readonly batchTime?: BatchTimes;
  /** What tells streams apart that come down one wire. Default `auto`. */
  readonly streams?: StreamKey;
  /** Words and numbers that mean "no value", beside the usual ones: -999, offline. */
  readonly missing?: readonly string[];
  /** What is done with values hundreds of spreads from their channel's centre. Default `refuse`: they are missing. */
  readonly farValues?: FarValues;
  /**
   * One row each period with the last value of every channel, for sensors that report on change or at another rate.
   * After as many milliseconds of silence the run ends. Default: each reading is a row.
   */
  readonly holdMs?: number;
  /** Receives each restart of a window, with the reason. */
  readonly onRestart?: (restart: Restart) => void;
  /** Receives what a person should know of the stream, each thing once. */
  readonly onNotice?: (notice: StreamNotice) => void;
  /** Receives why a reading of a batch was refused, while the others are taken. */
  readonly onRefused?: (error: Error) => void;
}

/** Why a window was begun again. */
export type RestartReason = 'gap' | 'out-of-order' | 'missing' | 'invalid' | 'subject';

/** A window that was begun again. */
export interface Restart {
  readonly reason: RestartReason;
  /** For a person: what was seen. */
  readonly text: string;
  /** Readings of the unfinished window that were thrown away. */
  readonly lost: number;
}

/** Why a reading is in no window: it came twice, came too late, lacks a value, or cannot be read. */
export type RefusalReason = 'duplicate' | 'late' | 'missing' | 'invalid' | 'forgotten';

/** What a stream turned out to be like. */
export interface StreamNotice {
  readonly code:
    | 'time-unit'
    | 'batch-time'
    | 'rate'
    | 'channel-missing'
    | 'scale'
    | 'streams'
    | 'streams-full'
    | 'streams-joined'
    | 'late';
  readonly text: string;
  /** The channel it is about. */
  readonly channel?: string;
  /** Readings a second as measured. */
  readonly hz?: number;
}

/** A finished window, normalised as the task says. Its arrays are new for each and belong to the receiver. */
export interface LabelledWindow {
  /** The newest `length` rows, `[length, channels]`. */
  readonly window: Float32Array;
  /** What `window` was normalised with. */
  readonly scaling: Scaling;
  /**
   * With `following`: the newest `length + following` rows, `[length + following, channels]`, which is an earlier window
   * and the readings that came after it, normalised by that window. Absent until the stream is as long.
   */
  readonly sample?: Float32Array;
  /** Index of the label. */
  readonly label?: number;
  /** Name of the label, if there is one. */
  readonly labelName?: string;
  /** Time of the last reading, if the stream has times. */
  readonly endMs?: number;
  readonly subject?: string;
}

/**
 * What a windower has seen since it was made. Rows that came and rows that were filled are as many as there are in
 * windows, between windows, lost, refused and waiting:
 * `received + filledRows = inWindows + between + lost + waiting + held + sum(refused)`.
 */
export interface WindowerCounts {
  /** Readings that came with a value; values by topic that make a row are one. */
  readonly received: number;
  /** Rows taken, filled ones not counted. */
  readonly readings: number;
  readonly windows: number;
  /** Values filled in by holding the last one. */
  readonly filled: number;
  /** Rows filled in for readings that are lost, or made of held values. */
  readonly filledRows: number;
  readonly restarts: Readonly<Record<RestartReason, number>>;
  /** Readings that were not taken. */
  readonly refused: Readonly<Record<RefusalReason, number>>;
  /** Readings whose values were held to make rows of them, one each period. */
  readonly held: number;
  /** Values hundreds of spreads from their centre. */
  readonly farValues: number;
  /** Rows that are in a window. */
  readonly inWindows: number;
  /** Rows between windows, where the hop is longer than a window. */
  readonly between: number;
  /** Rows of windows that were begun again. */
  readonly lost: number;
  /** Rows of unfinished windows, and readings about which nothing is decided. */
  readonly waiting: number;
}
