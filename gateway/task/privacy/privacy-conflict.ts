import { type Conflict, conflict, type RuleKind } from '../aggregation';
import { type GatewayPrivacy, type TaskPrivacy, updateClip } from './levels';

/** The part of a task with which privacy may not go. */
export interface PrivacyContext extends TaskPrivacy {
  readonly training: { readonly balance: string };
  readonly aggregation: {
    readonly rule: { readonly kind: RuleKind };
    readonly variance: string;
    readonly robust: string;
    readonly steps: string;
    readonly maxNorm: number;
  };
}

/** The first setting that cannot go with differential privacy. */
export function privacyConflict(task: PrivacyContext): Conflict | undefined {
  const { privacy, training } = task;
  if (privacy?.level === 'gateway') return gatewayConflict(task, privacy);
  if (!privacy || training.balance === 'auto' || training.balance === 'none') return undefined;
  const why = 'with privacy each sample is drawn with one probability';
  return conflict(
    {
      ...{ field: 'training.balance', got: training.balance, allowed: ['auto', 'none'] },
      with: { field: 'privacy.level', value: privacy.level },
    },
    { expected: 'auto or none', why },
  );
}

/** Rules whose versions a gateway can change by more than its clipped updates. */
const unbounded: Readonly<Partial<Record<RuleKind, string>>> = {
  fedasync: 'it makes a version of each update, in which the noise would be as large as all of a buffer',
  ca2fl: 'its memory brings the last update of a gateway into every later version',
  fedavg: 'it divides by what gateways say of themselves, and a divisor must be public',
};

function gatewayConflict({ aggregation }: PrivacyContext, privacy: GatewayPrivacy): Conflict | undefined {
  const { rule, variance, robust, steps, maxNorm } = aggregation;
  const refuse = (field: string, got: string, allowed: readonly string[], expected: string, why: string) =>
    conflict(
      { field, got, allowed, with: { field: 'privacy.level', value: 'gateway' } },
      { expected, why: `with privacy of gateways, ${why}` },
    );
  const why = unbounded[rule.kind];
  if (why !== undefined)
    return refuse(
      'aggregation.rule.kind',
      rule.kind,
      ['ftte', 'fedbuff', 'fadas'],
      'ftte, fedbuff or fadas',
      why,
    );
  if (variance !== 'none')
    return refuse(
      'aggregation.variance',
      variance,
      ['none'],
      'none',
      'weights must not follow from what others have measured',
    );
  if (robust !== 'none' && robust !== 'auto')
    return refuse(
      'aggregation.robust',
      robust,
      ['auto', 'none'],
      'none',
      'limits must not follow from the updates of others',
    );
  if (steps === 'normalise')
    return refuse(
      'aggregation.steps',
      steps,
      ['auto', 'keep'],
      'auto or keep',
      'no update may be stretched beyond its clipping norm',
    );
  const clip = updateClip(privacy);
  if (clip <= maxNorm) return undefined;
  return conflict(
    {
      ...{ field: 'privacy.clip', got: clip, allowed: { most: maxNorm } },
      with: { field: 'aggregation.maxNorm', value: maxNorm },
    },
    {
      expected: `at most aggregation.maxNorm, which is ${maxNorm}`,
      why: 'clipped updates would be refused',
    },
  );
}
