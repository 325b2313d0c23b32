import type { MemoryDataOptions } from './memory-data';

/** A recording and what is trained on it. */
export interface MemoryCase extends Pick<MemoryDataOptions, 'name' | 'ofEachLabel' | 'without'> {
  readonly preset: 'cnn1d' | 'ds-cnn1d';
  readonly learningRate: number;
  /** Classes of very different size: the mean of the recalls. */
  readonly balanced: boolean;
}

/** Settings were chosen with --judge kept-aside. */
export const memoryCases: readonly MemoryCase[] = [
  {
    name: 'hapt',
    preset: 'cnn1d',
    learningRate: 0.03,
    balanced: false,
    ofEachLabel: { training: 250, judged: 1000 },
    without: [],
  },
  {
    name: 'mitbih',
    preset: 'ds-cnn1d',
    learningRate: 0.06,
    balanced: true,
    ofEachLabel: { training: 500, judged: 600 },
    // Eight beats to learn from, seven to judge by.
    without: ['Q'],
  },
];
