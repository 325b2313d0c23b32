import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The people of a recording folder, as the demonstration shares them out. */
export interface People {
  readonly folder: string;
  /** Training people, one list a gateway, dealt in turn. */
  readonly gateways: readonly (readonly number[])[];
  /** People whose windows only the coordinator sees, to judge versions by. */
  readonly heldOut: readonly number[];
}

/**
 * Reads who is in a folder of the shared recording format and deals the training people to `count` gateways.
 * @param path the data set's folder, or one that holds it as `hapt`
 * @throws Error naming the folder where it is no such thing
 */
export function dealPeople(path: string, count: number): People {
  const folder = [resolve(path), resolve(path, 'hapt')].find((candidate) =>
    existsSync(join(candidate, 'meta.json')),
  );
  if (!folder)
    throw new Error(`${resolve(path)} holds no meta.json, and no hapt/meta.json: is it a recording folder?`);
  const subject = readFileSync(join(folder, 'subject.u8'));
  const split = readFileSync(join(folder, 'split.u8'));
  const training = new Set<number>();
  const heldOut = new Set<number>();
  subject.forEach((person, i) => {
    if (split[i] === 0) training.add(person);
    else if (split[i] === 1) heldOut.add(person);
  });
  const gateways: number[][] = Array.from({ length: count }, () => []);
  [...training].sort((a, b) => a - b).forEach((person, i) => gateways[i % count]!.push(person));
  return { folder, gateways, heldOut: [...heldOut].sort((a, b) => a - b) };
}
