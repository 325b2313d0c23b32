import type { Samples } from '../../gateway/engine';
import { SeededRandom, shuffle } from '../../gateway/platform';
import { channelMoments, type DataSet, loadData, normaliseExamples } from '../../gateway/simulation';
import { parseTask, type Task } from '../../gateway/task';
import { dataFolder } from '../support/recordings';

/** Windows of people: some train the shared model, the others have it adapted. */
export interface PeopleByTime {
  readonly task: Task;
  readonly training: Samples;
  /** Each test person's windows, oldest first. */
  readonly people: readonly Samples[];
}

/** Options of the people of a recording. */
export interface PeopleByTimeOptions {
  readonly recording: string;
  readonly preset: 'cnn1d' | 'ds-cnn1d';
  /** Labels that are left out because they are too rare. */
  readonly without: readonly string[];
  /** Most windows of each label that train the shared model. */
  readonly mostOfEachLabel: number;
}

/** Loads a recording. People of both halves are in neither. */
export async function peopleByTime(options: PeopleByTimeOptions): Promise<PeopleByTime> {
  const { recording, preset, without, mostOfEachLabel } = options;
  const data = await loadData({ folder: dataFolder(recording), without: [...without] });
  const ofSplit = (split: number) => groupByPerson(data.person, indicesOf(data, split));
  const [train, test] = [ofSplit(0), ofSplit(1)];
  const learning = [...train].filter(([person]) => !test.has(person)).flatMap(([, own]) => own);
  const moments = channelMoments(data, learning);
  const channels = data.input.channels.map((channel, c) => ({ ...channel, ...moments[c] }));
  const input = { ...data.input, channels };
  const task = parseTask({ name: recording, input, labels: data.labels, model: { preset, size: 'S' } });
  const samples = sampler(data, task);
  const people = [...test].filter(([person]) => !train.has(person)).map(([, own]) => samples(own));
  return { task, training: samples(limited(data, learning, mostOfEachLabel)), people };
}

/** Windows of a part of the data, as indices. */
export const indicesOf = ({ split }: DataSet, part: number): number[] =>
  [...split].flatMap((each, i) => (each === part ? [i] : []));

/** The windows of each person, in the order in which they were recorded. */
export const byPerson = (person: Uint16Array | undefined, indices: readonly number[]): number[][] => [
  ...groupByPerson(person, indices).values(),
];

function groupByPerson(person: Uint16Array | undefined, indices: readonly number[]): Map<number, number[]> {
  const people = new Map<number, number[]>();
  for (const i of indices) {
    const own = people.get(person?.[i] ?? 0);
    if (own) own.push(i);
    else people.set(person?.[i] ?? 0, [i]);
  }
  return people;
}

function limited(data: DataSet, from: readonly number[], most: number): number[] {
  const counts = new Map<number, number>();
  return shuffle([...from], new SeededRandom(1)).filter((i) => {
    const label = data.y[i]!;
    const count = (counts.get(label) ?? 0) + 1;
    counts.set(label, count);
    return count <= most;
  });
}

function sampler(data: DataSet, task: Task): (indices: readonly number[]) => Samples {
  const { x, y, size } = normaliseExamples(data, task.input);
  return (indices) => {
    const samples = {
      count: indices.length,
      x: new Float32Array(indices.length * size),
      y: Uint16Array.from(indices, (i) => y[i]!),
    };
    indices.forEach((index, i) => {
      samples.x.set(x.subarray(index * size, (index + 1) * size), i * size);
    });
    return samples;
  };
}
