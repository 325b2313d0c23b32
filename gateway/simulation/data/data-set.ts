import { basename } from 'node:path';
import { normalise, type RecordedWindow, RecordingSource, SyntheticWearable, Windower } from '../../stream';
import { parseTask, type Task, type TaskInput } from '../../task';
import type { Examples } from '../pool/pool-host';
import { scenarioInvalid } from '../scenario/scenario';
import type { Scenario } from '../scenario/scenario-schema';
import { spread } from './spread';

/** Labelled windows of people, in memory: what a scenario deals out to its clients. */
export interface DataSet {
  readonly name: string;
  readonly labels: readonly string[];
  /** Channels, rate, length and hop as a task has them. */
  readonly input: Pick<TaskInput['input'], 'channels' | 'rateHz' | 'length' | 'hop'>;
  /** Each `[length, channels]`, in the channels' units. */
  readonly windows: readonly Float32Array[];
  /** Label of each window. */
  readonly y: Uint16Array;
  /** Person of each window; undefined where the data names nobody. */
  readonly person: Uint16Array | undefined;
  /** 0 train, 1 test. By person, where there are people. */
  readonly split: Uint8Array;
}

/** The samples of a scenario: recordings, or made-up people. @throws FtteError `recording-invalid` */
export function loadData(spec: Scenario['data']): Promise<DataSet> | DataSet {
  return 'folder' in spec ? loadRecordings(spec) : makeSynthetic(spec.synthetic);
}

class Collector {
  readonly windows: Float32Array[] = [];
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

  finish(about: Pick<DataSet, 'name' | 'labels' | 'input'>): DataSet {
    const named = this.people.length === this.windows.length;
    return {
      ...about,
      windows: this.windows,
      y: Uint16Array.from(this.labels),
      person: named ? Uint16Array.from(this.people) : undefined,
      split: Uint8Array.from(this.splits),
    };
  }
}

async function loadRecordings(spec: Extract<Scenario['data'], { folder: string }>): Promise<DataSet> {
  const { folder, trainOn, without = [], mostOfEachLabel = Number.POSITIVE_INFINITY } = spec;
  const collector = new Collector();
  const train = await RecordingSource.open(folder, {
    split: 'train',
    ...(trainOn && { subjects: trainOn }),
  });
  const test = await RecordingSource.open(folder, { split: 'test' });
  const unknown = without.find((label) => !train.labels.includes(label));
  if (unknown !== undefined) throw scenarioInvalid('data.without', unknown, `some of ${train.labels}`);
  const labels = train.labels.filter((label) => !without.includes(label));
  if (labels.length < 2) throw scenarioInvalid('data.without', `${without}`, 'two labels that stay');
  for (const [split, source] of [train, test].entries()) {
    const groups = new Map<string, RecordedWindow[]>();
    for (const recorded of source.windows()) {
      if (!labels.includes(recorded.labelName)) continue;
      const key = mostOfEachLabel === Number.POSITIVE_INFINITY ? '' : `${recorded.label} ${recorded.subject}`;
      const group = groups.get(key);
      if (group) group.push(recorded);
      else groups.set(key, [recorded]);
    }
    for (const group of groups.values()) {
      for (const { window, labelName, subject } of spread(group, mostOfEachLabel)) {
        collector.add(window, labels.indexOf(labelName), subject, split === 0 ? 0 : 1);
      }
    }
  }
  return collector.finish({
    name: train.meta.name ?? basename(folder),
    labels,
    input: {
      channels: train.channels.map((name, i) => ({ name, unit: train.units[i] ?? '' })),
      rateHz: train.rateHz ?? 1,
      length: train.windowLength,
      hop: train.meta.window.hop ?? train.windowLength,
    },
  });
}

const syntheticLength = 128;
const syntheticHop = 64;
/** Windows of one activity at a stretch, at most. */
const stretchWindows = 14;

function makeSynthetic(spec: Extract<Scenario['data'], { synthetic: unknown }>['synthetic']): DataSet {
  const { people, testPeople, windowsPerPerson, seed } = spec;
  if (testPeople >= people) {
    throw scenarioInvalid('data.synthetic.testPeople', `${testPeople}`, `fewer than people, ${people}`);
  }
  const collector = new Collector();
  const source = new SyntheticWearable({ people: 1 });
  const perActivity = Math.ceil(windowsPerPerson / source.labels.length);
  const perStretch = Math.min(stretchWindows, perActivity);
  const stretches = {
    seed,
    rounds: Math.ceil(perActivity / perStretch),
    // Whole windows, so that each stretch gives as many.
    seconds: (syntheticLength + (perStretch - 1) * syntheticHop) / source.rateHz,
  };
  const about = {
    name: 'synthetic',
    labels: source.labels,
    input: {
      channels: source.channels.map((name, i) => ({ name, unit: source.units[i] ?? '' })),
      rateHz: source.rateHz,
      length: syntheticLength,
      hop: syntheticHop,
    },
  };
  // Cut as the window node cuts, but not normalised: that is the task's business.
  const { input } = parseTask({
    name: 'synthetic',
    labels: [...source.labels],
    model: { preset: 'cnn1d' },
    input: { ...about.input, normalisation: 'none' },
  });
  for (let number = 1; number <= people; number++) {
    const windower = new Windower({ input, labels: source.labels });
    const stream = new SyntheticWearable({ ...stretches, people: [number] });
    const windows: { window: Float32Array; label: number }[] = [];
    for (const reading of stream.readings()) {
      for (const { window, label } of windower.pushReading(reading)) {
        if (label !== undefined) windows.push({ window, label });
      }
    }
    for (const { window, label } of spread(windows, windowsPerPerson)) {
      collector.add(window, label, `person ${number}`, number > people - testPeople ? 1 : 0);
    }
  }
  return collector.finish(about);
}

/** Mean and deviation of each channel over some windows: what a task's `centre` and `spread` should be. */
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
    return { centre, spread: variance > 0 ? Math.sqrt(variance) : 1 };
  });
}

/** All windows as the model sees them, in memory that threads share. */
export function normalised(data: DataSet, input: Task['input']): Examples {
  const size = input.length * input.channels.length;
  const bytes = data.windows.length * size * Float32Array.BYTES_PER_ELEMENT;
  const x = new Float32Array(new SharedArrayBuffer(bytes));
  data.windows.forEach((window, i) => {
    const place = x.subarray(i * size, (i + 1) * size);
    place.set(window);
    normalise(place, input);
  });
  const y = new Uint16Array(new SharedArrayBuffer(data.y.byteLength));
  y.set(data.y);
  return { x, y, size };
}
