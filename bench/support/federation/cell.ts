import { createHash } from 'node:crypto';
import type { ScenarioInput } from '../../../gateway/simulation';

/** One run of a table: a scenario with one seed, and what its row and column are called. */
export interface Cell {
  /** Settings that are compared: `fedavg`, `ours`. */
  readonly arm: string;
  /** Conditions that they are compared under: `50 % x10`. */
  readonly mix: string;
  readonly seed: number;
  readonly scenario: ScenarioInput;
}

/** Changes when results of before no longer mean the same. */
const format = 1;

/**
 * Name of a cell's result: equal scenarios have equal names, in whatever order their fields were written and whatever
 * they are called.
 */
export function resultKey({ name: _, ...scenario }: ScenarioInput): string {
  return createHash('sha256')
    .update(`${format} ${canonical(scenario)}`)
    .digest('hex')
    .slice(0, 24);
}

/** JSON with sorted keys; what is undefined is left out. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, field]) => `${JSON.stringify(name)}:${canonical(field)}`);
  return `{${fields.join(',')}}`;
}
