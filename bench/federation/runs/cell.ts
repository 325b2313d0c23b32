import { createHash } from 'node:crypto';
import type { ScenarioInput } from '../../../gateway/simulation';
import type { Steps } from './steps';

/** One run of a table: a scenario with one seed, and the names of its row and column. */
export interface Cell {
  /** Name of the settings: `FedAvg`, `ours`. */
  readonly arm: string;
  /** Name of the conditions: `50 % x10`. */
  readonly mix: string;
  readonly seed: number;
  readonly scenario: ScenarioInput;
  /** Steps of the encodings in levels. Absent: those of the package. */
  readonly steps?: Steps | undefined;
}

/** Version of the results: earlier results are not used again when it changes. */
const format = 1;

/**
 * Name of the result of a cell. Cells have the same name if their scenarios differ only in their own name and in the order of
 * their fields.
 */
export function resultKey({
  scenario: { name: _, ...scenario },
  steps,
}: Pick<Cell, 'scenario' | 'steps'>): string {
  return createHash('sha256')
    .update(`${format} ${canonical(scenario)}${steps ? ` ${canonical(steps)}` : ''}`)
    .digest('hex')
    .slice(0, 24);
}

/** JSON with sorted keys, without undefined fields. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, field]) => `${JSON.stringify(name)}:${canonical(field)}`);
  return `{${fields.join(',')}}`;
}
