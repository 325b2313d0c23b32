import { randomBytes } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Clock, FtteError, type Log, messageOf, silentLog, systemClock } from '../../platform';
import { isLoopback } from './address';
import { BrokerCore } from './broker-core';
import { type BrokerCounts, BrokerReports } from './broker-reports';
import { type BrokerUser, BrokerUsers } from './broker-users';
import { ClientStream } from './client-stream';
import { type Connection, Connections } from './connections';
import { Entrance } from './entrance';
import { limits } from './limits';
import { type Credential, Logins, type MemberLogins, memberName } from './logins';
import { loadCertificate, type ServerCertificate } from './server-certificate';

/** Options of a hosted broker: the address, who may connect, and the certificate. */
export interface HostedBrokerOptions {
  /** The port to listen on. 0 takes a free one; see `HostedBroker.port`. */
  readonly port: number;
  /** The address to listen on. Default 127.0.0.1. */
  readonly host?: string;
  /**
   * One password for all, which gives the rights to all topics of all federations. Give both or neither. Weaker than a user
   * for each gateway (`addUser`): whoever has it can act as any of them.
   */
  readonly username?: string;
  readonly password?: string;
  /** The file of the users and the hashes of their passwords. Absent: users are in memory only. */
  readonly usersFile?: string;
  /** Users come by `admit`: neither a password for all nor a file of users is needed. */
  readonly hasMembers?: boolean;
  /** The credential of the process itself, with the rights to all topics. Default: a random one. */
  readonly owner?: Credential;
  /** With it, clients of other machines need TLS. */
  readonly tls?: ServerCertificate;
  /** A client that sends a larger packet is disconnected. Default 1 MiB. */
  readonly maxPacketBytes?: number;
  readonly clock?: Clock;
  /** Should say the same thing once, as `countedLog` does: clients decide how often there is something to say. */
  readonly log?: Log;
}

interface Running {
  readonly server: Server;
  readonly core: BrokerCore;
  readonly connections: Connections;
}

/** A random credential. */
export function randomCredential(): Credential {
  return {
    username: `owner-${randomBytes(6).toString('hex')}`,
    password: randomBytes(24).toString('base64url'),
  };
}

/**
 * An MQTT 3.1.1 broker inside this process (aedes), for a federation without another broker: over TCP and WebSockets on one
 * port, with or without TLS. Each user may publish and receive only what the table of rights gives it. It keeps retained
 * messages only in memory, and no sessions; after a restart the clients send theirs again. All that clients can make it
 * hold is bounded (`limits`).
 */
export class HostedBroker {
  /** The credential with which the process that hosts the broker connects to it. */
  readonly owner: Credential;
  private running: Running | undefined;
  private starting: Promise<void> | undefined;
  private readonly host: string;
  private readonly log: Log;
  private readonly clock: Clock;
  private readonly users: BrokerUsers;
  private readonly logins: Logins;
  private readonly reports: BrokerReports;

  /** @throws FtteError `config-invalid` if the network could reach it and there are neither a password nor users */
  constructor(private readonly options: HostedBrokerOptions) {
    const { username = '', password = '' } = options;
    this.host = options.host ?? '127.0.0.1';
    this.log = options.log ?? silentLog;
    this.clock = options.clock ?? systemClock;
    this.owner = options.owner ?? randomCredential();
    const needed = !isLoopback(this.host) && options.usersFile === undefined && !options.hasMembers;
    if ((username === '') !== (password === '') || (needed && username === ''))
      throw new FtteError(
        'config-invalid',
        `the hosted broker on ${this.host} expects a username and a password${needed ? ', because other machines can reach it' : ', or neither'}`,
        { field: username === '' ? 'username' : 'password' },
      );
    this.users = new BrokerUsers(options.usersFile);
    this.reports = new BrokerReports(this.log);
    this.logins = new Logins({
      owner: this.owner,
      shared: username === '' ? undefined : { username, password },
      users: this.users,
      isLocal: isLoopback(this.host),
      clock: this.clock,
    });
  }

  /** The port on which it listens. @throws FtteError `not-ready` if it does not listen */
  get port(): number {
    const address = this.running?.server.address();
    if (!address || typeof address === 'string')
      throw new FtteError('not-ready', 'the hosted broker is not started');
    return address.port;
  }

  /** The URL for clients on this machine. */
  get url(): string {
    const host = this.host === '0.0.0.0' || this.host === '::' ? '127.0.0.1' : this.host;
    return `mqtt://${host.includes(':') ? `[${host}]` : host}:${this.port}`;
  }

  /** Numbers of what it holds, and of what it has refused. */
  get counts(): BrokerCounts {
    const { connections, core } = this.running ?? {};
    return {
      clients: connections?.clientCount ?? 0,
      retained: core?.retained.count ?? 0,
      retainedBytes: core?.retained.bytes ?? 0,
      ...this.reports.counts,
    };
  }

  /**
   * Adds a user of its own for a gateway or a coordinator, or replaces the one of this name, whose clients are disconnected.
   * Resolves when it is on disk. @throws FtteError `config-invalid` naming the field, `storage`
   */
  async addUser(user: BrokerUser, password: string): Promise<void> {
    const { username } = this.options;
    if (user.name === username || user.name === this.owner.username)
      throw new FtteError('config-invalid', `name: "${user.name}" is the user of the one password for all`, {
        field: 'name',
      });
    await this.users.add(user, password);
    await this.running?.core.disconnect(user.name);
  }

  /**
   * Removes a user, ends its connections at once, and clears what it retained. Resolves with whether there was one, when it
   * is gone from the disk. @throws FtteError `storage`
   */
  async removeUser(name: string): Promise<boolean> {
    const removed = this.users.remove(name);
    // Whatever the disk does, the user is out.
    await this.users.load();
    if (!this.users.find(name)) await this.running?.core.dismiss(name);
    return removed;
  }

  /**
   * Lets the members of a federation in, which have joined by invitations. While somebody does so, nobody gets in without a
   * password. @returns ends that; their connections stay
   */
  admit(members: MemberLogins): () => void {
    return this.logins.add(members);
  }

  /** Ends the connections of a member, and clears what it retained. */
  async dismiss(federation: string, gateway: string): Promise<void> {
    await this.running?.core.dismiss(memberName({ federation, gateway }));
  }

  /** The users that `addUser` added. */
  async listUsers(): Promise<BrokerUser[]> {
    await this.users.load();
    return this.users.list();
  }

  /**
   * Resolves when it listens. @throws FtteError `broker` naming the address and the reason, for example that the port
   * is in use; `config-invalid` about the certificate; `storage` about the file of users
   */
  start(): Promise<void> {
    this.starting ??= this.startNow().catch((error) => {
      this.starting = undefined;
      throw error;
    });
    return this.starting;
  }

  /** Ends all connections and stops listening. */
  async stop(): Promise<void> {
    await this.starting?.catch(() => undefined);
    const running = this.running;
    this.running = undefined;
    this.starting = undefined;
    if (!running) return;
    const closed = new Promise<void>((resolve) => running.server.close(() => resolve()));
    await running.core.close();
    running.connections.endAll();
    await closed;
  }

  private async startNow(): Promise<void> {
    await this.users.load();
    const { tls } = this.options;
    const certificate = tls && (await loadCertificate(tls, this.clock.now()));
    if (certificate?.endsSoon) this.log.warn(`hosted broker: ${certificate.endsSoon}`, 'broker-tls');
    const connections = new Connections({
      clock: this.clock,
      onLimit: (limit, connection) => this.reports.limit(limit, connection),
    });
    const core = await BrokerCore.create({
      logins: this.logins,
      reports: this.reports,
      connections,
      maxPacketBytes: this.options.maxPacketBytes ?? 2 ** 20,
      log: this.log,
    });
    const bySocket = new WeakMap<Socket, Connection>();
    const entrance = new Entrance({
      certificate: certificate?.context,
      onClient: (stream, socket) => {
        const connection = bySocket.get(socket);
        if (connection) this.take(connection, stream, connections, core);
      },
      onRefused: (refusal, socket, detail) => {
        const connection = bySocket.get(socket);
        if (connection) this.reports.entrance(refusal, connection, detail);
      },
    });
    const server = createServer((socket) => {
      socket.setNoDelay(true);
      const connection = connections.add(socket);
      bySocket.set(socket, connection);
      entrance.enter(socket, connection.isLocal);
    });
    try {
      await listen(server, this.options.port, this.host);
    } catch (error) {
      await core.close();
      throw this.cannotListen(error);
    }
    server.on('error', (error) => this.log.error(`hosted broker: ${messageOf(error)}`, 'broker'));
    this.running = { server, core, connections };
  }

  private take(connection: Connection, socket: Duplex, connections: Connections, core: BrokerCore): void {
    const stream = new ClientStream({
      socket,
      connectBytes: limits.connectBytes,
      now: () => this.clock.now(),
      onConnect: () => {
        connections.checked(connection);
        core.handle(stream, connection);
      },
      onHeld: () => connections.account(connection),
      onTooLarge: (bytes) => this.reports.tooLarge(bytes, connection),
    });
    stream.on('error', () => undefined);
    connection.stream = stream;
  }

  private cannotListen(error: unknown): FtteError {
    const code = (error as { code?: unknown } | null)?.code;
    const { port } = this.options;
    const why =
      code === 'EADDRINUSE'
        ? 'another program uses this port'
        : code === 'EACCES'
          ? 'this user may not use this port (below 1024?)'
          : code === 'EADDRNOTAVAIL'
            ? 'this machine does not have this address'
            : messageOf(error);
    const details = {
      ...{ host: this.host, port },
      ...(typeof code === 'string' && { reason: code }),
      ...(code === 'EADDRINUSE' && { kind: 'port-taken' }),
    };
    return new FtteError('broker', `cannot listen on ${this.host}:${port}: ${why}`, details, {
      cause: error,
    });
  }
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
