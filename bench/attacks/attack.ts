import type { Attacker } from './attacker';
import type { Target, TargetSettings } from './target';

/** One thing that a hostile client tries on a federation at rest. */
export interface Attack {
  readonly name: string;
  readonly settings?: TargetSettings;
  /** The work of the federation before the attack; then it is at rest again. */
  readonly before?: (target: Target, attacker: Attacker) => Promise<void>;
  readonly run: (attacker: Attacker, target: Target) => Promise<void>;
  /** Beginnings of names in the fingerprint that honest members change during the attack. */
  readonly changes?: readonly string[];
  /** The attacker's gain beside changes of the federation. Undefined: nothing. */
  readonly gain?: (attacker: Attacker, target: Target) => Promise<string | undefined> | string | undefined;
}
