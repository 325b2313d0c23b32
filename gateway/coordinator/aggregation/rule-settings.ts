import type { Aggregation } from '../../task';

/** The name of an aggregation rule: `aggregation.rule.kind` of a task. */
export type RuleKind = Aggregation['rule']['kind'];

/** The aggregation settings of a task with this rule; `rule` holds the rule's own. */
export type RuleSettings<Kind extends RuleKind = RuleKind> = Aggregation & {
  readonly rule: Extract<Aggregation['rule'], { kind: Kind }>;
};
