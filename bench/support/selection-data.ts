import type { Samples } from '../../gateway/engine';
import { type Random, shuffle } from '../../gateway/platform';
import { channelMoments, loadData, normaliseExamples } from '../../gateway/simulation';
import { parseTask, type Task } from '../../gateway/task';

/** Windows of the training people of a recording, dealt out by person. The test people are not touched. */
export interface SelectionData {
  readonly task: Task;
  /** What is trained on. */
  readonly training: Samples;
  /** Of two of the people in `training`: what a coordinator is fed for a warm start and for trials. */
  readonly fed: Samples;
  /** Of two people who are in nothing else: what trials are judged on. */
  readonly fedHeldOut: Samples;
  /** Of people who are in nothing else: what strategies are judged on. */
  readonly keptAside: Samples;
}

const peopleKeptAside = 5;

export interface SelectionDataOptions {
  readonly folder: string;
  readonly model: Task['model'];
  /** Windows that are trained on; those of a coordinator are a quarter of it. */
  readonly windows: number;
  readonly random: Random;
}

export async function selectionData(options: SelectionDataOptions): Promise<SelectionData> {
  const { folder, model, windows, random } = options;
  const data = await loadData({ folder });
  const people = [...new Set(data.person?.filter((_, i) => data.split[i] === 0))];
  if (people.length < peopleKeptAside + 6) throw new Error(`${folder} names too few people`);
  shuffle(people, random);
  const keptAside = new Set(people.slice(0, peopleKeptAside));
  const judging = new Set(people.slice(peopleKeptAside, peopleKeptAside + 2));
  const learning = people.slice(peopleKeptAside + 2);
  const of = (chosen: ReadonlySet<number>) =>
    data.windows.flatMap((_, i) => (chosen.has(data.person?.[i] ?? -1) && data.split[i] === 0 ? [i] : []));
  const training = of(new Set(learning));
  const moments = channelMoments(data, training);
  const channels = data.input.channels.map((channel, c) => ({ ...channel, ...moments[c] }));
  const task = parseTask({
    name: data.name,
    input: { ...data.input, channels },
    labels: [...data.labels],
    model,
  });
  const { x, y, size } = normaliseExamples(data, task.input);
  const take = (from: number[], count: number): Samples => {
    const chosen = shuffle(from, random).slice(0, count);
    const samples = {
      count: chosen.length,
      x: new Float32Array(chosen.length * size),
      y: new Uint16Array(chosen.length),
    };
    chosen.forEach((index, i) => {
      samples.x.set(x.subarray(index * size, (index + 1) * size), i * size);
      samples.y[i] = y[index]!;
    });
    return samples;
  };
  return {
    task,
    training: take(training, windows),
    fed: take(of(new Set(learning.slice(0, 2))), windows >> 2),
    fedHeldOut: take(of(judging), windows >> 2),
    keptAside: take(of(keptAside), 1000),
  };
}
