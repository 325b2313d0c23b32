import type { CoordinatorStatus } from '../reports/coordinator-types';
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
  readonly seen: readonly string[];
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

  /** @param limit gateways remembered at most */
  constructor(private readonly limit: number) {}

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
    return this.setOnline(member, online);
  }

  /** An update of this gateway was accepted. */
  contributed(id: string, nowMs: number): void {
    const member = this.members.get(id);
    if (!member) return;
    member.contributions++;
    member.lastHeardMs = nowMs;
    this.changed(member);
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

  save(): SavedMember[] {
    return [...this.members.values()].map(({ id, budgetBytes, contributions, lastHeardMs, seen }) => ({
      id,
      budgetBytes,
      contributions,
      lastHeardMs,
      seen: seen.toArray(),
    }));
  }

  /** Members of a checkpoint come back offline: their presence says the rest. Members known already are kept. */
  restore(saved: readonly SavedMember[]): void {
    for (const { id, budgetBytes, contributions, lastHeardMs, seen } of saved) {
      if (this.members.has(id) || this.members.size >= this.limit) continue;
      const member = { ...newMember(id), budgetBytes, contributions, lastHeardMs, introduced: true };
      this.members.set(id, { ...member, seen: new SeenIds(idsPerGateway, seen) });
    }
    this.listed = undefined;
  }

  /** The member, made where it is missing: for contributions of a journal whose checkpoint did not know it yet. */
  ensure(id: string): Member {
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
