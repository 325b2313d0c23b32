import type { Task } from '../../task';
import type { PayloadFormat } from '../payload';
import type { BatchTimes, TimeFormat } from '../time';
import type { FarValues } from '../values';
import type { Scaling } from './normalise';
import type { StreamKey } from './stream-keys';

/** The fields of a message besides its values. */
export interface ReadingContext {
  /** The topic, its last part, or one of its levels names the channel if the payload is a single value. */
  readonly topic?: unknown;
  /** Name of the label, or its index if no label reads as a number. */
  readonly label?: unknown;
  /** True, or a number other than 0, if a beat is at the reading. Readings of a batch have their own. */
  readonly beat?: unknown;
  /** A number, a Date, or an ISO 8601 text. */
  readonly time?: unknown;
  /** The subject of the stream, a text or a number. */
  readonly subject?: unknown;
  /**
   * The time of arrival of the message in milliseconds. It is used for sensors that report on change without times, and
   * for times relative to now.
   */
  readonly receivedMs?: number;
}

/**
 * Options of a windower: the input of the task, how messages are read, and how gaps and differing labels are handled.
 */
export interface WindowerOptions {
  readonly input: Task['input'];
  /** If there are none, labels of readings are ignored. */
  readonly labels: readonly string[];
  /** Readings after a window that belong to a sample: the horizon of a forecast. Default 0. */
  readonly following?: number;
  /** Most missing readings (or values of a channel) in a row that are filled with the last value. Default 2. */
  readonly maxFill?: number;
  /** Share of the readings of a window that must have the same label, above 0.5. Default 1: all. */
  readonly labelShare?: number;
  /** The format of payloads. Default `auto`: it is recognised. */
  readonly format?: PayloadFormat;
  /** The notation of times. Default `auto`: ISO 8601, and numbers whose unit is found out. */
  readonly time?: TimeFormat;
  /** The reading of a batch to which its time belongs. Default `auto`. */
  readonly batchTime?: BatchTimes;
  /** The criterion that distinguishes the streams of one wire. Default `auto`. */
  readonly streams?: StreamKey;
  /** Words and numbers that mean "no value", besides the usual ones: -999, offline. */
  readonly missing?: readonly string[];
  /**
   * The treatment of values that are hundreds of spreads from the centre of their channel. Default `refuse`: they are
   * missing.
   */
  readonly farValues?: FarValues;
  /**
   * Makes one row per period with the last value of every channel, for sensors that report on change or at another
   * rate. The run ends after this number of milliseconds of silence. Default: each reading is a row.
   */
  readonly holdMs?: number;
  /** Receives each restart of a window, with the reason. */
  readonly onRestart?: (restart: Restart) => void;
  /** Receives notices about the stream for a person, each once. */
  readonly onNotice?: (notice: StreamNotice) => void;
  /** Receives the reason why a reading of a batch was refused, while the others are accepted. */
  readonly onRefused?: (error: Error) => void;
}

/** The reason why a window was begun again. */
export type RestartReason = 'gap' | 'out-of-order' | 'missing' | 'invalid' | 'subject';

/** A window that was begun again. */
export interface Restart {
  readonly reason: RestartReason;
  /** The observation, for a person. */
  readonly text: string;
  /** Readings of the unfinished window that were dropped. */
  readonly lost: number;
}

/** The reason why a reading is in no window: it came twice, came too late, lacks a value, or cannot be read. */
export type RefusalReason = 'duplicate' | 'late' | 'missing' | 'invalid' | 'forgotten';

/** An observation about a stream. */
export interface StreamNotice {
  readonly code:
    | 'time-unit'
    | 'batch-time'
    | 'clock-stands'
    | 'rate'
    | 'category-unknown'
    | 'channel-missing'
    | 'channel-stuck'
    | 'scale'
    | 'no-value'
    | 'streams'
    | 'streams-full'
    | 'streams-joined'
    | 'late';
  readonly text: string;
  /** The channel that it concerns, or the first of several. */
  readonly channel?: string;
  /** Measured readings per second. */
  readonly hz?: number;
  /** True if the windows are used nevertheless. */
  readonly used?: boolean;
}

/** A finished window, normalised as the task defines. Its arrays are new and belong to the receiver. */
export interface LabelledWindow {
  /** The newest `length` rows, `[length, channels]`. */
  readonly window: Float32Array;
  /** The scaling of `window`. */
  readonly scaling: Scaling;
  /**
   * With `following`: the newest `length + following` rows, `[length + following, channels]`, which are an earlier
   * window and the readings after it, normalised by that window. Absent until the stream is long enough.
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
 * The counts of a windower since it was made. The rows that came and the rows that were filled are as many as those in
 * windows, between windows, lost, refused and waiting: `received + filledRows = inWindows + between + lost + waiting +
 * held + sum(refused)`.
 */
export interface WindowerCounts {
  /** Readings that came with a value. Values by topic that make a row count as one. */
  readonly received: number;
  /** Rows that were accepted, without filled ones. */
  readonly readings: number;
  readonly windows: number;
  /** Values that were filled with the last one. */
  readonly filled: number;
  /** Rows that were filled for lost readings, or made from held values. */
  readonly filledRows: number;
  readonly restarts: Readonly<Record<RestartReason, number>>;
  /** Readings that were refused. */
  readonly refused: Readonly<Record<RefusalReason, number>>;
  /** Readings whose values were held to make one row per period. */
  readonly held: number;
  /** Values hundreds of spreads from their centre. */
  readonly farValues: number;
  /** Texts of channels of categories that the task does not list. */
  readonly unknownCategories: number;
  /** Rows that are in a window. */
  readonly inWindows: number;
  /** Rows between windows, if the hop is longer than a window. */
  readonly between: number;
  /** Rows of windows that were begun again. */
  readonly lost: number;
  /** Rows of unfinished windows, and readings without a decision. */
  readonly waiting: number;
}
