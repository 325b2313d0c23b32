import type { GatewayStatus } from '../reports';
import { MemberChanges, type MemberEvents, replayChanges } from './member-changes';
import { SeenIds } from './seen-ids';

/** Ids of accepted updates remembered per gateway, so that a repeated one is recognised. */
const idsPerGateway = 64;

/**
 * The gateways of a federation, from hello (known, with a budget) and presence (online or not), which come in any order.
 * Bounded: when it is full, the offline gateway that was silent for longest is forgotten; if all are online, a new one is
 * refused. No message costs more in a larger fleet.
 */
export class Membership {
  private readonly members = new Map<string, Member>();
  /** Members that are offline, the one that was silent for longest first. */
  private readonly offline = new Map<string, Member>();
  /** Presence of gateways without a hello (so far). */
  private readonly strangers = new Map<string, Presence>();
  private listed: readonly GatewayStatus[] | undefined;

  /**
   * @param limit gateways remembered at most
   * @param changes what has happened since all members were last written
   */
  constructor(
    private readonly limit: number,
    readonly changes = new MemberChanges(),
  ) {}

  /** The number of gateways that are online. */
  get online(): number {
    return this.members.size - this.offline.size;
  }

  get size(): number {
    return this.members.size;
  }

  get(id: string): Member | undefined {
    return this.members.get(id);
  }

  /**
   * Handles a hello. A retained one does not show that the gateway is online; a live one does.
   * @returns `full` if there is no room
   */
  hello(id: string, budgetBytes: number, retained: boolean, nowMs: number): MembershipChange | 'full' {
    let member = this.members.get(id);
    if (!member) {
      if (this.members.size >= this.limit && !this.forgetOne()) return 'full';
      member = this.add(id);
    }
    member.budgetBytes = budgetBytes;
    this.heardFrom(member, nowMs);
    this.changed(member);
    this.changes.hello(id, budgetBytes, nowMs);
    const stranger = this.strangers.get(id);
    if (stranger) member.run = stranger.run;
    const online = member.online || (stranger?.online ?? !retained);
    this.strangers.delete(id);
    return this.setOnline(member, online);
  }

  /**
   * Handles a presence. The end of a run says nothing about another run that came online meanwhile: the broker may notice
   * late that a connection has died.
   */
  presence(id: string, online: boolean, nowMs: number, run?: string): MembershipChange {
    const presence = { online, run };
    const member = this.members.get(id);
    if (!member) {
      const known = this.strangers.get(id);
      if (known ? !isLate(presence, known) : this.strangers.size < this.limit)
        this.strangers.set(id, presence);
      return undefined;
    }
    if (isLate(presence, member)) return undefined;
    member.run = run;
    this.heardFrom(member, nowMs);
    this.changes.heard(id, nowMs);
    return this.setOnline(member, online);
  }

  /** A member sent a message that is not retained: it is online, whatever its presence says. */
  heardLive(id: string, nowMs: number): MembershipChange {
    const member = this.members.get(id);
    if (!member || member.online) return undefined;
    this.heardFrom(member, nowMs);
    this.changes.heard(id, nowMs);
    return this.setOnline(member, true);
  }

  /** Counts an accepted update, whose id is known from now on. */
  accepted(id: string, update: string, nowMs: number): void {
    const member = this.ensure(id);
    member.seen.add(update);
    member.contributions++;
    this.heardFrom(member, nowMs);
    this.changed(member);
    this.changes.accepted(id, update, nowMs);
  }

  /** All members, for the status; the same array until something changes. */
  list(): readonly GatewayStatus[] {
    this.listed ??= Array.from(this.members.values(), (member) => {
      // Of ten thousand members, few have changed since the last call.
      const { id, online, budgetBytes, contributions } = member;
      member.status ??= { id, online, budgetBytes, contributions };
      return member.status;
    });
    return this.listed;
  }

  /** All members, each as it is at its turn. */
  *saved(): Generator<SavedMember> {
    for (const { id, budgetBytes, contributions, lastHeardMs, seen } of this.members.values()) {
      yield { id, budgetBytes, contributions, lastHeardMs, seen: seen.bytes };
    }
  }

  /**
   * Restores the members of a checkpoint, offline until their presence comes. Call it before anything else.
   * @throws FtteError `checkpoint-damaged` if the changes cannot be read
   */
  restore({ saved, changes }: RestoredMembers): void {
    for (const { id, seen, ...numbers } of saved) {
      if (this.members.size >= this.limit) break;
      const member = Object.assign(this.ensure(id), numbers);
      member.seen.addBytes(seen);
    }
    replayChanges(changes, this.replaying());
    this.changes.resume(changes);
    const bySilence = [...this.offline.values()].sort((a, b) => a.lastHeardMs - b.lastHeardMs);
    this.offline.clear();
    for (const member of bySilence) this.offline.set(member.id, member);
    this.listed = undefined;
  }

  /** Handlers that repeat what happened before a restart. */
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
      removed: (id) => this.remove(id),
    };
  }

  /** The member, created if it is not known: contributions of a journal may be newer than its checkpoint. */
  private ensure(id: string): Member {
    const known = this.members.get(id);
    if (known) return known;
    const member = this.add(id);
    member.introduced = true;
    this.listed = undefined;
    return member;
  }

  private add(id: string): Member {
    const member: Member = {
      id,
      online: false,
      budgetBytes: 0,
      contributions: 0,
      lastHeardMs: 0,
      introduced: false,
      run: undefined,
      status: undefined,
      seen: new SeenIds(idsPerGateway),
    };
    this.members.set(id, member);
    this.offline.set(id, member);
    return member;
  }

  private heardFrom(member: Member, nowMs: number): void {
    member.lastHeardMs = nowMs;
    if (this.offline.delete(member.id)) this.offline.set(member.id, member);
  }

  private changed(member: Member): void {
    member.status = undefined;
    this.listed = undefined;
  }

  private setOnline(member: Member, online: boolean): MembershipChange {
    if (member.online === online) return undefined;
    member.online = online;
    this.changed(member);
    if (!online) {
      this.offline.set(member.id, member);
      return 'left';
    }
    this.offline.delete(member.id);
    const change = member.introduced ? 'returned' : 'joined';
    member.introduced = true;
    return change;
  }

  /** Forgets the offline member that was silent for longest. @returns whether there was one */
  private forgetOne(): boolean {
    const [quietest] = this.offline.keys();
    if (quietest === undefined) return false;
    this.remove(quietest);
    this.changes.removed(quietest);
    return true;
  }

  private remove(id: string): void {
    this.members.delete(id);
    this.offline.delete(id);
    this.listed = undefined;
  }
}

/** Whether a gateway is connected, and the run of it that said so. */
export interface Presence {
  readonly online: boolean;
  /** Undefined if the message named none. */
  readonly run: string | undefined;
}

const isLate = ({ online, run }: Presence, known: Presence) =>
  !online && known.online && run !== undefined && known.run !== undefined && run !== known.run;

/** A gateway that the coordinator knows. */
export interface Member {
  readonly id: string;
  online: boolean;
  /** The run that came online last, as its presence names it. */
  run: string | undefined;
  budgetBytes: number;
  /** Updates accepted from it. */
  contributions: number;
  /** When its last message came, ms since the epoch. */
  lastHeardMs: number;
  /** Whether a notice has reported it as joined; coming online again is then a return. */
  introduced: boolean;
  readonly seen: SeenIds;
  /** Its entry of the status; undefined if it has changed since. */
  status: GatewayStatus | undefined;
}

/** A member as a checkpoint holds it. */
export interface SavedMember {
  readonly id: string;
  readonly budgetBytes: number;
  readonly contributions: number;
  readonly lastHeardMs: number;
  /** Ids of its newest accepted updates, oldest first, as `SeenIds` has them. */
  readonly seen: Uint8Array;
}

/** Members of a checkpoint: those that were written, and what happened afterwards (bytes of a `MemberChanges`). */
export interface RestoredMembers {
  readonly saved: readonly SavedMember[];
  readonly changes: Uint8Array;
}

/** The change that a message made, for the notice; undefined: nothing to report. */
export type MembershipChange = 'joined' | 'left' | 'returned' | undefined;
