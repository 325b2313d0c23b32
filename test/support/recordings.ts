import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Samples } from '../../gateway/engine';

/** The folder of the shared recordings, which are not part of the package. */
const dataFolder = resolve(join(__dirname, '..', '..'), process.env['FTTE_DATA'] ?? '../shared/data');

const arrayTypes = {
  int16: Int16Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  float32: Float32Array,
} as const;

interface Meta {
  readonly layout: 'stream' | 'dense';
  readonly sampleRateHz: number;
  readonly window: { readonly length: number; readonly hop: number; readonly channels: number };
  readonly channels: readonly { name: string; unit: string; scale: number; offset: number }[];
  readonly labels: readonly string[];
  readonly files: Record<string, { file: string; dtype: keyof typeof arrayTypes }>;
}

/** Fixed centre and spread of one channel, in its unit: a window contains (value - centre) / spread. */
export interface Scale {
  readonly centre: number;
  readonly spread: number;
}

/** A folder in the shared format whose examples are windows of a stream. */
export class Recordings {
  private readonly arrays: Record<string, ArrayLike<number>> = {};
  readonly meta: Meta;
  readonly count: number;

  constructor(folder: string) {
    this.meta = JSON.parse(readFileSync(join(folder, 'meta.json'), 'utf8')) as Meta;
    for (const [name, { file, dtype }] of Object.entries(this.meta.files)) {
      const bytes = readFileSync(join(folder, file));
      // A copy, because the bytes of the file may start anywhere in a shared pool, and typed arrays must be aligned.
      this.arrays[name] = new arrayTypes[dtype](new Uint8Array(bytes).buffer);
    }
    this.count = this.array('y').length;
  }

  label(example: number): number {
    return this.array('y')[example]!;
  }

  subject(example: number): number {
    return this.array('subject')[example]!;
  }

  /** The examples of one split (0 train, 1 test), in recorded order; only those of `subjects`, if given. */
  examples(split: number, subjects?: readonly number[]): number[] {
    const all = Array.from({ length: this.count }, (_, example) => example);
    return all.filter(
      (example) =>
        this.array('split')[example] === split && (!subjects || subjects.includes(this.subject(example))),
    );
  }

  /** The people of one split, ascending. */
  subjects(split: number): number[] {
    return [...new Set(this.examples(split).map((example) => this.subject(example)))].sort((a, b) => a - b);
  }

  /** One window in the units of its channels, `[length, channels]`, written to `into` from `at` on. */
  window(example: number, into = new Float32Array(this.windowSize), at = 0): Float32Array {
    const { channels, window, layout } = this.meta;
    const x = this.array('x');
    const first =
      layout === 'stream' ? this.array('start')[example]! * window.channels : example * this.windowSize;
    for (let i = 0; i < this.windowSize; i++) {
      const { scale, offset } = channels[i % window.channels]!;
      into[at + i] = x[first + i]! * scale + offset;
    }
    return into;
  }

  /** Examples in the form of the engine, each channel as (value - centre) / spread. */
  samples(examples: readonly number[], scales: readonly Scale[]): Samples {
    const x = new Float32Array(examples.length * this.windowSize);
    examples.forEach((example, i) => {
      this.window(example, x, i * this.windowSize);
    });
    for (let i = 0; i < x.length; i++) {
      const { centre, spread } = scales[i % scales.length]!;
      x[i] = (x[i]! - centre) / spread;
    }
    return { count: examples.length, x, y: Uint16Array.from(examples, (example) => this.label(example)) };
  }

  private get windowSize(): number {
    return this.meta.window.length * this.meta.window.channels;
  }

  private array(name: string): ArrayLike<number> {
    const array = this.arrays[name];
    if (!array) throw new Error(`the recordings have no array "${name}"`);
    return array;
  }
}

/** A suite over one folder of the shared recordings. If the folder does not exist, the suite is skipped by name. */
export function describeWithData(
  name: string,
  title: string,
  suite: (load: () => Recordings, folder: string) => void,
): void {
  const folder = join(dataFolder, name);
  let recordings: Recordings | undefined;
  const load = () => {
    recordings ??= new Recordings(folder);
    return recordings;
  };
  if (existsSync(join(folder, 'meta.json'))) describe(title, () => suite(load, folder));
  else describe.skip(`${title} (no recordings in FTTE_DATA: "${name}")`, () => suite(load, folder));
}
