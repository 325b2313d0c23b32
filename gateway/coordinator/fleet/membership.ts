import type { CoordinatorStatus } from '../reports';
import { MemberChanges, type MemberEvents, replayChanges } from './member-changes';
import { SeenIds } from './seen-ids';

/** A gateway that the coordinator knows. */
export interface Member {
  readonly id: string;
  online: boolean;
  budgetBytes: number;
  /** Updates accepted from it. */
  contributions: number;
  /** When it was last heard of, ms since the epoch. */
  lastHeardMs: number;
  /** True once its coming was told; coming again is then a return. */
  introduced: boolean;
  readonly seen: SeenIds;
  /** As the state shows it; undefined where that is to be made anew. */
  shown: CoordinatorStatus['gateways'][number] | undefined;
}

/** A member as it is kept in a checkpoint. */
export interface SavedMember {
  readonly id: string;
  readonly budgetBytes: number;
  readonly contributions: number;
  readonly lastHeardMs: number;
  /** Ids of its newest accepted updates, oldest first, as `SeenIds` has them. */
  readonly seen: Uint8Array;
}

/** Members as they come back: those that were written, and what happened afterwards (bytes of a `MemberChanges`). */
export interface RestoredMembers {
  readonly saved: readonly SavedMember[];
  readonly changes: Uint8Array;
}

/** What a message changed, for the notice; undefined: nothing worth telling. */
export type MembershipChange = 'joined' | 'left' | 'returned' | undefined;

/** Ids of updates remembered for each gateway, to know one that comes again. */
const idsPerGateway = 64;

/**
 * Who takes part, from hello (known, with a budget) and presence (online or not), which come in any order. Bounded:
 * when full, the offline gateway that was silent for longest makes room; where all are online, the new one must wait.
 */
export class Membership {
  private readonly members = new Map<string, Member>();
  /** Presence of gateways that have not said hello (yet). */
  private readonly waiting = new Map<string, boolean>();
  private onlineCount = 0;
  private listed: CoordinatorStatus['gateways'] | undefined;

  /**
   * @param limit gateways remembered at most
   * @param changes what has happened since all members were written last
   */
  constructor(
    private readonly limit: number,
    readonly changes = new MemberChanges(),
  ) {}

  /** Gateways online now. */
  get online(): number {
    return this.onlineCount;
  }

  get size(): number {
    return this.members.size;
  }

  get(id: string): Member | undefined {
    return this.members.get(id);
  }

  /**
   * A hello came. One that the broker had kept says nothing about being online; a fresh one does.
   * @returns `full` where there was no room
   */
  hello(id: string, budgetBytes: number, retained: boolean, nowMs: number): MembershipChange | 'full' {
    let member = this.members.get(id);
    if (!member) {
      if (this.members.size >= this.limit && !this.makeRoom()) return 'full';
      member = newMember(id);
      this.members.set(id, member);
    }
    member.budgetBytes = budgetBytes;
    member.lastHeardMs = nowMs;
    this.changed(member);
    this.changes.hello(id, budgetBytes, nowMs);
    const online = member.online || (this.waiting.get(id) ?? !retained);
    this.waiting.delete(id);
    return this.setOnline(member, online);
  }

  /** A presence came. */
  presence(id: string, online: boolean, nowMs: number): MembershipChange {
    const member = this.members.get(id);
    if (!member) {
      if (this.waiting.size < this.limit || this.waiting.has(id)) this.waiting.set(id, online);
      return undefined;
    }
    member.lastHeardMs = nowMs;
    this.changes.heard(id, nowMs);
    return this.setOnline(member, online);
  }

  /** An update of this gateway was accepted: it is known from here on. */
  accepted(id: string, update: string, nowMs: number): void {
    const member = this.ensure(id);
    member.seen.add(update);
    member.contributions++;
    member.lastHeardMs = nowMs;
    this.changed(member);
    this.changes.accepted(id, update, nowMs);
  }

  /** All members, for the state; the same array until something changes. */
  list(): CoordinatorStatus['gateways'] {
    this.listed ??= Array.from(this.members.values(), (member) => {
      // Of ten thousand, few have changed since the last time.
      const { id, online, budgetBytes, contributions } = member;
      member.shown ??= { id, online, budgetBytes, contributions };
      return member.shown;
    });
    return this.listed;
  }

  /** All members as they are when each one's turn comes. */
  *saved(): Generator<SavedMember> {
    for (const { id, budgetBytes, contributions, lastHeardMs, seen } of this.members.values()) {
      yield { id, budgetBytes, contributions, lastHeardMs, seen: seen.bytes };
    }
  }

  /**
   * Members of a checkpoint come back offline: their presence says the rest. Before anything else.
   * @throws FtteError `checkpoint-damaged` where the changes are none
   */
  restore({ saved, changes }: RestoredMembers): void {
    for (const { id, seen, ...numbers } of saved) {
      if (this.members.size >= this.limit) break;
      const member = Object.assign(this.ensure(id), numbers);
      member.seen.addBytes(seen);
    }
    replayChanges(changes, this.replaying());
    this.changes.resume(changes);
    this.listed = undefined;
  }

  /** What happened before a restart, happening once more. */
  private replaying(): MemberEvents {
    return {
      hello: (id, budgetBytes, lastHeardMs) => {
        if (this.members.has(id) || this.members.size < this.limit) {
          Object.assign(this.ensure(id), { budgetBytes, lastHeardMs });
        }
      },
      heard: (id, nowMs) => {
        const member = this.members.get(id);
        if (member) member.lastHeardMs = nowMs;
      },
      accepted: (id, update, nowMs) => this.accepted(id, update, nowMs),
      removed: (id) => void this.members.delete(id),
    };
  }

  /** The member, made where it is missing: for contributions of a journal whose checkpoint did not know it yet. */
  private ensure(id: string): Member {
    const known = this.members.get(id);
    if (known) return known;
    const member = { ...newMember(id), introduced: true };
    this.members.set(id, member);
    this.listed = undefined;
    return member;
  }

  private changed(member: Member): void {
    member.shown = undefined;
    this.listed = undefined;
  }

  private setOnline(member: Member, online: boolean): MembershipChange {
    if (member.online === online) return undefined;
    member.online = online;
    this.onlineCount += online ? 1 : -1;
    this.changed(member);
    if (!online) return 'left';
    const change = member.introduced ? 'returned' : 'joined';
    member.introduced = true;
    return change;
  }

  private makeRoom(): boolean {
    let quietest: Member | undefined;
    for (const member of this.members.values()) {
      if (!member.online && (!quietest || member.lastHeardMs < quietest.lastHeardMs)) quietest = member;
    }
    if (!quietest) return false;
    this.members.delete(quietest.id);
    this.changes.removed(quietest.id);
    return true;
  }
}

function newMember(id: string): Member {
  return {
    id,
    online: false,
    budgetBytes: 0,
    contributions: 0,
    lastHeardMs: 0,
    introduced: false,
    shown: undefined,
    seen: new SeenIds(idsPerGateway),
  };
}
