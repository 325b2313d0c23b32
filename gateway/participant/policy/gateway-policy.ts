import { z } from 'zod';
import { checkSchema, FtteError } from '../../platform';
import { encodings, type TensorEncoding } from '../../wire';

const names = Object.keys(encodings).filter((name) => name !== 'masked') as [
  TensorEncoding,
  ...TensorEncoding[],
];

/** The schema of a policy: a person sets what differs from the defaults. */
export const policySchema = z.strictObject({
  /** Fewest distinct samples in a round. */
  fewestSamples: z.number().int().min(1).max(100_000).default(8),
  /** Smallest `training.batchSize` of a task. */
  smallestBatch: z.number().int().min(1).max(1024).default(8),
  /** Fewest steps of the optimiser behind an update: an update of one step is a plain gradient. */
  fewestSteps: z.number().int().min(1).max(10_000).default(1),
  /** Most steps that a task may ask for in a round. */
  mostSteps: z.number().int().min(1).max(10_000_000).default(10_000),
  /** The most exact encoding of updates that a task may ask for, by its bytes for each value. */
  finestEncoding: z.enum(names).default('int8'),
  /** Most bytes of the largest model: its parameters and its largest layer's output, in float32. */
  largestModel: z
    .number()
    .int()
    .min(1024)
    .default(8 * 1024 * 1024),
  /**
   * Largest budget of differential privacy, epsilon, that a task may have; a task without differential privacy is refused.
   * Left out: tasks with and without it are taken.
   */
  largestEpsilon: z.number().min(0.01).max(1000).optional(),
  /** `send`: a fifth of the labelled windows is held out, and updates say how good the received model is on them. `none`: neither. */
  evaluation: z.enum(['send', 'none']).default('send'),
  /** Left out, or `auto`: this gateway helps to open sums of masked updates if the coordinator chooses it. `never`: it does not. */
  helper: z.enum(['auto', 'never']).optional(),
  mostUpdatesPerHour: z.number().int().min(1).max(1_000_000).default(3600),
  /**
   * `first`: the first task is taken by itself, and a later one if it asks for no other inputs, labels or forecast, and
   * for nothing that makes updates reveal more; any other waits for a person. `ask`: the first one waits, too. `any`:
   * each task within the limits is taken.
   */
  newTask: z.enum(['first', 'ask', 'any']).default('first'),
});

/** The limits of a gateway that no task can lower. Plain data. */
export type GatewayPolicy = z.output<typeof policySchema>;

/** A policy as a person writes it: what is left out has its default. */
export type GatewayPolicyInput = z.input<typeof policySchema>;

/** A policy with its defaults. @throws FtteError `config-invalid` naming the setting, what came and what was expected */
export function gatewayPolicy(given: GatewayPolicyInput = {}): GatewayPolicy {
  const { data, issue } = checkSchema(policySchema, given);
  if (!issue) return data;
  const field = ['policy', issue.field].filter(Boolean).join('.');
  throw new FtteError('config-invalid', `${field}: ${issue.text}`, { field }, { cause: issue.cause });
}
