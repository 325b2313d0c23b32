import type { PeopleDataOptions } from '../support/people-data';

/** A recording, and the model that it trains. */
export interface MemoryCase extends Pick<PeopleDataOptions, 'name' | 'ofEachLabel' | 'without'> {
  readonly preset: 'cnn1d' | 'ds-cnn1d';
  readonly learningRate: number;
  /** Whether the score is the mean of the recalls, because the classes differ much in size. */
  readonly balanced: boolean;
}

/** The cases of the benchmark. Their settings were chosen with --judge kept-aside. */
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
    // There are only eight beats to learn from, and seven to judge by.
    without: ['Q'],
  },
];
