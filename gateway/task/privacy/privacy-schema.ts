import { z } from 'zod';

/** Budget of a gateway: the larger, the more its updates may reveal. Nothing of it is used when the budget is spent. */
const epsilon = z.number().min(0.01).max(1000).default(8);
/** Norm to which something is clipped. */
const clip = z.union([z.literal('auto'), z.number().positive().max(1000)]).default('auto');
const delta = z.number().min(1e-10).max(1e-4).default(1e-5);

/**
 * Each gateway clips the gradient of each sample and adds noise before anything leaves it, so that its updates reveal little
 * about any one window, to the coordinator, too.
 */
export const recordPrivacySchema = z.strictObject({
  level: z.literal('record'),
  epsilon,
  /** Probability with which an update may reveal more than epsilon says; below one in the number of samples. */
  delta,
  /** Norm to which the gradient of a sample is clipped. `auto`: 1. */
  clip,
  /** Rounds that the budget shall last for: more rounds need more noise in each. */
  rounds: z.number().int().min(1).max(1_000_000).default(100),
});

/**
 * The coordinator, which is trusted, clips each update and adds noise to each version, so that the versions reveal little
 * about all of what one gateway has sent. For large fleets.
 */
export const gatewayPrivacySchema = z.strictObject({
  level: z.literal('gateway'),
  epsilon,
  /** Probability with which the versions may reveal more than epsilon says; below one in the number of gateways. */
  delta,
  /** Norm to which an update is clipped, by its gateway and again by the coordinator. `auto`: 0.5. */
  clip,
  /** Updates of a gateway that are used at most: more of them need more noise in each version. */
  contributions: z.number().int().min(1).max(100_000).default(20),
  /**
   * Versions from one use of a gateway to its next, at least. Noise of that number of versions is correlated, so that most of it
   * cancels out. `auto`: by the number of gateways.
   */
  separation: z.union([z.literal('auto'), z.number().int().min(1).max(1000)]).default('auto'),
});

/** Settings of differential privacy: `privacy` of a task. Left out: there is none. */
export const privacySchema = z.discriminatedUnion('level', [recordPrivacySchema, gatewayPrivacySchema]);
