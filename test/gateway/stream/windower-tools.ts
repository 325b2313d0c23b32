import {
  type LabelledWindow,
  type ReadingContext,
  Windower,
  type WindowerOptions,
} from '../../../gateway/stream';
import { smallTask } from './tools';

/** The task of these windowers: windows [4, 2], a new one every 2 readings. */
export const task = smallTask();

export function windower(options: Partial<WindowerOptions> = {}) {
  return new Windower({ input: task.input, labels: task.labels, ...options });
}

/** Pushes [i, -i] for each i; `context` may depend on i. */
export function feed(
  target: Windower,
  numbers: readonly number[],
  context: (i: number) => ReadingContext = () => ({}),
): LabelledWindow[] {
  return numbers.flatMap((i) => [...target.push([i, -i], context(i))]);
}

/** The first value of each window. */
export const firsts = (windows: readonly LabelledWindow[]) => windows.map(({ window }) => window[0]);
export const upTo = (count: number, from = 0) => Array.from({ length: count }, (_, i) => from + i);

/** A windower of one channel, windows one after the other. */
export function oneChannel({
  rateHz = 50,
  length = 10,
  hop = length,
  ...options
}: Partial<WindowerOptions> & { rateHz?: number; length?: number; hop?: number } = {}) {
  const { input } = smallTask({ input: { channels: [{ name: 'a' }], rateHz, length, hop } });
  return new Windower({ input, labels: [], ...options });
}
