import { z } from 'zod';

/** Settings of differential privacy: `privacy` of a task. Left out: there is none. */
export const privacySchema = z.strictObject({
  /**
   * `record`: each gateway clips the gradient of each sample and adds noise before anything leaves it, so that its updates
   * reveal little about any one window, to the coordinator, too.
   */
  level: z.literal('record'),
  /** Budget of a gateway: the larger, the more its updates may reveal. Its rounds end when the budget is spent. */
  epsilon: z.number().min(0.01).max(1000).default(8),
  /** Probability with which an update may reveal more than epsilon says; below one in the number of samples. */
  delta: z.number().min(1e-10).max(1e-4).default(1e-5),
  /** Norm to which the gradient of a sample is clipped. `auto`: 1. */
  clip: z.union([z.literal('auto'), z.number().positive().max(1000)]).default('auto'),
  /** Rounds that the budget shall last for: more rounds need more noise in each. */
  rounds: z.number().int().min(1).max(1_000_000).default(100),
});
