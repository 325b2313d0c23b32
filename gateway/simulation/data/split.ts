import { type FtteError, type Random, shuffle } from '../../platform';
import { scenarioInvalid } from '../scenario/scenario';
import type { Scenario } from '../scenario/scenario-schema';
import type { DataSet } from './data-set';

/**
 * Sets validation samples apart from the data's training part: whole people if the data names people.
 * @throws FtteError `scenario-invalid` if the data names nobody, has too few people, or leaves nobody to train on
 */
export function splitData(data: DataSet, validation: Scenario['validation'], random: Random): Split {
  const partOf = (split: 0 | 1) => {
    const chosen: number[] = [];
    for (let i = 0; i < data.y.length; i++) if (data.split[i] === split) chosen.push(i);
    return chosen;
  };
  const test = partOf(1);
  // Recordings may have a person in both parts; nobody trains on the people that judge.
  const judges = new Set(test.map((i) => data.person?.[i]));
  const training = partOf(0).filter((i) => !data.person || !judges.has(data.person[i]));
  if (training.length === 0) throw nobodyTrains(data);
  if ('share' in validation) {
    if (data.person && validation.share > 0) {
      throw scenarioInvalid('validation', `a share of ${data.name}`, 'people, because the data names people');
    }
    shuffle(training, random);
    const count = Math.round(training.length * validation.share);
    return {
      training: training.slice(count).sort(ascending),
      validation: training.slice(0, count).sort(ascending),
      test,
    };
  }
  if (validation.people === 0) return { training, validation: [], test };
  const { person } = data;
  if (!person)
    throw scenarioInvalid('validation', `people of ${data.name}`, 'a share, because the data names nobody');
  const people = [...new Set(training.map((i) => person[i] as number))].sort(ascending);
  if (validation.people >= people.length) {
    throw scenarioInvalid(
      'validation.people',
      `${validation.people}`,
      `fewer than the ${people.length} training people`,
    );
  }
  const apart = new Set(shuffle(people, random).slice(0, validation.people));
  return {
    training: training.filter((i) => !apart.has(person[i] as number)),
    validation: training.filter((i) => apart.has(person[i] as number)),
    test,
  };
}

/** Why nothing is left to train on. */
function nobodyTrains({ name, split, person }: DataSet): FtteError {
  const parts = split.filter((part) => part === 0).length;
  if (parts === 0 || !person)
    return scenarioInvalid('data', 'none', `windows to train on in the training part of ${name}`);
  const people = new Set(person.filter((_, i) => split[i] === 0)).size;
  const whose = people === 1 ? 'the only person' : `all ${people} people`;
  return scenarioInvalid(
    'data',
    `none, as ${whose} with windows to train on judge, too`,
    `somebody in ${name} who is not in its test part`,
  );
}

/** Indices of examples by purpose. No example and no person is in two of the lists. */
export interface Split {
  readonly training: readonly number[];
  readonly validation: readonly number[];
  readonly test: readonly number[];
}

const ascending = (a: number, b: number) => a - b;
