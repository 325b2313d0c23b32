import { type RuleKind, ruleTraits } from './aggregation-schema';
import { type Conflict, conflict } from './conflict';

/** The part of a task that decides on masked updates. */
export interface MaskedTask {
  readonly training: { readonly maxSamplesPerRound: number; readonly round: { readonly kind: string } };
  readonly privacy?: { readonly level: string } | undefined;
  readonly aggregation: {
    readonly masked?: true | undefined;
    readonly rule: { readonly kind: RuleKind };
    readonly robust: string;
    readonly variance: string;
    readonly steps: string;
    readonly sampleExponent: number;
    readonly bufferSize: number | 'auto';
  };
}

/** Most updates of a masked sum, and the fewest gateways behind one; a test compares them with those of the helpers. */
const most = 16;
const fewest = 3;

/**
 * The weight that a gateway multiplies its change with before it is masked, at most 1: (n / most samples)^q for a round of n
 * samples, or 1 if the rule of the task counts gateways alike.
 */
export function maskedFactor({ training, aggregation }: MaskedTask, samples: number): number {
  if (ruleTraits[aggregation.rule.kind].countsAlike) return 1;
  const { maxSamplesPerRound } = training;
  return (Math.min(samples, maxSamplesPerRound) / maxSamplesPerRound) ** aggregation.sampleExponent;
}

/** The first setting that cannot go with masked updates. */
export function maskedConflict({ training, aggregation, privacy }: MaskedTask): Conflict | undefined {
  if (!aggregation.masked) return undefined;
  const { rule, robust, variance, steps, bufferSize } = aggregation;
  const because = 'masked updates are known as a sum only';
  const refuse = (field: string, expected: string, got: unknown, why: string) =>
    conflict(`aggregation.${field}`, expected, got, why);
  if (privacy?.level === 'gateway')
    return conflict(
      'privacy.level',
      'record',
      'gateway',
      `the coordinator clips each update, and ${because}`,
    );
  const { keepsUpdates, versionOf } = ruleTraits[rule.kind];
  if (keepsUpdates)
    return refuse(
      'rule.kind',
      'another rule',
      rule.kind,
      `it keeps the last update of each gateway, and ${because}`,
    );
  if (versionOf === 'contribution')
    return refuse(
      'rule.kind',
      'another rule',
      rule.kind,
      `it makes a version of each update, and ${because}`,
    );
  if (robust !== 'none' && robust !== 'auto')
    return refuse('robust', 'none', robust, `it judges each update, and ${because}`);
  if (variance === 'coordinates' || variance === 'distance')
    return refuse('variance', 'none or gradient', variance, `it is measured on each update, and ${because}`);
  if (steps === 'normalise' || (steps === 'auto' && training.round.kind === 'time'))
    return refuse('steps', 'keep', steps, `each update would be scaled by its steps, and ${because}`);
  if (bufferSize !== 'auto' && (bufferSize < fewest || bufferSize > most))
    return refuse(
      'bufferSize',
      `auto or ${fewest} to ${most}`,
      bufferSize,
      'a masked sum has as many updates',
    );
  return undefined;
}
