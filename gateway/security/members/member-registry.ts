import { type Clock, yieldToEventLoop } from '../../platform';
import { isBrokerPassword, readBrokerUser } from '../invitation/broker-login';
import type { Invitation } from '../invitation/invitation';
import { InvitationBook, type InvitationRecord } from '../invitation/invitation-book';
import { PublicKey } from '../keys/public-key';
import type { VerifiedHello } from '../pair/hello';
import { SecurityError } from '../rules/security-error';
import { hexOf } from '../text/bytes';
import { HelloOrder } from './hello-order';
import { type Entry, type Member, memberOf, recordOf } from './member-entry';
import type { MemberRecord, MembershipStore } from './membership-store';

/** Options of a `MemberRegistry`. */
export interface MemberRegistryOptions {
  readonly federation: string;
  /** The coordinator's own key. */
  readonly coordinator: PublicKey;
  readonly store: MembershipStore;
  readonly clock: Clock;
}

/** Records that are made between two turns of the event loop. */
const recordsAtATime = 128;

/**
 * The members of a federation at its coordinator: who they are, and whether a message of theirs counts. A key joins by an
 * invitation, and its id belongs to it from then on.
 */
export class MemberRegistry {
  private readonly entries = new Map<string, Entry>();
  /** The id of each key, by fingerprint. */
  private readonly ids = new Map<string, string>();
  /** Ids that are joining: their records are being written. */
  private readonly joining = new Map<string, Promise<unknown>>();
  private readonly changed = new Set<string>();
  private readonly book: InvitationBook;

  private constructor(
    private readonly options: MemberRegistryOptions,
    members: readonly MemberRecord[],
    invitations: readonly InvitationRecord[],
  ) {
    this.book = new InvitationBook(invitations);
    for (const { run, ...record } of members)
      this.put({
        record,
        key: PublicKey.of(record.publicKey),
        order: new HelloOrder(run),
      });
  }

  /** The registry with what its store holds. */
  static async open(options: MemberRegistryOptions): Promise<MemberRegistry> {
    const { members, invitations } = await options.store.load();
    return new MemberRegistry(options, members, invitations);
  }

  /** All members, revoked ones included, in the order in which they joined. */
  get members(): readonly Member[] {
    return [...this.entries.values()].map(memberOf);
  }

  get invitations(): readonly InvitationRecord[] {
    return this.book.all;
  }

  member(id: string): Member | undefined {
    const entry = this.entries.get(id);
    return entry && memberOf(entry);
  }

  /**
   * Takes a hello: of a member, or of a gateway that joins now by its invitation. Resolves when a new member is on disk.
   * @throws SecurityError `not-a-member`, `other-key`, `revoked`, `hello-old`, `second-machine`, or as `InvitationBook.use`;
   * FtteError `storage`
   */
  async admit(hello: VerifiedHello): Promise<{ readonly member: Member; readonly joined: boolean }> {
    const { gateway } = hello;
    // Nothing is awaited unless the gateway is joining already: two hellos at a time would both use the invitation.
    for (let other = this.joining.get(gateway); other; other = this.joining.get(gateway))
      await other.catch(() => undefined);
    const entry = this.entries.get(gateway);
    if (entry?.key.equals(hello.key) && entry.record.revokedMs === undefined) {
      entry.order.check(hello);
      entry.order.take(hello);
      this.touch(entry);
      await this.renew(entry, hello);
      return { member: memberOf(entry), joined: false };
    }
    if (entry && entry.record.revokedMs === undefined)
      throw new SecurityError(
        'other-key',
        `${gateway} said hello with the key ${hello.key}, expected ${entry.key}. If it is a new machine, or its key was ` +
          'lost, revoke the member and invite it again; otherwise somebody else uses its id',
        { gateway, fingerprint: hello.key.fingerprint, expected: entry.key.fingerprint },
      );
    if (entry && !hello.invitation)
      throw new SecurityError('revoked', `${gateway} was revoked. Readmit it, or invite it again`, {
        gateway,
      });
    const own = this.ids.get(hello.key.fingerprint);
    if (own !== undefined && own !== gateway)
      throw new SecurityError(
        'other-key',
        `${gateway} has the key of the member ${own}. A machine keeps its id: name it ${own}, or give it a new key`,
        { gateway, fingerprint: hello.key.fingerprint },
      );
    const joined = this.join(hello);
    this.joining.set(gateway, joined);
    try {
      return { member: memberOf(await joined), joined: true };
    } finally {
      if (this.joining.get(gateway) === joined) this.joining.delete(gateway);
    }
  }

  /**
   * The member of this id, if its messages count.
   * @throws SecurityError `not-a-member`, `revoked` (P-27)
   */
  requireActive(id: string): Member {
    return memberOf(this.active(id));
  }

  /**
   * The gateway whose user at a hosted broker has this name and password (P-34). Undefined if there is none, it is revoked,
   * or it is no member and its invitation cannot be used any more.
   */
  brokerUser(user: string, password: string): string | undefined {
    const named = readBrokerUser(user);
    const record = named && this.book.get(named.invitation);
    if (!record) return undefined;
    const { gateway } = named;
    const { federation, clock } = this.options;
    if (!isBrokerPassword(password, record, federation, gateway)) return undefined;
    const member = this.entries.get(gateway)?.record;
    if (member?.invitation === record.id && member.revokedMs === undefined) return gateway;
    const isUsable = record.usesLeft > 0 && clock.now() < record.expiresMs;
    const isLater = member?.revokedMs === undefined || record.madeMs > member.revokedMs;
    const isForIt = record.suggestedId === undefined || record.suggestedId === gateway;
    return isUsable && isLater && isForIt ? gateway : undefined;
  }

  /**
   * Ends a membership, from this moment on. The group key has to change (P-22). If the invitation that it joined with has
   * uses left, its owner could join with another key: withdraw it.
   * @throws SecurityError `not-a-member`; FtteError `storage`: it is revoked nevertheless, and `flush` writes it
   */
  async revoke(id: string, note?: string): Promise<Member> {
    const entry = this.known(id);
    const { clock } = this.options;
    entry.record = { ...entry.record, revokedMs: clock.now(), ...(note !== undefined && { note }) };
    return this.written(entry);
  }

  /** Lets a revoked member back in with the same key. @throws SecurityError `not-a-member`; FtteError `storage` */
  async readmit(id: string): Promise<Member> {
    const entry = this.known(id);
    const revoked = entry.record;
    const { revokedMs: _, ...record } = revoked;
    entry.record = record;
    try {
      return await this.written(entry);
    } catch (error) {
      entry.record = revoked;
      throw error;
    }
  }

  /** @throws as `revoke` */
  async setNote(id: string, note: string): Promise<Member> {
    const entry = this.known(id);
    entry.record = { ...entry.record, note };
    return this.written(entry);
  }

  /** Notes an invitation. Resolves when it is on disk; its text must not be shown before. @throws FtteError `storage` */
  async invite(invitation: Invitation, note?: string): Promise<InvitationRecord> {
    const record = this.book.add(invitation, this.options.clock.now(), note);
    await this.options.store.save({ invitations: [record] });
    return record;
  }

  /** Ends an invitation. @returns whether there was one of this id */
  async withdraw(id: string): Promise<boolean> {
    const record = this.book.withdraw(id);
    if (record) await this.options.store.save({ invitations: [record] });
    return record !== undefined;
  }

  /** Writes the members that have changed: when they were seen, and runs. @throws FtteError `storage` */
  async flush(): Promise<void> {
    const ids = [...this.changed];
    if (ids.length === 0) return;
    this.changed.clear();
    try {
      const members: MemberRecord[] = [];
      for (const [i, id] of ids.entries()) {
        const entry = this.entries.get(id);
        if (entry) members.push(recordOf(entry));
        // After a restart all members of a large federation have changed.
        if (i % recordsAtATime === recordsAtATime - 1) await yieldToEventLoop();
      }
      await this.options.store.save({ members });
    } catch (error) {
      for (const id of ids) this.changed.add(id);
      throw error;
    }
  }

  /**
   * Notes another invitation of a member, such as one with the new address of the broker: its login goes with it. An
   * invitation that cannot be used changes nothing.
   */
  private async renew(entry: Entry, { gateway, key, invitation }: VerifiedHello): Promise<void> {
    if (!invitation || hexOf(invitation.id) === entry.record.invitation) return;
    const { federation, coordinator, clock, store } = this.options;
    const before = entry.record;
    let used: InvitationRecord;
    try {
      used = this.book.use(invitation, { federation, gateway, key, coordinator }, clock.now());
    } catch {
      return;
    }
    entry.record = { ...before, invitation: used.id };
    try {
      await store.save({ members: [recordOf(entry)], invitations: [used] });
    } catch {
      // The member stays what it was, and proves it again with its next hello.
      this.book.giveBack(used.id);
      entry.record = { ...entry.record, invitation: before.invitation };
    }
  }

  private async join(hello: VerifiedHello): Promise<Entry> {
    const { federation, coordinator, clock, store } = this.options;
    const { gateway, key, invitation } = hello;
    if (!invitation)
      throw new SecurityError(
        'not-a-member',
        `${gateway} with the key ${key} is no member, and has no invitation. Make one for it`,
        { gateway, fingerprint: key.fingerprint },
      );
    const now = clock.now();
    const before = this.entries.get(gateway);
    // A member that joins again with its key keeps the order of its hellos.
    const same = before?.key.equals(key) ? before : undefined;
    same?.order.check(hello);
    const applicant = { federation, gateway, key, coordinator, revokedMs: before?.record.revokedMs };
    const used = this.book.use(invitation, applicant, now);
    const order = same?.order ?? new HelloOrder();
    order.take(hello);
    const entry: Entry = {
      record: {
        id: gateway,
        publicKey: Uint8Array.from(key.bytes),
        sinceMs: now,
        lastSeenMs: now,
        note: used.note,
        invitation: used.id,
      },
      key,
      order,
    };
    // The key is taken from now on, also while the record is being written.
    this.ids.set(key.fingerprint, gateway);
    try {
      await store.save({ members: [recordOf(entry)], invitations: [used] });
    } catch (error) {
      this.book.giveBack(used.id);
      if (!same) this.ids.delete(key.fingerprint);
      throw error;
    }
    this.put(entry);
    return entry;
  }

  private put(entry: Entry): void {
    const before = this.entries.get(entry.record.id);
    if (before) this.ids.delete(before.key.fingerprint);
    this.entries.set(entry.record.id, entry);
    this.ids.set(entry.key.fingerprint, entry.record.id);
  }

  private known(id: string): Entry {
    const entry = this.entries.get(id);
    if (!entry) throw new SecurityError('not-a-member', `${id} is no member`, { gateway: id });
    return entry;
  }

  private active(id: string): Entry {
    const entry = this.known(id);
    if (entry.record.revokedMs !== undefined)
      throw new SecurityError('revoked', `${id} was revoked. Readmit it, or invite it again`, {
        gateway: id,
      });
    return entry;
  }

  private touch(entry: Entry): void {
    entry.record = { ...entry.record, lastSeenMs: this.options.clock.now() };
    this.changed.add(entry.record.id);
  }

  private async written(entry: Entry): Promise<Member> {
    this.changed.add(entry.record.id);
    await this.flush();
    return memberOf(entry);
  }
}
