import { warmStartPatience } from '../../coordinator';
import { type Random, shuffle } from '../../platform';
import type { Task } from '../../task';
import { scenarioInvalid } from '../scenario/scenario';
import type { Scenario } from '../scenario/scenario-schema';
import type { DataSet } from './data-set';

/** Samples that a coordinator is fed before gateways train, and that no gateway holds. */
export interface WarmStart {
  /** Indices into the data, in the order they are fed. */
  readonly fed: readonly number[];
  /** Whose they are; undefined where the data names nobody. */
  readonly people: number | undefined;
  /** What the task says of it. */
  readonly task: NonNullable<Task['warmStart']>;
}

/** The least that a task's warm start waits for. */
const fewest = 16;

/**
 * Takes the samples of a warm start out of the training samples: those of whole people where there are people.
 * @param training indices into the data; neither validation's nor test's
 * @returns what the coordinator is fed, and what is left for the gateways
 * @throws FtteError `scenario-invalid` where the data cannot give what is asked for
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
      ? ofPeople(data, training, spec.people, random)
      : ofNobody(data, training, spec.share, random),
  );
  const chosen = training.filter((i) => apart.has(i));
  const samples = holdable(data, chosen);
  if (samples < fewest) {
    throw scenarioInvalid(
      'people' in spec ? 'warmStart.people' : 'warmStart.share',
      `${'people' in spec ? spec.people : spec.share}, which gives ${samples} samples evenly over their labels`,
      `at least ${fewest}`,
    );
  }
  return {
    warmStart: {
      fed: inTurns(data, shuffle(chosen, random)),
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

function ofPeople({ name, person }: DataSet, training: readonly number[], count: number, random: Random) {
  if (!person) throw scenarioInvalid('warmStart', `people of ${name}`, 'a share: the data names nobody');
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

function ofNobody({ name, person }: DataSet, training: readonly number[], share: number, random: Random) {
  if (person)
    throw scenarioInvalid('warmStart', `a share of ${name}`, 'people, because the data names people');
  return shuffle([...training], random).slice(0, Math.round(training.length * share));
}

/**
 * As many samples as a coordinator can be asked to wait for, so that it begins when it was fed these: its store holds as
 * many of each label, and for a label that is too rare it waits so long and no longer.
 */
function holdable({ labels, y }: DataSet, chosen: readonly number[]): number {
  const counts = new Array<number>(labels.length).fill(0);
  for (const i of chosen) counts[y[i] as number]! += 1;
  const there = counts.filter((count) => count > 0);
  const even = there.length > 0 ? there.length * Math.min(...there) : 0;
  return Math.max(even, Math.floor(chosen.length / warmStartPatience));
}

/** The labels take turns, so that none is still missing when a store is full. */
function inTurns({ labels, y }: DataSet, chosen: readonly number[]): number[] {
  const byLabel = labels.map((_, label) => chosen.filter((i) => y[i] === label));
  const rounds = Math.max(...byLabel.map(({ length }) => length));
  return Array.from({ length: rounds }, (_, round) =>
    byLabel.flatMap((mine) => mine.slice(round, round + 1)),
  ).flat();
}
