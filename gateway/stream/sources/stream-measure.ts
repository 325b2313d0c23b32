import type { Reading, ReadingSource } from '../values';
import { LabelRuns } from './label-runs';

/** Steps between readings that are kept for their median. */
const mostSteps = 10_000;
/** Labels and people that are counted separately. */
const mostNames = 1000;

/** Figures of one channel. */
export interface ChannelFigures {
  readonly name: string;
  readonly unit: string;
  /** Mean and standard deviation: `centre` and `spread` of a task. */
  readonly centre: number;
  readonly spread: number;
  readonly least: number;
  readonly most: number;
  readonly values: number;
  readonly missing: number;
  /** For a channel of texts how often each came; its other figures say nothing. */
  readonly texts?: Readonly<Record<string, number>>;
}

/** Figures of a recording. */
export interface StreamFigures {
  readonly readings: number;
  /** From the first to the last reading of each person, without gaps of more than a minute; undefined without times. */
  readonly seconds: number | undefined;
  /** From the median of the steps; undefined without times. */
  readonly rateHz: number | undefined;
  readonly labels: Readonly<Record<string, number>>;
  readonly people: Readonly<Record<string, number>>;
  readonly channels: readonly ChannelFigures[];
}

/** A step of more than a minute is a pause. */
const longestStepMs = 60_000;

/** Measures a stream of readings. */
export class StreamMeasure {
  private readings = 0;
  private lastMs = Number.NaN;
  private totalMs = 0;
  private readonly steps: number[] = [];
  private readonly labels = new Map<string, number>();
  private readonly people = new Map<string, number>();
  private readonly runs = new LabelRuns();
  private readonly channels: Moments[];
  private readonly texts: Map<string, number>[];

  /** @param categories of a source, see `ReadingSource.categories` */
  constructor(
    private readonly names: readonly string[],
    private readonly units: readonly string[],
    private readonly categories: NonNullable<ReadingSource['categories']> = [],
  ) {
    this.channels = names.map(() => new Moments());
    this.texts = names.map(() => new Map());
  }

  add({ values, timeMs, label, subject }: Reading): void {
    this.readings++;
    for (let c = 0; c < this.channels.length; c++) this.channels[c]!.add(values[c]!);
    this.categories.forEach((list, c) => {
      const text = list?.[values[c]!];
      if (text !== undefined) count(this.texts[c]!, text);
    });
    if (label !== undefined) count(this.labels, String(label));
    this.runs.add(label === undefined ? undefined : `${subject ?? ''}\n${label}`);
    if (subject !== undefined) count(this.people, subject);
    if (timeMs === undefined) return;
    const step = timeMs - this.lastMs;
    this.lastMs = timeMs;
    if (!(step > 0 && step <= longestStepMs)) return;
    this.totalMs += step;
    if (this.steps.length < mostSteps) this.steps.push(step);
  }

  /** Readings for which a label of one person lasts, as the median; undefined without a whole run. */
  get labelRun(): number | undefined {
    return this.runs.median;
  }

  get figures(): StreamFigures {
    const steps = [...this.steps].sort((a, b) => a - b);
    const median = steps[steps.length >> 1];
    return {
      readings: this.readings,
      seconds: median === undefined ? undefined : this.totalMs / 1000,
      rateHz: median === undefined ? undefined : 1000 / median,
      labels: Object.fromEntries(this.labels),
      people: Object.fromEntries(this.people),
      channels: this.channels.map((moments, c) => ({
        name: this.names[c]!,
        unit: this.units[c] ?? '',
        ...moments.figures,
        missing: this.readings - moments.count,
        ...(this.categories[c] && { texts: Object.fromEntries(this.texts[c]!) }),
      })),
    };
  }
}

function count(counts: Map<string, number>, name: string): void {
  const known = counts.get(name);
  if (known === undefined && counts.size >= mostNames) return;
  counts.set(name, (known ?? 0) + 1);
}

/** Mean and deviation of numbers, one by one (Welford 1962). */
export class Moments {
  count = 0;
  private mean = 0;
  private squares = 0;
  private least = Number.POSITIVE_INFINITY;
  private most = Number.NEGATIVE_INFINITY;

  add(value: number): void {
    if (Number.isNaN(value)) return;
    this.count++;
    const before = value - this.mean;
    this.mean += before / this.count;
    this.squares += before * (value - this.mean);
    if (value < this.least) this.least = value;
    if (value > this.most) this.most = value;
  }

  get figures() {
    const { count, mean, squares, least, most } = this;
    // A channel without change cannot be divided by its deviation.
    const spread = count > 0 && squares > 0 ? Math.sqrt(squares / count) : 1;
    return { centre: mean, spread, least: count > 0 ? least : 0, most: count > 0 ? most : 0, values: count };
  }
}
