import { SecurityError, type SignedPresence } from '../../security';
import type { Delivery } from '../../transport';

/** A place in the order of a gateway's presences. */
type Mark = Pick<SignedPresence, 'run' | 'number'>;

/**
 * The order of each member's presences at the coordinator (P-31). What counts begins with the hello of a gateway to this run of
 * the coordinator: so a presence that was recorded has no effect, and one that the broker kept has none before the gateway is
 * there.
 */
export class PresenceOrder {
  /** The newest presence of each gateway that has said hello. */
  private readonly marks = new Map<string, Mark>();
  /** The newest presence of each gateway whose hello has not come. */
  private readonly waiting = new Map<string, { readonly mark: Mark; readonly delivery: Delivery }>();

  /**
   * @returns whether it counts now, otherwise it waits for the hello; and whether it has not come before
   * @throws SecurityError `presence-old` for one that is not the newest
   */
  take(
    gateway: string,
    { run, number }: Mark,
    delivery: Delivery,
  ): { readonly counts: boolean; readonly isNew: boolean } {
    const mark = this.marks.get(gateway);
    const known = run === mark?.run ? mark : (this.waiting.get(gateway)?.mark ?? mark);
    if (known && (run < known.run || (run === known.run && number < known.number)))
      throw new SecurityError('presence-old', `an earlier presence of ${gateway} came again`);
    const counts = run === mark?.run;
    if (counts) this.marks.set(gateway, { run, number });
    else this.waiting.set(gateway, { mark: { run, number }, delivery });
    return { counts, isNew: run !== known?.run || number !== known.number };
  }

  /** A hello of the gateway was accepted. @returns the presence that waits for it */
  introduced(gateway: string, { run, number }: Mark): Delivery | undefined {
    const mark = this.marks.get(gateway);
    if (!mark || run > mark.run || number > mark.number) this.marks.set(gateway, { run, number });
    const waiting = this.waiting.get(gateway);
    if (!waiting || waiting.mark.run > run) return undefined;
    this.waiting.delete(gateway);
    return waiting.delivery;
  }
}
