import { type Ack, planIdOfUpdate, type Update } from '../../wire';

/** The plans that the present coordinator has read: an update names such a plan by its id. */
export class KnownPlans {
  /** The ids of the plans of waiting updates that were made in this run; the others go with their plan. */
  private readonly waiting = new Map<string, string>();
  private readonly known = new Set<string>();

  /** Notes an update that is to be sent. */
  add(update: Update): void {
    this.waiting.set(update.id, planIdOfUpdate(update));
  }

  /** Whether the coordinator knows the plan of the update with this id. */
  has(id: string): boolean {
    return this.known.has(this.waiting.get(id) ?? '');
  }

  /** A coordinator that has judged an update knows its plan from now on. */
  judged({ id, reason }: Ack): void {
    const plan = this.waiting.get(id);
    this.waiting.delete(id);
    if (plan !== undefined && reason !== 'malformed') this.known.add(plan);
  }

  /** The coordinator is another one, or has forgotten a plan: it may know none. */
  forget(): void {
    this.known.clear();
  }

  /** Drops the updates that do not wait any more. */
  prune(isWaiting: (id: string) => boolean): void {
    for (const id of this.waiting.keys()) if (!isWaiting(id)) this.waiting.delete(id);
  }
}
