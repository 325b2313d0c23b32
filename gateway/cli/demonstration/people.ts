import { type LabelledWindow, SyntheticWearable, Windower } from '../../stream';
import type { Task } from '../../task';

/** Windows of made-up people, cut as the task asks. */
export function* windowsOf(task: Task, people: readonly number[], rounds?: number): Iterable<LabelledWindow> {
  const { input, labels } = task;
  const windower = new Windower({ input, labels });
  const source = new SyntheticWearable({ people, ...(rounds !== undefined && { rounds }) });
  for (const reading of source.readings()) yield* windower.pushReading(reading);
  yield* windower.flush();
}

/** The numbers from the first to the last. */
export const numbers = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, i) => first + i);
