import { type RuleKind, ruleTraits } from './aggregation-schema';
import { type Allowed, type Conflict, conflict } from './conflict';

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

/** The rules that need no more of a version than the sum of its updates. */
const rulesOfSums = Object.entries(ruleTraits)
  .filter(([, { keepsUpdates, versionOf }]) => !keepsUpdates && versionOf !== 'contribution')
  .map(([kind]) => kind);

/** The first setting that cannot go with masked updates. */
export function maskedConflict({ training, aggregation, privacy }: MaskedTask): Conflict | undefined {
  if (!aggregation.masked) return undefined;
  const { rule, robust, variance, steps, bufferSize } = aggregation;
  const because = 'masked updates are known as a sum only';
  const refuse = (field: string, got: string | number, allowed: Allowed, expected: string, why: string) =>
    conflict({ field, got, allowed, with: { field: 'aggregation.masked', value: true } }, { expected, why });
  if (privacy?.level === 'gateway') {
    const why = `the coordinator clips each update, and ${because}`;
    return refuse('privacy.level', 'gateway', ['record'], 'record', why);
  }
  const { keepsUpdates, versionOf } = ruleTraits[rule.kind];
  if (keepsUpdates || versionOf === 'contribution') {
    const does = keepsUpdates ? 'keeps the last update of each gateway' : 'makes a version of each update';
    const why = `it ${does}, and ${because}`;
    return refuse('aggregation.rule.kind', rule.kind, rulesOfSums, 'another rule', why);
  }
  if (robust !== 'none' && robust !== 'auto') {
    const why = `it judges each update, and ${because}`;
    return refuse('aggregation.robust', robust, ['auto', 'none'], 'none', why);
  }
  if (variance === 'coordinates' || variance === 'distance') {
    const why = `it is measured on each update, and ${because}`;
    return refuse('aggregation.variance', variance, ['gradient', 'none'], 'none or gradient', why);
  }
  if (steps === 'normalise' || (steps === 'auto' && training.round.kind === 'time')) {
    const why = `each update would be scaled by its steps, and ${because}`;
    return refuse('aggregation.steps', steps, ['keep'], 'keep', why);
  }
  if (bufferSize !== 'auto' && (bufferSize < fewest || bufferSize > most)) {
    const allowed = { auto: true, least: fewest, most } as const;
    const why = 'a masked sum has as many updates';
    return refuse('aggregation.bufferSize', bufferSize, allowed, `auto or ${fewest} to ${most}`, why);
  }
  return undefined;
}
