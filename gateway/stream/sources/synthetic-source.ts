import { FtteError } from '../../platform';
import type { Reading, ReadingSource } from '../values';

/** Options of all synthetic sources: the people. */
export interface SyntheticOptions {
  /** Number of people (numbered from 1), or a list of numbers. Default 3. */
  readonly people?: number | readonly number[];
  /** The same seed gives the same people and the same streams. Default 1. */
  readonly seed?: number;
}

/** A source of people that are made up. The stream of a person depends only on the seed and their number. */
export abstract class SyntheticSource implements ReadingSource {
  abstract readonly channels: readonly string[];
  abstract readonly rateHz: number;
  abstract readonly labels: readonly string[];
  readonly subjects: readonly string[];
  readonly length: number;
  private readonly people: readonly number[];
  private readonly seed: number;

  /**
   * @param rows readings of each person
   * @throws FtteError `config-invalid` if there are no people
   */
  protected constructor({ people = 3, seed = 1 }: SyntheticOptions, rows: number) {
    this.people = typeof people === 'number' ? Array.from({ length: people }, (_, i) => i + 1) : people;
    this.seed = seed;
    this.subjects = this.people.map(subjectName);
    this.length = positive('people', this.people.length) * rows;
  }

  /** One person after the other. Time starts at 0 and jumps between people. */
  *readings(): Iterable<Reading> {
    let row = 0;
    for (const number of this.people) {
      const subject = subjectName(number);
      for (const { values, label } of this.stream(seedOf(this.seed, number)))
        yield { values, label, timeMs: (row++ * 1000) / this.rateHz, subject };
      row += 1000;
    }
  }

  /** The stream of one person. */
  protected abstract stream(seed: number): Iterable<Pick<Reading, 'values' | 'label'>>;
}

/** @throws FtteError `config-invalid` */
export function positive(name: string, value: number): number {
  if (value > 0 && Number.isFinite(value)) return value;
  throw new FtteError('config-invalid', `${name} is ${value}, expected a number above 0`, { name });
}

/** The number of readings in a time, at least one. @throws FtteError `config-invalid` */
export const rowsOf = (seconds: number, rateHz: number): number =>
  Math.max(1, Math.round(positive('seconds', seconds) * rateHz));

/** Seeds that are far apart, so that people of neighbouring seeds differ. */
const seedOf = (seed: number, person: number): number =>
  (Math.imul(seed, 0x9e3779b1) ^ Math.imul(person, 0x85ebca6b)) >>> 0;

const subjectName = (person: number): string => `person ${person}`;
