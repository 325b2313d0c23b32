import type { Socket } from 'node:net';
import type { Clock, Timer } from '../../platform';
import { countedAddress, isLoopback } from './address';
import type { ClientStream } from './client-stream';
import { limits } from './limits';

/** A connection, from its first byte to its end. */
export interface Connection {
  readonly socket: Socket;
  /** Under which it is counted; see `countedAddress`. */
  readonly address: string;
  readonly isLocal: boolean;
  readonly sinceMs: number;
  /** Its bytes as MQTT, once it is known how it speaks. */
  stream?: ClientStream;
  /** `waiting`: no CONNECT has come. `checked`: its CONNECT is being checked. */
  stage: 'waiting' | 'checked' | 'client';
  /** The user, once it is a client. */
  user?: string;
  /** When it was seen that its stream has ended, while the socket has not. */
  endedMs?: number;
}

/** A limit that was reached. */
export type LimitReached =
  | 'waiting'
  | 'connect-time'
  | 'clients'
  | 'clients-of-address'
  | 'clients-of-user'
  | 'slow'
  | 'memory';

export interface ConnectionsOptions {
  readonly clock: Clock;
  readonly onLimit: (limit: LimitReached, connection: Connection) => void;
}

/** Time between two looks at connections that take too long, ms. */
const sweepMs = 1_000;
/** Time for the check of a password, ms. */
const checkMs = 20_000;
/** Time for the last bytes of a stream that has ended, ms. */
const lastBytesMs = 2_000;

/** All connections of the hosted broker, and the limits of their number, their time and what they make the process hold. */
export class Connections {
  private readonly all = new Set<Connection>();
  /** Connections by address that have not sent CONNECT, the oldest first. */
  private readonly waiting = new Map<string, Set<Connection>>();
  private readonly users = new Map<string, number>();
  private readonly addresses = new Map<string, number>();
  private waitingCount = 0;
  private clients = 0;
  private sweep: Timer | undefined;
  private held = new Map<Connection, number>();
  private heldBytes = 0;

  constructor(private readonly options: ConnectionsOptions) {}

  get clientCount(): number {
    return this.clients;
  }

  /** Takes a connection in. The oldest of those that wait makes room if there are too many of them. */
  add(socket: Socket): Connection {
    const address = countedAddress(socket.remoteAddress);
    const isLocal = isLoopback(address);
    const connection: Connection = {
      socket,
      address,
      isLocal,
      sinceMs: this.options.clock.now(),
      stage: 'waiting',
    };
    this.all.add(connection);
    const theirs = this.waiting.get(address) ?? new Set();
    this.waiting.set(address, theirs.add(connection));
    this.waitingCount++;
    socket.once('close', () => this.remove(connection));
    if (theirs.size > (isLocal ? limits.waiting : limits.waitingOfAddress)) this.endOldest(theirs);
    else if (this.waitingCount > limits.waiting) this.endOldest(this.mostWaiting());
    this.look();
    return connection;
  }

  /** Its CONNECT has come. */
  checked(connection: Connection): void {
    if (connection.stage !== 'waiting') return;
    this.endWaiting(connection);
    connection.stage = 'checked';
  }

  /**
   * Makes the connection a client of the user.
   * @param isOne the user stands for one gateway or coordinator
   * @returns the limit that prevents it
   */
  admit(connection: Connection, user: string, isOne: boolean): LimitReached | undefined {
    const { address, isLocal } = connection;
    const ofUser = this.users.get(user) ?? 0;
    const ofAddress = this.addresses.get(address) ?? 0;
    let limit: LimitReached | undefined;
    if (this.clients >= limits.clients) limit = 'clients';
    else if (isOne && ofUser >= limits.clientsOfUser) limit = 'clients-of-user';
    else if (!isLocal && ofAddress >= limits.clientsOfAddress) limit = 'clients-of-address';
    if (limit) {
      this.options.onLimit(limit, connection);
      return limit;
    }
    connection.stage = 'client';
    connection.user = user;
    this.clients++;
    this.users.set(user, ofUser + 1);
    this.addresses.set(address, ofAddress + 1);
    return undefined;
  }

  /** The bytes that this connection makes the process hold have changed. */
  account(connection: Connection): void {
    const { stream } = connection;
    // A patient one makes its writers wait, so it needs no limit; it is the way to the coordinator.
    const now = !stream || stream.destroyed || stream.isPatient ? 0 : stream.heldBytes;
    this.heldBytes += now - (this.held.get(connection) ?? 0);
    if (now === 0) this.held.delete(connection);
    else this.held.set(connection, now);
    if (now > limits.unsentBytes) this.end(connection, 'slow');
    while (this.heldBytes > limits.heldBytes) {
      const [worst] = [...this.held].reduce((a, b) => (b[1] > a[1] ? b : a));
      this.end(worst, 'memory');
    }
  }

  endAll(): void {
    this.sweep?.cancel();
    this.sweep = undefined;
    for (const { socket } of this.all) socket.destroy();
  }

  private remove(connection: Connection): void {
    this.all.delete(connection);
    this.forget(connection);
    if (connection.stage === 'waiting') this.endWaiting(connection);
    if (connection.stage !== 'client' || connection.user === undefined) return;
    this.clients--;
    decrease(this.users, connection.user);
    decrease(this.addresses, connection.address);
  }

  private endWaiting(connection: Connection): void {
    const theirs = this.waiting.get(connection.address);
    if (!theirs?.delete(connection)) return;
    this.waitingCount--;
    if (theirs.size === 0) this.waiting.delete(connection.address);
  }

  private mostWaiting(): Set<Connection> {
    return [...this.waiting.values()].reduce((a, b) => (b.size > a.size ? b : a));
  }

  private endOldest(waiting: Set<Connection>): void {
    const [oldest] = waiting;
    if (oldest) this.end(oldest, 'waiting');
  }

  private end(connection: Connection, limit: LimitReached): void {
    this.options.onLimit(limit, connection);
    this.forget(connection);
    if (connection.stage === 'waiting') this.endWaiting(connection);
    connection.stream?.destroy();
    connection.socket.destroy();
  }

  private forget(connection: Connection): void {
    this.heldBytes -= this.held.get(connection) ?? 0;
    this.held.delete(connection);
  }

  private look(): void {
    this.sweep ??= this.options.clock.after(sweepMs, () => {
      this.sweep = undefined;
      const now = this.options.clock.now();
      for (const connection of [...this.all]) {
        if (connection.stream?.destroyed) {
          connection.endedMs ??= now;
          if (now - connection.endedMs > lastBytesMs) connection.socket.destroy();
          continue;
        }
        const limit = this.overdue(connection, now);
        if (limit) this.end(connection, limit);
      }
      if (this.all.size > 0) this.look();
    });
  }

  private overdue({ stage, sinceMs, stream }: Connection, now: number): LimitReached | undefined {
    if (stage === 'waiting') return now - sinceMs > limits.connectMs ? 'connect-time' : undefined;
    if (stage === 'checked') return now - sinceMs > limits.connectMs + checkMs ? 'connect-time' : undefined;
    const stalled = stream?.stalledSince;
    return stalled !== undefined && now - stalled > limits.stallMs ? 'slow' : undefined;
  }
}

function decrease(counts: Map<string, number>, key: string): void {
  const left = (counts.get(key) ?? 0) - 1;
  if (left > 0) counts.set(key, left);
  else counts.delete(key);
}
