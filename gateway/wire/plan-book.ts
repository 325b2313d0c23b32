import { createHash } from 'node:crypto';
import { messageInvalid } from './drop';
import type { MessageFields } from './message-fields';
import { encodePlan, type Update } from './messages';

/** The plan of an update and its lineage, as they travel. */
export interface AnnouncedPlan {
  readonly lineage: unknown;
  readonly plan: Uint8Array;
}

/** Plans that are remembered, and their bytes in all. A fleet has a few, one for each budget and choice of channels. */
const [mostPlans, mostBytes] = [512, 1024 * 1024];

/** The plans of earlier updates. Those that were not used for the longest time are forgotten first. */
export class PlanBook {
  private readonly plans = new Map<string, AnnouncedPlan>();
  private bytes = 0;

  find(id: string): AnnouncedPlan | undefined {
    const known = this.plans.get(id);
    if (!known) return undefined;
    this.plans.delete(id);
    this.plans.set(id, known);
    return known;
  }

  add(announced: AnnouncedPlan): void {
    const id = planIdOf(announced);
    if (this.find(id)) return;
    this.plans.set(id, announced);
    this.bytes += announced.plan.length;
    for (const [oldest, { plan }] of this.plans) {
      if (this.plans.size <= mostPlans && this.bytes <= mostBytes) break;
      this.plans.delete(oldest);
      this.bytes -= plan.length;
    }
  }
}

/** The id of a plan in a lineage: the first 8 bytes of the SHA-256 of lineage (8 bytes) and plan, in hex. */
export function planIdOf({ lineage, plan }: AnnouncedPlan): string {
  return createHash('sha256')
    .update(Buffer.from(String(lineage), 'hex'))
    .update(plan)
    .digest('hex')
    .slice(0, 16);
}

/** The id of the plan of an update. */
export const planIdOfUpdate = ({ lineage, plan }: Pick<Update, 'lineage' | 'plan'>): string =>
  planIdOf({ lineage, plan: encodePlan(plan) });

/**
 * The fields of an update with its plan and lineage, of which it may name the id alone.
 * @throws FtteError `message-invalid` (`plan`) if it is not known
 */
export function knownPlan(
  fields: MessageFields,
  plans: PlanBook | undefined,
  about: { readonly sender: unknown; readonly type: string; readonly id?: string },
): MessageFields {
  const { planId, plan, lineage } = fields;
  if (planId === undefined) {
    if (plan instanceof Uint8Array && typeof lineage === 'string') plans?.add({ lineage, plan });
    return fields;
  }
  const announced = typeof planId === 'string' ? plans?.find(planId) : undefined;
  if (announced) return { ...fields, ...announced };
  const sender = String(about.sender);
  throw messageInvalid('plan', `plan ${String(planId)} is not known here`, { ...about, sender });
}
