import { FtteError } from '../../platform';

/**
 * The numbers of the people to play, from a count (numbered from 1) or a list. @throws FtteError `config-invalid` if
 * there are none
 */
export function castOf(people: number | readonly number[]): readonly number[] {
  const numbers = typeof people === 'number' ? Array.from({ length: people }, (_, i) => i + 1) : people;
  positive('people', numbers.length);
  return numbers;
}

/** @throws FtteError `config-invalid` */
export function positive(name: string, value: number): number {
  if (value > 0 && Number.isFinite(value)) return value;
  throw new FtteError('config-invalid', `${name} is ${value}, expected a number above 0`, { name });
}

/** Seeds that are far apart, so that people of neighbouring seeds differ. */
export const seedOf = (seed: number, person: number): number =>
  (Math.imul(seed, 0x9e3779b1) ^ Math.imul(person, 0x85ebca6b)) >>> 0;

export const subjectName = (person: number): string => `person ${person}`;
