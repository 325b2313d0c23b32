import type { z } from 'zod';
import { type aggregationSchema, ruleTraits } from './aggregation-schema';

type Settings = Pick<z.infer<typeof aggregationSchema>, 'robust' | 'rule' | 'bufferSize'>;

/** The sizes of a buffer in which the protections that look at one buffer only can say who is wrong. */
const sizes = {
  median: { least: 3, most: 10_000, why: 'two contributions have no middle' },
  trimmed: { least: 3, most: 10_000, why: 'of two contributions none can be left out' },
  krum: {
    least: 5,
    most: 100,
    why: 'it needs 2 f + 3 contributions to stand f hostile ones, and compares all pairs',
  },
} as const;

/** The first setting that cannot go with the protection against hostile gateways: its path, what came and what was expected. */
export function robustConflict({
  robust,
  rule,
  bufferSize,
}: Settings): { field: string; text: string } | undefined {
  if (robust === 'none' || robust === 'clip' || robust === 'trust') return undefined;
  const others = 'expected none, clip or trust';
  const { keepsUpdates, versionOf } = ruleTraits[rule.kind];
  if (versionOf === 'contribution') {
    const text = `${others} with the rule ${rule.kind}, got ${robust}: a version has one contribution, and there is nothing to compare it with`;
    return { field: 'aggregation.robust', text };
  }
  if (keepsUpdates) {
    const text = `${others} with the rule ${rule.kind}, got ${robust}: the rule remembers the update of every gateway, and ${robust} keeps none of them`;
    return { field: 'aggregation.robust', text };
  }
  const { least, most, why } = sizes[robust];
  if (bufferSize === 'auto' || (bufferSize >= least && bufferSize <= most)) return undefined;
  const range = most < 10_000 ? `${least} to ${most}` : `at least ${least}`;
  const text = `expected auto or ${range} with the protection ${robust}, got ${bufferSize}: ${why}`;
  return { field: 'aggregation.bufferSize', text };
}
