/** Fewest gateways of a sum that any helper opens, whatever a task asks for. */
export const fewestEver = 3;
/** Fewest gateways of a sum, if the federation has as many. */
export const usualFewest = 5;

/** Fewest helpers of a committee. */
export const fewestHelpers = 3;

/** Numbers of a committee. */
export interface CommitteeSize {
  /** m. */
  readonly helpers: number;
  /** t: helpers that open a sum together; one fewer, with the coordinator, learns nothing. */
  readonly threshold: number;
}

/**
 * q = floor((m + t - 1) / 2) + 1: signatures on a list before a helper answers. Two lists with a quorum each have t signers in
 * common, of whom t - 1 may lie, so that an honest helper has signed both; and it signs no two lists with one update.
 */
export const quorumOf = ({ helpers, threshold }: CommitteeSize): number =>
  Math.floor((helpers + threshold - 1) / 2) + 1;

/**
 * The committee for this number of gateways that can help. Undefined for fewer than three.
 *
 * | helpers | threshold | quorum | may be away |
 * | --- | --- | --- | --- |
 * | 3 | 2 | 3 | 0 |
 * | 4 | 2 | 3 | 1 |
 * | 5 | 3 | 4 | 1 |
 * | 7 | 3 | 5 | 2 |
 */
export function committeeSize(candidates: number): CommitteeSize | undefined {
  if (candidates >= 7) return { helpers: 7, threshold: 3 };
  if (candidates >= 5) return { helpers: 5, threshold: 3 };
  if (candidates >= fewestHelpers) return { helpers: candidates, threshold: 2 };
  return undefined;
}

/**
 * The reason why a gateway gives a committee no seeds: a coordinator that lies could open the sum of fewer gateways, or with fewer
 * helpers, than the table says. Undefined: the committee is as it says.
 */
export function weaknessOf({
  helpers,
  threshold,
  fewest,
}: CommitteeSize & { fewest: number }): string | undefined {
  const least = Math.min(usualFewest, helpers);
  if (fewest < least)
    return `expected sums of at least ${least} gateways for ${helpers} helpers, got ${fewest}`;
  const right = committeeSize(helpers)?.threshold;
  if (threshold !== right) return `expected a threshold of ${right} for ${helpers} helpers, got ${threshold}`;
  return undefined;
}
