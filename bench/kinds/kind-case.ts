import type { Samples } from '../../gateway/engine';
import type { ModelSpec } from '../../gateway/model';
import { SeededRandom, shuffle } from '../../gateway/platform';
import type { DataSet } from '../../gateway/simulation';

/** A kind of task, prepared for training: its model, its samples, and its score. */
export interface KindCase {
  readonly name: string;
  readonly model: ModelSpec;
  readonly training: Samples;
  readonly epochs: number;
  readonly learningRate: number;
  /** Scores the outputs of a model. */
  readonly judge: (predict: (x: Float32Array, count: number) => Float32Array) => Score;
}

/** A score of a trained model. */
export interface Score {
  readonly score: string;
  readonly value: number;
  /** The same score of a model that has learned nothing. */
  readonly without: number;
  /** Number of windows that judge. */
  readonly judgedBy: number;
}

/** People that judge: the test half, or a quarter of the training half, which then does not train. */
export type Judge = 'test' | 'kept-aside';

/** Windows of training people, and of people that judge, as indices. */
export function halves(data: DataSet, judge: Judge): { training: number[]; judged: number[] } {
  const person = (i: number) => data.person?.[i] ?? 0;
  const of = (split: number) => data.windows.flatMap((_, i) => (data.split[i] === split ? [i] : []));
  const tested = new Set(of(1).map(person));
  // People that are in both halves do not train.
  const training = of(0).filter((i) => !tested.has(person(i)));
  if (judge === 'test') return { training, judged: of(1) };
  const people = shuffle([...new Set(training.map(person))], new SeededRandom(1));
  const aside = new Set(people.slice(0, Math.ceil(people.length / 4)));
  return {
    training: training.filter((i) => !aside.has(person(i))),
    judged: training.filter((i) => aside.has(person(i))),
  };
}

/** At most `most` of the windows, the same ones each time. */
export const some = (windows: readonly number[], most: number): number[] =>
  shuffle([...windows], new SeededRandom(2)).slice(0, most);

/** Centre and spread of each channel. */
export type Moments = readonly { readonly centre: number; readonly spread: number }[];

/** Copies windows, scaled by the moments of each. */
export function scaledSamples(
  data: DataSet,
  windows: readonly number[],
  momentsOf: (i: number) => Moments,
  y = new Uint16Array(0),
): Samples {
  const size = data.windows[0]?.length ?? 0;
  const x = new Float32Array(windows.length * size);
  windows.forEach((index, i) => {
    const moments = momentsOf(index);
    data.windows[index]!.forEach((value, j) => {
      const { centre, spread } = moments[j % moments.length]!;
      x[i * size + j] = (value - centre) / spread;
    });
  });
  return { count: windows.length, x, y };
}
