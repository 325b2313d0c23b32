import type { TaskPrivacy } from './levels';

/** A setting of privacy by which a task protects less, or something else, than another one. */
export interface WeakerPrivacy {
  readonly field: string;
  readonly got: string | number;
  readonly was: string | number;
  /** Whether less than `was` is fine, too. */
  readonly isLimit: boolean;
}

/**
 * The first setting of privacy by which a task protects less than another one did; undefined: there is none. Another level is one
 * in both directions: noise of gateways hides records from the coordinator, and noise of a coordinator hides a gateway from the others.
 */
export function weakerPrivacy(
  got: TaskPrivacy['privacy'],
  was: TaskPrivacy['privacy'],
): WeakerPrivacy | undefined {
  if (!was) return undefined;
  if (!got) return { field: 'privacy', got: 'none', was: was.level, isLimit: false };
  if (got.level !== was.level)
    return { field: 'privacy.level', got: got.level, was: was.level, isLimit: false };
  for (const field of ['epsilon', 'delta'] as const)
    if (got[field] > was[field])
      return { field: `privacy.${field}`, got: got[field], was: was[field], isLimit: true };
  return undefined;
}
