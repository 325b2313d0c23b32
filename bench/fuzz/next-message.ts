import type { HostileMessage, MessageMutator } from './mutations';

/**
 * Messages of a run: in the plain form whoever may publish is believed, so that a message which is valid in spite of its
 * mutation may change the model. `broken` leaves those out, `valid` sends them only, and must not crash.
 */
export type FuzzKind = 'any' | 'broken' | 'valid';

/** The next message of this kind. */
export function nextOf(mutator: MessageMutator, kind: FuzzKind): HostileMessage {
  for (;;) {
    const message = mutator.next();
    if (kind === 'any') return message;
    const type = mutator.typeOf(message);
    // A coordinator steps back for the claim of another one: an attack of its own.
    if (kind === 'broken' ? type === undefined : type !== undefined && type !== 'claim') return message;
  }
}
