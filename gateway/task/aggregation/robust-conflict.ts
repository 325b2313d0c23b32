import type { z } from 'zod';
import { type aggregationSchema, ruleTraits } from './aggregation-schema';
import { type Conflict, conflict } from './conflict';

type Settings = Pick<z.infer<typeof aggregationSchema>, 'robust' | 'rule' | 'bufferSize'>;

/** Contributions that `krum` compares at most: the number of pairs grows with the square. */
export const mostCompared = 100;

/** The sizes of a buffer in which the protections that look at one buffer only can say who is wrong. */
const sizes = {
  median: { least: 3, most: undefined, why: 'two contributions have no middle' },
  trimmed: { least: 3, most: undefined, why: 'of two contributions none can be left out' },
  krum: {
    least: 5,
    most: mostCompared,
    why: 'it needs 2 f + 3 contributions to stand f hostile ones, and compares all pairs',
  },
} as const;

/** The first setting that cannot go with the protection against hostile gateways. */
export function robustConflict({ robust, rule, bufferSize }: Settings): Conflict | undefined {
  if (robust === 'auto' || robust === 'none' || robust === 'clip' || robust === 'trust') return undefined;
  const withRule = (why: string) =>
    conflict(
      {
        ...{ field: 'aggregation.robust', got: robust, allowed: ['auto', 'none', 'clip', 'trust'] },
        with: { field: 'aggregation.rule.kind', value: rule.kind },
      },
      { expected: `none, clip or trust with the rule ${rule.kind}`, why },
    );
  const { keepsUpdates, versionOf } = ruleTraits[rule.kind];
  if (versionOf === 'contribution') {
    const why = 'a version has one contribution, and there is nothing to compare it with';
    return withRule(why);
  }
  if (keepsUpdates) {
    const why = `the rule remembers the update of every gateway, and ${robust} keeps none of them`;
    return withRule(why);
  }
  const { least, most, why } = sizes[robust];
  if (bufferSize === 'auto' || (bufferSize >= least && bufferSize <= (most ?? bufferSize))) return undefined;
  const range = most === undefined ? `at least ${least}` : `${least} to ${most}`;
  return conflict(
    {
      ...{ field: 'aggregation.bufferSize', got: bufferSize },
      allowed: { auto: true, least, ...(most !== undefined && { most }) },
      with: { field: 'aggregation.robust', value: robust },
    },
    { expected: `auto or ${range} with the protection ${robust}`, why },
  );
}
