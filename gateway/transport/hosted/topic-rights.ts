/**
 * The rights of the users of a federation's broker: one table, from which the hosted broker, the rules for other brokers
 * (`ftte acl`) and docs/protocol.md derive.
 */

/** A user of a federation: its coordinator, or one gateway. */
export type MemberRole =
  | { readonly kind: 'coordinator'; readonly federation: string }
  | { readonly kind: 'gateway'; readonly federation: string; readonly gateway: string };

/** The right to publish on topics (`write`), to receive what is published there (`read`), or both. */
export interface TopicRight {
  readonly access: 'read' | 'write' | 'readwrite';
  /** A filter of MQTT. */
  readonly filter: string;
}

/** The topics of all federations. */
const everything = 'ftte/v1';

/**
 * The rights of each kind of user. `{federation}` and `{gateway}` stand for the names; a broker with one user per gateway
 * calls the user as its gateway.
 */
export const rightsTable: Readonly<Record<MemberRole['kind'], readonly TopicRight[]>> = {
  gateway: [
    { access: 'write', filter: `${everything}/{federation}/gw/{gateway}/#` },
    { access: 'read', filter: `${everything}/{federation}/to/{gateway}/#` },
    { access: 'read', filter: `${everything}/{federation}/all/#` },
  ],
  coordinator: [{ access: 'readwrite', filter: `${everything}/{federation}/#` }],
};

class Filter {
  private readonly levels: readonly string[];

  constructor(filter: string) {
    this.levels = filter.split('/');
  }

  /** Whether this filter matches each topic that the other one can match; a topic is a filter without wildcards. */
  covers(other: string): boolean {
    const levels = other.split('/');
    for (const [i, level] of this.levels.entries()) {
      if (level === '#') return levels.length >= i;
      const theirs = levels[i];
      if (theirs === undefined || theirs === '#') return false;
      if (level !== '+' && level !== theirs) return false;
    }
    return levels.length === this.levels.length;
  }
}

/** Rights of one user, ready to be asked for each message. */
export class TopicRights {
  private readonly writable: readonly Filter[];
  private readonly readable: readonly Filter[];

  constructor(rights: readonly TopicRight[]) {
    const having = (access: 'read' | 'write') =>
      rights
        .filter((right) => right.access === access || right.access === 'readwrite')
        .map(({ filter }) => new Filter(filter));
    this.writable = having('write');
    this.readable = having('read');
  }

  static of(role: MemberRole): TopicRights {
    return new TopicRights(
      rightsTable[role.kind].map(({ access, filter }) => ({
        access,
        filter: filledIn(filter, role.federation, role.kind === 'gateway' ? role.gateway : ''),
      })),
    );
  }

  /** The rights to all federations: of the process that hosts the broker, and of whoever has the one password for all. */
  static readonly all = new TopicRights([{ access: 'readwrite', filter: `${everything}/#` }]);

  mayPublish(topic: string): boolean {
    return this.writable.some((filter) => filter.covers(topic));
  }

  mayReceive(topic: string): boolean {
    return this.readable.some((filter) => filter.covers(topic));
  }

  /** Whether everything that the filter can match may be received. */
  maySubscribe(filter: string): boolean {
    return this.mayReceive(filter);
  }
}

/** A filter of the table with names in the places for them. */
export function filledIn(filter: string, federation: string, gateway: string): string {
  return filter.replace('{federation}', federation).replace('{gateway}', gateway);
}

/** Whether the filter matches topics below `gw`, on which all gateways write to their coordinator. */
export function readsGateways(filter: string): boolean {
  const levels = filter.split('/');
  return levels.slice(0, 4).includes('#') || levels[3] === 'gw' || levels[3] === '+';
}
