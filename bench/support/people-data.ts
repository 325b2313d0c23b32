import type { Samples } from '../../gateway/engine';
import { type Random, shuffle } from '../../gateway/platform';
import { channelMoments, type DataSet, loadData, normaliseExamples } from '../../gateway/simulation';
import { parseTask, type Task } from '../../gateway/task';
import { gatherSamples } from './gather-samples';
import { dataFolder } from './recordings';

/** Loads a recording and divides its people. */
export async function peopleData(options: PeopleDataOptions): Promise<PeopleData> {
  const { name, model, judgedBy, ofEachLabel, without, random } = options;
  const data = await loadData({ folder: dataFolder(name) });
  const person = (i: number) => data.person?.[i] ?? 0;
  const peopleOf = (split: number) => [...new Set(data.person?.filter((_, i) => data.split[i] === split))];
  const tested = new Set(peopleOf(1));
  // People that are in both halves do not train.
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
  const examples = normaliseExamples(data, task.input);
  const take = (from: number[], most: number): Samples => {
    const counts = new Map<number, number>();
    const chosen = shuffle(from, random).filter((i) => {
      const label = data.y[i]!;
      const count = (counts.get(label) ?? 0) + 1;
      counts.set(label, count);
      return count <= most;
    });
    return gatherSamples(examples, chosen, (i) => labels.indexOf(labelOf(data, i)));
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

/**
 * Samples of people who train, of people who evaluate, and of two groups of the former for the trials of a coordinator.
 */
export interface PeopleData {
  readonly task: Task;
  readonly training: Samples;
  readonly judged: Samples;
  /** Samples of a quarter of the training people, on which the trials of a coordinator train. */
  readonly fed: Samples;
  /** Samples of another quarter of the training people, which evaluate these trials. */
  readonly fedHeldOut: Samples;
}

/** Options of the samples of people. */
export interface PeopleDataOptions {
  /** Name of the recording. */
  readonly name: string;
  readonly model: Task['model'];
  /** The people who evaluate: some of the training half, to choose settings, or those of the test half, for results. */
  readonly judgedBy: 'kept-aside' | 'test';
  /** Most windows of each label for training and for evaluation. */
  readonly ofEachLabel: { readonly training: number; readonly judged: number };
  /** Labels that are left out because they are too rare. */
  readonly without: readonly string[];
  readonly random: Random;
}

const labelOf = (data: DataSet, i: number) => data.labels[data.y[i] ?? -1] ?? '';
