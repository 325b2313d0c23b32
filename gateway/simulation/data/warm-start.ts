import { warmStartPatience } from '../../coordinator';
import { type Random, shuffle } from '../../platform';
import type { Task } from '../../task';
import { scenarioInvalid } from '../scenario/scenario';
import type { Scenario } from '../scenario/scenario-schema';
import type { DataSet } from './data-set';

/**
 * Takes the samples of a warm start out of the training samples: those of whole people if the data names people.
 * @param training indices into the data; neither validation's nor test's
 * @returns the coordinator's samples, and those that are left for the gateways
 * @throws FtteError `scenario-invalid` if the data names nobody, or has too few people or samples
 */
export function setWarmStartApart(
  data: DataSet,
  training: readonly number[],
  spec: Scenario['warmStart'],
  random: Random,
): { readonly warmStart: WarmStart | undefined; readonly gateways: readonly number[] } {
  if (!spec) return { warmStart: undefined, gateways: training };
  const apart = new Set(
    'people' in spec
      ? samplesOfPeople(data, training, spec.people, random)
      : shareOfSamples(data, training, spec.share, random),
  );
  const chosen = training.filter((i) => apart.has(i));
  const samples = requestableSamples(data, chosen);
  if (samples < minSamples) {
    throw scenarioInvalid(
      'people' in spec ? 'warmStart.people' : 'warmStart.share',
      `${'people' in spec ? spec.people : spec.share}, which gives ${samples} samples evenly over their labels`,
      `at least ${minSamples}`,
    );
  }
  return {
    warmStart: {
      fed: interleaveLabels(data, shuffle(chosen, random)),
      people: 'people' in spec ? spec.people : undefined,
      task: {
        samples,
        epochs: spec.epochs,
        ...(spec.learningRate !== undefined && { learningRate: spec.learningRate }),
      },
    },
    gateways: training.filter((i) => !apart.has(i)),
  };
}

/** Samples that the coordinator trains on before the gateways do, and that no gateway holds. */
export interface WarmStart {
  /** Indices into the data, in the order in which the coordinator gets them. */
  readonly fed: readonly number[];
  /** Number of people they are of; undefined if the data names nobody. */
  readonly people: number | undefined;
  /** The task's `warmStart`. */
  readonly task: NonNullable<Task['warmStart']>;
}

/** The fewest samples that a task's warm start can wait for. */
const minSamples = 16;

function samplesOfPeople(
  { name, person }: DataSet,
  training: readonly number[],
  count: number,
  random: Random,
) {
  if (!person)
    throw scenarioInvalid('warmStart', `people of ${name}`, 'a share, because the data names nobody');
  const people = [...new Set(training.map((i) => person[i] as number))].sort((a, b) => a - b);
  if (count >= people.length) {
    throw scenarioInvalid(
      'warmStart.people',
      `${count}`,
      `fewer than the ${people.length} people that are left to train on`,
    );
  }
  const chosen = new Set(shuffle(people, random).slice(0, count));
  return training.filter((i) => chosen.has(person[i] as number));
}

function shareOfSamples(
  { name, person }: DataSet,
  training: readonly number[],
  share: number,
  random: Random,
) {
  if (person)
    throw scenarioInvalid('warmStart', `a share of ${name}`, 'people, because the data names people');
  return shuffle([...training], random).slice(0, Math.round(training.length * share));
}

/**
 * Samples that the task can make a coordinator wait for, so that it begins when it has got the chosen ones. Its store
 * holds the same number of each label, and it waits a bounded time for a label that is too rare.
 */
function requestableSamples({ labels, y }: DataSet, chosen: readonly number[]): number {
  const counts = new Array<number>(labelsOf(labels)).fill(0);
  for (const i of chosen) counts[y[i] as number]! += 1;
  const there = counts.filter((count) => count > 0);
  const even = there.length > 0 ? there.length * Math.min(...there) : 0;
  return Math.max(even, Math.floor(chosen.length / warmStartPatience));
}

/** The samples with their labels in turn, so that no label is missing when the store is full. */
function interleaveLabels({ labels, y }: DataSet, chosen: readonly number[]): number[] {
  const byLabel = Array.from({ length: labelsOf(labels) }, (_, label) =>
    chosen.filter((i) => y[i] === label),
  );
  const rounds = Math.max(...byLabel.map(({ length }) => length));
  return Array.from({ length: rounds }, (_, round) =>
    byLabel.flatMap((mine) => mine.slice(round, round + 1)),
  ).flat();
}

/** Number of labels; windows without labels are all of one. */
const labelsOf = (labels: readonly string[]) => Math.max(1, labels.length);
