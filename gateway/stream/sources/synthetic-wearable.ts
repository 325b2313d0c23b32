import { SeededRandom, shuffle } from '../../platform';
import { SyntheticPerson, syntheticActivities } from './synthetic-person';
import { positive, rowsOf, type SyntheticOptions, SyntheticSource } from './synthetic-source';

/** Options: the people and the length of their streams. */
export interface SyntheticWearableOptions extends SyntheticOptions {
  /** Number of times that each person does every activity. Default 4. */
  readonly rounds?: number;
  /** Approximate seconds of each stretch of an activity. Default 20. */
  readonly seconds?: number;
}

const rateHz = 50;

/**
 * Synthetic people with a motion sensor at the waist, for tests without a recording: six activities at 50 Hz,
 * acceleration in g with gravity, rotation in rad/s.
 */
export class SyntheticWearable extends SyntheticSource {
  readonly channels = ['acc_x', 'acc_y', 'acc_z', 'gyro_x', 'gyro_y', 'gyro_z'];
  readonly units = ['g', 'g', 'g', 'rad/s', 'rad/s', 'rad/s'];
  readonly rateHz = rateHz;
  readonly labels: readonly string[] = syntheticActivities;
  private readonly rounds: number;
  private readonly rows: number;

  /** @throws FtteError `config-invalid` */
  constructor({ rounds = 4, seconds = 20, ...options }: SyntheticWearableOptions = {}) {
    const rows = rowsOf(seconds, rateHz);
    super(options, positive('rounds', rounds) * syntheticActivities.length * rows);
    this.rounds = rounds;
    this.rows = rows;
  }

  protected override *stream(seed: number) {
    const person = new SyntheticPerson(seed);
    const random = new SeededRandom(seed + 1);
    for (let round = 0; round < this.rounds; round++) {
      for (const activity of shuffle([...syntheticActivities], random)) {
        person.begin();
        for (let i = 0; i < this.rows; i++)
          yield { values: person.next(activity, 1 / rateHz), label: activity };
      }
    }
  }
}
