import { FtteError } from '../../platform';
import type { Reading, ReadingSource } from '../values';
import { type NumberArray, type Range, readArray } from './array-file';
import { invalid, missingNumber, type RecordingMeta, readMeta } from './recording-meta';

/** The part of a recording that is played. */
export interface RecordingOptions {
  /** People to play, by their names in `meta.json`. Absent: all. */
  readonly subjects?: readonly (string | number)[];
  /** The part of the recording. Default `all`. */
  readonly split?: 'train' | 'test' | 'all';
  /** The recordings, by index of `meta.recordings`. Absent: all recordings of the chosen people. */
  readonly recordings?: readonly number[];
}

/** A whole window as the recording defines it. */
export interface RecordedWindow {
  /** `[length, channels]`, in the units of the channels, not normalised; NaN is a missing value. */
  readonly window: Float32Array;
  readonly label: number;
  readonly labelName: string;
  readonly subject: string | undefined;
  /** Milliseconds from the beat before and to the next, in a recording of beats. */
  readonly intervals?: Intervals;
}

type Intervals = readonly [before: number, after: number];

/** One run of rows: a recording, or one example of a dense set. */
interface Run extends Range {
  readonly subject: string | undefined;
  /** The first row in `x` after loading. */
  readonly at: number;
}

const splitNumber = { train: 0, test: 1 } as const;

/**
 * A folder with real recordings: `meta.json` and arrays without headers (`meta.json` has their shapes, scales and
 * meanings). Only the chosen part of the values is read.
 */
export class RecordingSource implements ReadingSource {
  readonly channels: readonly string[];
  readonly units: readonly string[];
  readonly rateHz: number | undefined;
  readonly labels: readonly string[];
  /** The people in the chosen part. */
  readonly subjects: readonly string[];
  readonly length: number;

  private constructor(
    readonly meta: RecordingMeta,
    private readonly runs: readonly Run[],
    private readonly chosen: readonly Window[],
    private readonly x: NumberArray,
    /** Label index of each loaded row; -1 for none. */
    private readonly rowLabels: Int16Array,
  ) {
    this.channels = meta.channels.map((channel) => channel.name);
    this.units = meta.channels.map((channel) => channel.unit);
    this.rateHz = meta.sampleRateHz;
    this.labels = meta.labels;
    this.subjects = [...new Set(runs.flatMap((run) => run.subject ?? []))];
    this.length = runs.reduce((sum, run) => sum + run.length, 0);
  }

  /**
   * Reads `meta.json` and the chosen part of the arrays.
   * @throws FtteError `recording-invalid` naming the file and the field, or the existing people
   */
  static async open(folder: string, options: RecordingOptions = {}): Promise<RecordingSource> {
    const meta = await readMeta(folder);
    const index = await readIndex(folder, meta);
    const wanted = wantedSubjects(meta, options.subjects);
    const split = options.split && options.split !== 'all' ? splitNumber[options.split] : undefined;
    const windows = index.windows.filter(
      (window) =>
        (split === undefined || window.split === split) && (!wanted || wanted.has(window.subject ?? '')),
    );
    const parts = chooseParts(meta, windows, wanted, split !== undefined, options.recordings);
    let at = 0;
    parts.sort((a, b) => a.start - b.start);
    const runs = parts.map((part) => {
      const run = { ...part, at };
      at += part.length;
      return run;
    });
    if (runs.length === 0)
      throw new FtteError('recording-invalid', `${folder}: no part of the recording matches the choice`);
    const width = meta.channels.length;
    const ranges = runs.map((run) => ({ start: run.start * width, length: run.length * width }));
    const x = await readArray(folder, meta.files.x, ranges);
    const within = windows.flatMap((window) => {
      const run = lastAtOrBefore(runs, window.start);
      return run && window.start + index.length <= run.start + run.length
        ? [{ ...window, start: window.start - run.start + run.at }]
        : [];
    });
    return new RecordingSource(
      meta,
      runs,
      within,
      x,
      await rowLabels(folder, meta, runs, within, index.length),
    );
  }

  /** Number of whole windows in the chosen part. */
  get windowCount(): number {
    return this.chosen.length;
  }

  /** Number of readings in each whole window. */
  get windowLength(): number {
    return windowLength(this.meta);
  }

  /** Reads row by row, recording after recording. Time starts at 0 and jumps between recordings. */
  *readings(): Iterable<Reading> {
    const periodMs = 1000 / (this.rateHz ?? 1);
    const names = this.meta.labels;
    let time = 0;
    for (const { at, length, subject } of this.runs) {
      for (let row = at; row < at + length; row++) {
        const label = this.rowLabels[row]!;
        yield {
          values: this.values(row, 1),
          timeMs: time * periodMs,
          ...(label >= 0 && { label: names[label]! }),
          ...(subject !== undefined && { subject }),
          ...(row === at && { begins: true }),
        };
        time++;
      }
      // The jump is longer than any gap that is filled, so that no window contains two recordings.
      time += 1000;
    }
  }

  /** The windows that the authors of the recording cut, with their labels. */
  *windows(): Iterable<RecordedWindow> {
    for (const { start, label, subject, intervals } of this.chosen) {
      yield {
        window: this.values(start, this.windowLength),
        label,
        labelName: this.meta.labels[label]!,
        subject,
        ...(intervals && { intervals }),
      };
    }
  }

  private values(row: number, rows: number): Float32Array {
    const { channels } = this.meta;
    const width = channels.length;
    const values = new Float32Array(rows * width);
    const missing = missingNumber(this.meta);
    for (let i = 0; i < values.length; i++) {
      const { scale, offset } = channels[i % width]!;
      const stored = this.x[row * width + i]!;
      values[i] = stored === missing ? Number.NaN : stored * scale + offset;
    }
    return values;
  }
}

/** The last run that begins at `row` or before. Runs ascend. */
function lastAtOrBefore(runs: readonly Run[], row: number): Run | undefined {
  let low = 0;
  let high = runs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (runs[middle]!.start <= row) low = middle + 1;
    else high = middle;
  }
  return runs[low - 1];
}

interface Window {
  /** First row. */
  readonly start: number;
  readonly label: number;
  readonly subject: string | undefined;
  readonly split: number | undefined;
  readonly intervals: Intervals | undefined;
}

function windowLength(meta: RecordingMeta): number {
  if (meta.layout === 'stream') return meta.window.length ?? 0;
  return meta.files.x.shape.slice(1, -1).reduce((product, length) => product * length, 1);
}

async function readIndex(
  folder: string,
  meta: RecordingMeta,
): Promise<{ length: number; windows: Window[] }> {
  const { files } = meta;
  const optional = (file: typeof files.split) => (file ? readArray(folder, file) : undefined);
  const y = await readArray(folder, files.y);
  const starts = await optional(files.start);
  const people = await optional(files.subject ?? files.group);
  const split = await optional(files.split);
  const rr = await optional(files.rr);
  const length = windowLength(meta);
  const rows = meta.layout === 'stream' ? files.x.shape[0]! : files.x.shape[0]! * length;
  const windows = Array.from(y, (label, i) => {
    const start = starts?.[i] ?? i * length;
    if (meta.labels[label] === undefined) {
      throw invalid(
        `${files.y.file}: entry ${i} is ${label}, expected an index of the ${meta.labels.length} labels`,
        files.y.file,
      );
    }
    if (start + length > rows) {
      throw invalid(`${files.start?.file}: window ${i} ends after row ${start + length} of ${rows}`, folder);
    }
    const person = people?.[i];
    const subject = person === undefined ? undefined : (meta.subjects[person] ?? String(person));
    const intervals = rr && ([rr[2 * i]!, rr[2 * i + 1]!] as const);
    return { start, label, subject, split: split?.[i], intervals };
  });
  return { length, windows };
}

function wantedSubjects(
  meta: RecordingMeta,
  subjects: RecordingOptions['subjects'],
): ReadonlySet<string> | undefined {
  if (!subjects || subjects.length === 0) return undefined;
  const names = subjects.map(String);
  const unknown = names.find((name) => !meta.subjects.includes(name));
  if (unknown === undefined) return new Set(names);
  throw new FtteError(
    'recording-invalid',
    `there is no person "${unknown}" in ${meta.name ?? 'the recording'}; there are ${meta.subjects.join(', ')}`,
    { subject: unknown },
  );
}

/** The recordings that contain a chosen window; without recordings, the chosen windows themselves. */
function chooseParts(
  meta: RecordingMeta,
  windows: readonly Window[],
  wanted: ReadonlySet<string> | undefined,
  bySplit: boolean,
  numbers: readonly number[] | undefined,
): Omit<Run, 'at'>[] {
  const length = windowLength(meta);
  if (!meta.recordings) return windows.map(({ start, subject }) => ({ start, length, subject }));
  return meta.recordings.flatMap((recording, number) => {
    if (numbers && !numbers.includes(number)) return [];
    const subject = meta.subjects[recording.subject] ?? String(recording.subject);
    if (wanted && !wanted.has(subject)) return [];
    const end = recording.start + recording.length;
    const holds = windows.some(({ start }) => start >= recording.start && start < end);
    if (bySplit && !holds) return [];
    return [{ start: recording.start, length: recording.length, subject }];
  });
}

/** Labels of the loaded rows: those that the recording gives for each row, otherwise those of the windows over them. */
async function rowLabels(
  folder: string,
  meta: RecordingMeta,
  runs: readonly Run[],
  windows: readonly Window[],
  length: number,
): Promise<Int16Array> {
  const rows = runs.reduce((sum, run) => sum + run.length, 0);
  const labels = new Int16Array(rows).fill(-1);
  if (meta.files.label) {
    const raw = await readArray(folder, meta.files.label, runs);
    // Names of rows that are not labels of the task (transitions, none) become no label.
    const places = (meta.rowLabels ?? meta.labels).map((name) => meta.labels.indexOf(name));
    for (let i = 0; i < rows; i++) labels[i] = places[raw[i]!] ?? -1;
  } else {
    for (const { start, label } of windows) labels.fill(label, start, start + length);
  }
  return labels;
}
