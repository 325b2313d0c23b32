import { z } from 'zod';
import { checkSchema, FtteError, readIfThere, SerialQueue, writeAtomically } from '../../platform';
import { digestOf, sameDigest } from './digest-of';
import { limits } from './limits';
import { hashPassword, isPasswordHash, isPasswordOf } from './password-hash';
import type { MemberRole } from './topic-rights';

/** A user of the hosted broker: one gateway of a federation, or its coordinator. */
export interface BrokerUser {
  /** Unique at the broker. By convention the gateway id. */
  readonly name: string;
  readonly role: MemberRole;
}

interface Stored extends BrokerUser {
  readonly hash: string;
  /** Digest of the password, once it was right: a reconnect then costs no scrypt. */
  known: Buffer | undefined;
}

/** `busy`: too many passwords wait to be checked. `unknown`: there is no such user. */
export type PasswordVerdict = 'right' | 'wrong' | 'busy' | 'unknown';

const name = z
  .string()
  .regex(/^[A-Za-z0-9._-]{1,64}$/, 'expected 1 to 64 letters, digits, dots, dashes or underscores');
const roleSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('coordinator'), federation: name }),
  z.object({ kind: z.literal('gateway'), federation: name, gateway: name }),
]);
const userSchema = z.object({ name, role: roleSchema });
const fileSchema = z.object({
  format: z.literal(1),
  users: z
    .array(userSchema.extend({ hash: z.custom<string>(isPasswordHash, 'expected a scrypt hash') }))
    .max(limits.users),
});

/**
 * The users of a hosted broker and the hashes of their passwords, in a file that only its owner can read. Hashes are computed
 * in other threads, a few at a time.
 */
export class BrokerUsers {
  private readonly users = new Map<string, Stored>();
  private readonly writes = new SerialQueue();
  private loading: Promise<void> | undefined;
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  /** @param path of the file; absent: users are in memory only */
  constructor(private readonly path: string | undefined) {}

  /** Reads the file once. @throws FtteError `storage` naming the file, which cannot be read or is damaged */
  load(): Promise<void> {
    this.loading ??= this.read().catch((error) => {
      this.loading = undefined;
      throw error;
    });
    return this.loading;
  }

  get size(): number {
    return this.users.size;
  }

  /** All users, without their hashes. */
  list(): BrokerUser[] {
    return [...this.users.values()].map(({ name, role }) => ({ name, role }));
  }

  find(userName: string): BrokerUser | undefined {
    return this.users.get(userName);
  }

  /**
   * Adds a user, or replaces the one of this name. Resolves when it is on disk.
   * @throws FtteError `config-invalid` naming the field; `storage` if the file cannot be written: nothing has changed then
   */
  async add(user: BrokerUser, password: string): Promise<void> {
    const { data, issue } = checkSchema(userSchema, user);
    if (!data) throw invalid(issue.field || 'user', issue.text);
    if (typeof password !== 'string' || password === '')
      throw invalid('password', 'expected at least one character');
    await this.load();
    if (this.users.size >= limits.users && !this.users.has(user.name))
      throw invalid('user', `expected at most ${limits.users} users`);
    const hash = await hashPassword(password);
    await this.change(() => this.users.set(user.name, { ...data, hash, known: digestOf(password) }));
  }

  /** Removes a user at once. Resolves with whether there was one, when it is gone from the disk. @throws FtteError `storage` */
  async remove(userName: string): Promise<boolean> {
    await this.load();
    if (!this.users.delete(userName)) return false;
    await this.writes.run(() => this.write());
    return true;
  }

  /** Checks a password, in another thread if it was never right before. */
  async verify(userName: string, password: Uint8Array | string): Promise<PasswordVerdict> {
    const user = this.users.get(userName);
    if (!user) return 'unknown';
    const digest = digestOf(password);
    if (user.known) return sameDigest(user.known, digest) ? 'right' : 'wrong';
    if (this.running >= limits.checks) {
      if (this.waiting.length >= limits.waitingChecks) return 'busy';
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
    this.running++;
    try {
      const text = typeof password === 'string' ? password : Buffer.from(password).toString('utf8');
      const isRight = await isPasswordOf(user.hash, text);
      // The user may have been removed or replaced while the hash was computed.
      if (!isRight || this.users.get(userName) !== user) return 'wrong';
      user.known = digest;
      return 'right';
    } finally {
      this.running--;
      this.waiting.shift()?.();
    }
  }

  private change(action: () => void): Promise<void> {
    return this.writes.run(async () => {
      const before = [...this.users];
      action();
      try {
        await this.write();
      } catch (error) {
        this.users.clear();
        for (const [key, user] of before) this.users.set(key, user);
        throw error;
      }
    });
  }

  private async write(): Promise<void> {
    if (this.path === undefined) return;
    const users = [...this.users.values()].map(({ known: _, ...user }) => user);
    await writeAtomically(this.path, `${JSON.stringify({ format: 1, users }, null, 1)}\n`);
  }

  private async read(): Promise<void> {
    if (this.path === undefined) return;
    const bytes = await readIfThere(this.path);
    if (!bytes) return;
    for (const user of this.checked(bytes)) this.users.set(user.name, { ...user, known: undefined });
  }

  /** The users in the bytes of the file. An error quotes none of it. */
  private checked(bytes: Buffer) {
    const wrong = (why: string, cause: unknown) =>
      new FtteError(
        'storage',
        `the users of the broker in ${this.path} cannot be read: ${why}; restore the file, or delete it and add the users again`,
        { path: this.path ?? '' },
        { cause },
      );
    let content: unknown;
    try {
      content = JSON.parse(bytes.toString('utf8'));
    } catch (error) {
      throw wrong('it is not JSON', error);
    }
    const { data, issue } = checkSchema(fileSchema, content);
    if (!data) throw wrong(`the field ${issue.field || 'users'} is wrong`, issue.cause);
    return data.users;
  }
}

function invalid(field: string, text: string): FtteError {
  return new FtteError('config-invalid', `${field}: ${text}`, { field });
}
