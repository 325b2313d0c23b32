import type { TaskInput } from '../../task';

/** Labelled windows of people, in memory: the data that a scenario deals out to its clients. */
export interface DataSet {
  readonly name: string;
  readonly labels: readonly string[];
  /** Channels, rate, length and hop as a task has them. */
  readonly input: Pick<TaskInput['input'], 'channels' | 'rateHz' | 'length' | 'hop' | 'cut'>;
  /** Each `[length, channels]`, in the channels' units. */
  readonly windows: readonly Float32Array[];
  /** Label of each window. */
  readonly y: Uint16Array;
  /** Person of each window; undefined if the data names nobody. */
  readonly person: Uint16Array | undefined;
  /** Part of the data that each window belongs to: 0 train, 1 test. */
  readonly split: Uint8Array;
}

/** Collects windows, one after the other, into a data set. */
export class DataSetBuilder {
  private readonly windows: Float32Array[] = [];
  private readonly labels: number[] = [];
  private readonly people: number[] = [];
  private readonly splits: number[] = [];
  private readonly numbers = new Map<string, number>();

  add(window: Float32Array, label: number, subject: string | undefined, split: 0 | 1): void {
    this.windows.push(window);
    this.labels.push(label);
    this.splits.push(split);
    if (subject === undefined) return;
    const number = this.numbers.get(subject) ?? this.numbers.size;
    this.numbers.set(subject, number);
    this.people.push(number);
  }

  build(description: Pick<DataSet, 'name' | 'labels' | 'input'>): DataSet {
    const named = this.people.length === this.windows.length;
    return {
      ...description,
      windows: this.windows,
      y: Uint16Array.from(this.labels),
      person: named ? Uint16Array.from(this.people) : undefined,
      split: Uint8Array.from(this.splits),
    };
  }
}

/** Digits of a spread that a task holds: each further one is sent to every gateway that joins. */
const digits = 4;

/**
 * Mean and deviation of each channel over some windows: the values for a task's `centre` and `spread`, to a thousandth of the
 * deviation.
 */
export function channelMoments(
  data: DataSet,
  windows: readonly number[],
): { centre: number; spread: number }[] {
  const channels = data.input.channels.length;
  return data.input.channels.map((_, c) => {
    let count = 0;
    let sum = 0;
    let squares = 0;
    for (const index of windows) {
      const window = data.windows[index] as Float32Array;
      for (let i = c; i < window.length; i += channels) {
        const value = window[i] as number;
        count++;
        sum += value;
        squares += value * value;
      }
    }
    const centre = sum / count;
    const variance = squares / count - centre * centre;
    return rounded(centre, variance > 0 ? Math.sqrt(variance) : 1);
  });
}

/** As a person would write them: both numbers to the place of the spread's last digit. */
function rounded(centre: number, spread: number): { centre: number; spread: number } {
  const places = Math.min(100, Math.max(0, digits - 1 - Math.floor(Math.log10(spread))));
  return { centre: Number(centre.toFixed(places)), spread: Number(spread.toPrecision(digits)) };
}
