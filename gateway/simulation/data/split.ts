import { type Random, shuffle } from '../../platform';
import { scenarioInvalid } from '../scenario/scenario';
import type { Scenario } from '../scenario/scenario-schema';
import type { DataSet } from './data-set';

/** Example indices by what they are for; no example, and no person, is in two of them. */
export interface Split {
  readonly training: readonly number[];
  readonly validation: readonly number[];
  readonly test: readonly number[];
}

/**
 * Sets validation apart from the data's training part: whole people where there are people.
 * @throws FtteError `scenario-invalid` where the data cannot give what is asked for
 */
export function splitData(data: DataSet, validation: Scenario['validation'], random: Random): Split {
  const part = (wanted: number) => {
    const chosen: number[] = [];
    for (let i = 0; i < data.y.length; i++) if (data.split[i] === wanted) chosen.push(i);
    return chosen;
  };
  const test = part(1);
  // Recordings may have a person on both sides of their split; who judges is not trained on.
  const judges = new Set(test.map((i) => data.person?.[i]));
  const training = part(0).filter((i) => !data.person || !judges.has(data.person[i]));
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
    throw scenarioInvalid('validation', `people of ${data.name}`, 'a share: the data names nobody');
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

const ascending = (a: number, b: number) => a - b;
