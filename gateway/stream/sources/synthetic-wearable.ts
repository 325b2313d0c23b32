import { SeededRandom, shuffle } from '../../platform';
import type { Reading, ReadingSource } from '../values';
import { castOf, positive, seedOf, subjectName } from './cast';
import { type SyntheticActivity, SyntheticPerson, syntheticActivities } from './synthetic-person';

/** Options: the people and the length of their streams. */
export interface SyntheticOptions {
  /** Number of people (numbered from 1), or a list of numbers. Default 3. */
  readonly people?: number | readonly number[];
  /** The same seed gives the same people and the same streams. Default 1. */
  readonly seed?: number;
  /** Number of times that each person does every activity. Default 4. */
  readonly rounds?: number;
  /** Approximate seconds of each stretch of an activity. Default 20. */
  readonly seconds?: number;
}

const rateHz = 50;

/**
 * Synthetic people with a motion sensor at the waist, for tests without a recording: six activities at 50 Hz,
 * acceleration in g with gravity, rotation in rad/s. The stream of a person depends only on the seed and their number.
 */
export class SyntheticWearable implements ReadingSource {
  readonly channels = ['acc_x', 'acc_y', 'acc_z', 'gyro_x', 'gyro_y', 'gyro_z'];
  readonly units = ['g', 'g', 'g', 'rad/s', 'rad/s', 'rad/s'];
  readonly rateHz = rateHz;
  readonly labels: readonly string[] = syntheticActivities;
  readonly subjects: readonly string[];
  readonly length: number;
  private readonly people: readonly number[];
  private readonly seed: number;
  private readonly rounds: number;
  private readonly rows: number;

  /** @throws FtteError `config-invalid` */
  constructor({ people = 3, seed = 1, rounds = 4, seconds = 20 }: SyntheticOptions = {}) {
    this.people = castOf(people);
    this.seed = seed;
    this.rounds = positive('rounds', rounds);
    this.rows = Math.max(1, Math.round(positive('seconds', seconds) * rateHz));
    this.subjects = this.people.map(subjectName);
    this.length = this.people.length * rounds * syntheticActivities.length * this.rows;
  }

  /** One person after the other. Time starts at 0 and jumps between people. */
  *readings(): Iterable<Reading> {
    let row = 0;
    for (const number of this.people) {
      for (const { values, activity } of this.stream(number)) {
        yield { values, label: activity, timeMs: (row++ * 1000) / rateHz, subject: subjectName(number) };
      }
      row += 1000;
    }
  }

  private *stream(number: number): Iterable<{ values: number[]; activity: SyntheticActivity }> {
    const seed = seedOf(this.seed, number);
    const person = new SyntheticPerson(seed);
    const random = new SeededRandom(seed + 1);
    for (let round = 0; round < this.rounds; round++) {
      for (const activity of shuffle([...syntheticActivities], random)) {
        person.begin();
        for (let i = 0; i < this.rows; i++) yield { values: person.next(activity, 1 / rateHz), activity };
      }
    }
  }
}
