import type { GatewayStatus } from '../reports';
import { MemberChanges, type MemberEvents, replayChanges } from './member-changes';
import { SeenUpdates, type UpdateName } from './seen-updates';

/**
 * The gateways of a federation, from hello (known, with a budget) and presence (online or not), which come in any order.
 * Bounded: when it is full, the offline gateway that was silent for longest is forgotten, first of those that have
 * contributed nothing. One whose contributions might count again if they came again is never forgotten. If there is
 * nobody to forget, a new one is refused. No message costs more in a larger fleet.
 */
export class Membership {
  /** Learns of a member that was forgotten because there are too many. */
  onForgotten: ((gateway: string) => void) | undefined;
  private readonly members = new Map<string, Member>();
  /** Members that are offline and have contributed nothing, the one that was silent for longest first. */
  private readonly guests = new Map<string, Member>();
  /** Members that are offline and have contributed, in the same order. */
  private readonly contributors = new Map<string, Member>();
  /** The newest version at the first hello: contributions of an earlier run may be as new. */
  private firstVersion: number | undefined;
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
    return this.members.size - this.guests.size - this.contributors.size;
  }

  get size(): number {
    return this.members.size;
  }

  get(id: string): Member | undefined {
    return this.members.get(id);
  }

  /**
   * Handles a hello. It does not show that the gateway is online, because anybody can send many under many names.
   * @param newest decides whose contributions may still be sent again
   * @returns `full` if there is no room
   */
  hello(
    id: string,
    budgetBytes: number,
    nowMs: number,
    newest: NewestVersion = { version: 0, maxAge: 0 },
  ): MembershipChange | 'full' {
    let member = this.members.get(id);
    this.firstVersion ??= newest.version;
    if (!member) {
      if (this.members.size >= this.limit && !this.forgetOne(newest)) return 'full';
      member = this.add(id);
    }
    member.budgetBytes = budgetBytes;
    this.heardFrom(member, nowMs);
    this.changes.hello(id, budgetBytes, nowMs);
    const stranger = this.strangers.get(id);
    if (stranger) member.run = stranger.run;
    this.strangers.delete(id);
    member.connected ||= stranger?.online ?? false;
    member.isAway = false;
    return this.setOnline(member);
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
    member.connected = online;
    return this.setOnline(member);
  }

  /**
   * A gateway trains no more, although it may stay connected, until its next hello. The end of a run says nothing about
   * another run that has introduced itself.
   */
  leaves(id: string, instance: string, nowMs: number): MembershipChange {
    const member = this.members.get(id);
    if (!member || (member.introducedBy ?? instance) !== instance) return undefined;
    member.introducedBy = undefined;
    member.isAway = true;
    this.heardFrom(member, nowMs);
    this.changes.heard(id, nowMs);
    return this.setOnline(member);
  }

  /** Notes whether a member takes the task. @param reason in its own words; undefined: it does */
  refusing(id: string, reason: string | undefined): void {
    const member = this.members.get(id);
    if (!member || member.refuses === reason) return;
    member.refuses = reason;
    this.changed(member);
  }

  /**
   * Notes the run of a live hello.
   * @returns whether another run introduced itself before, of which no end is known
   */
  introducedAs(id: string, instance: string): boolean {
    const member = this.members.get(id);
    if (!member) return false;
    const before = member.introducedBy;
    member.introducedBy = instance;
    return before !== undefined && before !== instance && member.online;
  }

  /** A member sent a message that is not retained: it is online, whatever its presence says. */
  heardLive(id: string, nowMs: number): MembershipChange {
    const member = this.members.get(id);
    if (!member || member.online) return undefined;
    this.heardFrom(member, nowMs);
    this.changes.heard(id, nowMs);
    member.connected = true;
    member.isAway = false;
    return this.setOnline(member);
  }

  /** Counts an accepted update, which is known from now on. @param version the newest one at this time */
  accepted(id: string, update: UpdateName, nowMs: number, version?: number): void {
    const member = this.ensure(id);
    this.guests.delete(id);
    member.seen.add(update);
    member.contributions++;
    member.newestVersion = version;
    if (!member.online) this.contributors.set(id, member);
    this.heardFrom(member, nowMs);
    this.changes.accepted(id, update, nowMs);
  }

  /** All members, for the status; the same array until something changes. */
  list(): readonly GatewayStatus[] {
    this.listed ??= Array.from(this.members.values(), (member) => {
      // Of ten thousand members, few have changed since the last call.
      const { id, online, budgetBytes, contributions, lastHeardMs, refuses } = member;
      const refusal = refuses === undefined ? {} : { refuses };
      member.status ??= { id, online, budgetBytes, contributions, lastHeardMs, ...refusal };
      return member.status;
    });
    return this.listed;
  }

  /** All members, each as it is at its turn. */
  *saved(): Generator<SavedMember> {
    for (const { id, budgetBytes, contributions, lastHeardMs, seen } of this.members.values()) {
      const { ids, counters } = seen;
      yield { id, budgetBytes, contributions, lastHeardMs, seen: ids.bytes, ...(counters && { counters }) };
    }
  }

  /**
   * Restores the members of a checkpoint, offline until their presence comes. Call it before anything else.
   * @throws FtteError `checkpoint-damaged` if the changes cannot be read
   */
  restore({ saved, changes }: RestoredMembers): void {
    for (const { id, seen, counters, ...numbers } of saved) {
      if (this.members.size >= this.limit) break;
      const member = Object.assign(this.ensure(id), numbers);
      member.seen.restore(seen, counters);
    }
    replayChanges(changes, this.replaying());
    this.changes.resume(changes);
    const bySilence = [...this.members.values()].sort((a, b) => a.lastHeardMs - b.lastHeardMs);
    this.guests.clear();
    this.contributors.clear();
    for (const member of bySilence) this.queueOf(member).set(member.id, member);
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
      connected: false,
      isAway: false,
      budgetBytes: 0,
      contributions: 0,
      lastHeardMs: 0,
      introduced: false,
      run: undefined,
      introducedBy: undefined,
      status: undefined,
      seen: new SeenUpdates(),
    };
    this.members.set(id, member);
    this.guests.set(id, member);
    return member;
  }

  private heardFrom(member: Member, nowMs: number): void {
    member.lastHeardMs = nowMs;
    this.changed(member);
    const queue = this.queueOf(member);
    if (queue.delete(member.id)) queue.set(member.id, member);
  }

  private changed(member: Member): void {
    member.status = undefined;
    this.listed = undefined;
  }

  private setOnline(member: Member): MembershipChange {
    const online = member.connected && !member.isAway;
    if (member.online === online) return undefined;
    member.online = online;
    this.changed(member);
    if (!online) {
      this.queueOf(member).set(member.id, member);
      return 'left';
    }
    this.queueOf(member).delete(member.id);
    const change = member.introduced ? 'returned' : 'joined';
    member.introduced = true;
    return change;
  }

  private queueOf({ contributions }: Member): Map<string, Member> {
    return contributions > 0 ? this.contributors : this.guests;
  }

  /**
   * Forgets an offline member: the one that was silent for longest of those without a contribution, else of those whose
   * contributions are all too old to count again if they came again.
   * @returns whether there was one
   */
  private forgetOne({ version, maxAge }: NewestVersion): boolean {
    const quietest =
      this.guests.keys().next().value ??
      firstOf(
        this.contributors,
        ({ newestVersion = this.firstVersion ?? 0 }) => version - newestVersion > maxAge,
      );
    if (quietest === undefined) return false;
    this.remove(quietest);
    this.changes.removed(quietest);
    this.onForgotten?.(quietest);
    return true;
  }

  private remove(id: string): void {
    this.members.delete(id);
    this.guests.delete(id);
    this.contributors.delete(id);
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
  /** Connected, and not away. */
  online: boolean;
  /** Its connection is up. */
  connected: boolean;
  /** Its last hello says that it trains no more. */
  isAway: boolean;
  /** The run that came online last, as its presence names it. */
  run: string | undefined;
  /** The run that introduced itself last, as its hello names it. */
  introducedBy: string | undefined;
  budgetBytes: number;
  /** Why it does not take the task, as its last hello says; undefined: it does. */
  refuses?: string | undefined;
  /** Updates accepted from it. */
  contributions: number;
  /** The newest version when the last of them was accepted; undefined if that was before a restart. */
  newestVersion?: number | undefined;
  /** When its last message came, ms since the epoch. */
  lastHeardMs: number;
  /** Whether a notice has reported it as joined; coming online again is then a return. */
  introduced: boolean;
  readonly seen: SeenUpdates;
  /** Its entry of the status; undefined if it has changed since. */
  status: GatewayStatus | undefined;
}

/** A member as a checkpoint holds it. */
export interface SavedMember {
  readonly id: string;
  readonly budgetBytes: number;
  readonly contributions: number;
  readonly lastHeardMs: number;
  /** Ids of its newest accepted updates without a counter, oldest first, as `SeenIds` has them. */
  readonly seen: Uint8Array;
  /** The counters of the others, as `CounterWindow` has them. Absent: there are none. */
  readonly counters?: Uint8Array;
}

/** Members of a checkpoint: those that were written, and what happened afterwards (bytes of a `MemberChanges`). */
export interface RestoredMembers {
  readonly saved: readonly SavedMember[];
  readonly changes: Uint8Array;
}

/** The newest version, and the largest age of a contribution that is accepted. */
export interface NewestVersion {
  readonly version: number;
  readonly maxAge: number;
}

/** Members that are looked at when one has to go. */
const mostLooks = 16;

/** The id of the first member that fits, among the first few. */
function firstOf(
  members: ReadonlyMap<string, Member>,
  fits: (member: Member) => boolean,
): string | undefined {
  let looks = 0;
  for (const [id, member] of members) {
    if (fits(member)) return id;
    if (++looks >= mostLooks) return undefined;
  }
  return undefined;
}

/** The change that a message made, for the notice; undefined: nothing to report. */
export type MembershipChange = 'joined' | 'left' | 'returned' | undefined;
