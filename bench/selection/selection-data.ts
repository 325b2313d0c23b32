import type { Samples } from '../../gateway/engine';
import { type Random, shuffle } from '../../gateway/platform';
import { channelMoments, loadData, normaliseExamples } from '../../gateway/simulation';
import { parseTask, type Task } from '../../gateway/task';
import { gatherSamples } from '../support/gather-samples';

/** Loads a recording and divides its training people. */
export async function selectionData(options: SelectionDataOptions): Promise<SelectionData> {
  const { folder, model, windows, random } = options;
  const data = await loadData({ folder });
  const people = [...new Set(data.person?.filter((_, i) => data.split[i] === 0))];
  if (people.length < peopleKeptAside + 6)
    throw new Error(
      `${folder}: expected at least ${peopleKeptAside + 6} training people, got ${people.length}`,
    );
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
  const examples = normaliseExamples(data, task.input);
  const take = (from: number[], count: number): Samples => {
    return gatherSamples(examples, shuffle(from, random).slice(0, count));
  };
  return {
    task,
    training: take(training, windows),
    fed: take(of(new Set(learning.slice(0, 2))), windows >> 2),
    fedHeldOut: take(of(judging), windows >> 2),
    keptAside: take(of(keptAside), 1000),
  };
}

/** Samples of the training people of a recording, divided by person. The test people are not used. */
export interface SelectionData {
  readonly task: Task;
  /** Samples that train. */
  readonly training: Samples;
  /** Samples of two of the people in `training`: a coordinator's, for a warm start and for trials. */
  readonly fed: Samples;
  /** Samples of two further people, which judge the trials. */
  readonly fedHeldOut: Samples;
  /** Samples of further people, which judge the strategies. */
  readonly keptAside: Samples;
}

const peopleKeptAside = 5;

/** Options of the data. */
export interface SelectionDataOptions {
  readonly folder: string;
  readonly model: Task['model'];
  /** Number of windows that train; a coordinator has a quarter of that number. */
  readonly windows: number;
  readonly random: Random;
}
