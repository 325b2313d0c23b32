import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Samples } from '../../../gateway/engine';
import { type Random, shuffle } from '../../../gateway/platform';
import { channelMoments, type DataSet, loadData, normaliseExamples } from '../../../gateway/simulation';
import { parseTask, type Task } from '../../../gateway/task';

/** Windows of some people to train on, of others to judge by, and of two groups of the former for measurements. */
export interface MemoryData {
  readonly task: Task;
  readonly training: Samples;
  readonly judged: Samples;
  /** Of a quarter of the people that are trained on each: what a coordinator's trials are made and judged with. */
  readonly fed: Samples;
  readonly fedHeldOut: Samples;
}

export interface MemoryDataOptions {
  /** A folder of the shared recordings. */
  readonly name: string;
  readonly model: Task['model'];
  /** Whether people of the training half are judged by, to choose with, or those of the test half, to report. */
  readonly judgedBy: 'kept-aside' | 'test';
  /** Most windows of a label to train on, and to judge by. */
  readonly ofEachLabel: { readonly training: number; readonly judged: number };
  /** Labels too rare to learn. */
  readonly without: readonly string[];
  readonly random: Random;
}

export const dataFolder = (name: string) => join(process.env['FTTE_DATA'] ?? '../shared/data', name);
export const hasData = (name: string) => existsSync(join(dataFolder(name), 'meta.json'));

export async function memoryData(options: MemoryDataOptions): Promise<MemoryData> {
  const { name, model, judgedBy, ofEachLabel, without, random } = options;
  const data = await loadData({ folder: dataFolder(name) });
  const person = (i: number) => data.person?.[i] ?? 0;
  const peopleOf = (split: number) => [...new Set(data.person?.filter((_, i) => data.split[i] === split))];
  const tested = new Set(peopleOf(1));
  // Whoever is in both halves is not trained on.
  const people = shuffle(
    peopleOf(0).filter((each) => !tested.has(each)),
    random,
  );
  const aside = judgedBy === 'test' ? 0 : Math.ceil(people.length / 4);
  const learning = people.slice(aside);
  const quarter = Math.ceil(learning.length / 4);
  const labels = data.labels.filter((label) => !without.includes(label));
  const of = (split: number, chosen: readonly number[]) => {
    const members = new Set(chosen);
    return data.windows.flatMap((_, i) =>
      data.split[i] === split && members.has(person(i)) && labels.includes(labelOf(data, i)) ? [i] : [],
    );
  };
  const training = of(0, learning);
  const moments = channelMoments(data, training);
  const channels = data.input.channels.map((channel, c) => ({ ...channel, ...moments[c] }));
  const task = parseTask({ name, input: { ...data.input, channels }, labels, model });
  const { x, y, size } = normaliseExamples(data, task.input);
  const take = (from: number[], most: number): Samples => {
    const counts = new Map<number, number>();
    const chosen = shuffle(from, random).filter((i) => {
      const count = (counts.get(y[i]!) ?? 0) + 1;
      counts.set(y[i]!, count);
      return count <= most;
    });
    const samples = {
      count: chosen.length,
      x: new Float32Array(chosen.length * size),
      y: Uint16Array.from(chosen, (i) => labels.indexOf(labelOf(data, i))),
    };
    chosen.forEach((from, i) => {
      samples.x.set(x.subarray(from * size, (from + 1) * size), i * size);
    });
    return samples;
  };
  const judged = judgedBy === 'test' ? of(1, [...tested]) : of(0, people.slice(0, aside));
  return {
    task,
    training: take(training, ofEachLabel.training),
    judged: take(judged, ofEachLabel.judged),
    fed: take(of(0, learning.slice(0, quarter)), ofEachLabel.training >> 2),
    fedHeldOut: take(of(0, learning.slice(quarter, 2 * quarter)), ofEachLabel.training >> 2),
  };
}

const labelOf = (data: DataSet, i: number) => data.labels[data.y[i] ?? -1] ?? '';
