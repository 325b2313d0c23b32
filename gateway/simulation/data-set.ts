import type { TaskInput } from '../task';

/** Labelled windows of people, in memory: what a scenario deals out to its clients. */
export interface DataSet {
  readonly name: string;
  readonly count: number;
  readonly labels: readonly string[];
  /** Channels, rate, length and hop as a task has them; centre and spread are 0 and 1. */
  readonly input: Pick<TaskInput['input'], 'channels' | 'rateHz' | 'length' | 'hop'>;
  /** Label of each example. */
  readonly y: Uint16Array;
  /** Person of each example; undefined where the data names nobody. */
  readonly person: Uint16Array | undefined;
  /** 0 train, 1 test, anything else left out. By person, where there are people. */
  readonly split: Uint8Array;
  /** Writes example i, in the channels' units, `[length, channels]`, into `into`. */
  read(i: number, into: Float32Array): void;
}
