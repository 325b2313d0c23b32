import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Samples } from '../../gateway/engine';
import { FtteError } from '../../gateway/platform';
import { dataFolder } from '../support/recordings';

/**
 * Loads a folder of pictures.
 * @param judgedBy pictures that judge: the test half, or a tenth of the training half, which then does not train
 * @param share share of the training pictures that train, 0 to 1
 */
export function pictureData(name: string, judgedBy: 'test' | 'kept-aside', share: number): PictureData {
  const folder = dataFolder(name);
  const { window, labels, files } = JSON.parse(readFileSync(join(folder, 'meta.json'), 'utf8')) as Meta;
  const bytes = (which: keyof Meta['files']) => {
    const { file, dtype } = files[which];
    if (dtype !== 'uint8')
      throw new FtteError('recording-invalid', `${name}: expected ${file} as uint8, got ${dtype}`);
    return new Uint8Array(readFileSync(join(folder, file)));
  };
  const [x, y, split] = [bytes('x'), bytes('y'), bytes('split')];
  const { height, width, channels } = window;
  const size = height * width * channels;
  const all = Array.from(y, (_, i) => i);
  const learning = all.filter((i) => split[i] === 0);
  const aside = judgedBy === 'test' ? 0 : Math.ceil(learning.length / 10);
  const judged = judgedBy === 'test' ? all.filter((i) => split[i] === 1) : learning.slice(0, aside);
  const trained = learning.slice(aside, aside + Math.ceil(share * (learning.length - aside)));

  const moments = Array.from({ length: channels }, (_, c) => {
    let [sum, squares, count] = [0, 0, 0];
    for (const i of trained) {
      for (let p = i * size + c; p < (i + 1) * size; p += channels) {
        sum += x[p]!;
        squares += x[p]! ** 2;
        count++;
      }
    }
    const mean = sum / count;
    return { mean, deviation: Math.sqrt(squares / count - mean * mean) };
  });
  const take = (chosen: readonly number[]): Samples => {
    const values = new Float32Array(chosen.length * size);
    chosen.forEach((from, to) => {
      for (let p = 0; p < size; p++) {
        const { mean, deviation } = moments[p % channels]!;
        values[to * size + p] = (x[from * size + p]! - mean) / deviation;
      }
    });
    return { count: chosen.length, x: values, y: Uint16Array.from(chosen, (i) => y[i]!) };
  };
  return { height, width, channels, labels, training: take(trained), judged: take(judged) };
}

/** Pictures row by row, `[height * width, channels]`, each channel with mean 0 and deviation 1 over the training pictures. */
export interface PictureData {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly labels: readonly string[];
  readonly training: Samples;
  readonly judged: Samples;
}

interface Meta {
  readonly window: { readonly height: number; readonly width: number; readonly channels: number };
  readonly labels: readonly string[];
  readonly files: Readonly<Record<'x' | 'y' | 'split', { readonly file: string; readonly dtype: string }>>;
}

/** The same pictures, mirrored left to right. */
export function mirrored({ height, width, channels, training }: PictureData): Samples {
  const x = new Float32Array(training.x.length);
  for (let line = 0; line < training.count * height; line++) {
    for (let p = 0; p < width; p++) {
      const [from, to] = [(line * width + p) * channels, (line * width + width - 1 - p) * channels];
      for (let c = 0; c < channels; c++) x[to + c] = training.x[from + c]!;
    }
  }
  return { ...training, x };
}
