import { type Message, type MessageType, messageInvalid, type RoleMessageType, routes } from '../wire';

/** A term that is further ahead is no coordinator's, and no later one could follow it. */
const mostAhead = 1_000_000;

/** The terms of coordinators, as one session knows them (docs/protocol.md, "Who coordinates"). */
export class Terms {
  /** The term of the coordinator with this session; 0: there is none, or it does not hold the lease yet. */
  private own = 0;
  private highestKnown = 0;

  /** The highest term that has been seen; 0: none. */
  get highest(): number {
    return this.highestKnown;
  }

  /** The coordinator with this session holds the lease in this term. */
  lead(term: number): void {
    this.own = term;
    this.highestKnown = Math.max(this.highestKnown, term);
  }

  /** The term that a message of this session names; 0: none. */
  of(type: MessageType): number {
    if (type === 'chunk') return 0;
    if (type === 'hello') return this.highestKnown;
    return routes[type].branch === 'gw' ? 0 : this.own;
  }

  /**
   * Notes the term of a message that came.
   * @throws FtteError `message-invalid` for a message of a coordinator that has lost the lease
   */
  check(message: Message<RoleMessageType>): void {
    const { type, sender, term } = message;
    // Claims are compared by their readers.
    if (type === 'claim') {
      if (message.active && !this.isFar(term)) this.highestKnown = Math.max(this.highestKnown, term ?? 0);
      return;
    }
    if (term === undefined || routes[type].branch === 'gw') return;
    if (term < this.highestKnown || this.isFar(term))
      throw messageInvalid('term', `term is ${term}, and a coordinator has term ${this.highestKnown}`, {
        sender,
        type,
      });
    this.highestKnown = term;
  }

  private isFar(term = 0): boolean {
    return term - this.highestKnown > mostAhead;
  }
}
