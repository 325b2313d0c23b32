import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import { Duplex, pipeline } from 'node:stream';
import { FtteError, type Log, messageOf, silentLog } from '../../platform';
import { PacketLimit } from './packet-limit';

/** Options of a hosted broker: the address, the credentials and the limits. */
export interface HostedBrokerOptions {
  /** The port to listen on. 0 takes a free one; see `HostedBroker.port`. */
  readonly port: number;
  /** The address to listen on. Default 127.0.0.1; any address other than loopback needs a username and a password. */
  readonly host?: string;
  /** Give both or neither. If they are given, every client needs them. */
  readonly username?: string;
  readonly password?: string;
  /** A client that sends a larger packet is disconnected. Default 1 MiB. */
  readonly maxPacketBytes?: number;
  readonly log?: Log;
}

/** Most connections at the same time. */
const maxConnections = 1000;

interface Running {
  readonly server: Server;
  readonly sockets: Set<Socket>;
  readonly closeBroker: () => Promise<void>;
}

/** Whether only programs on this machine can reach the address. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

/**
 * An MQTT 3.1.1 broker inside this process (aedes), for a federation without another broker. It keeps retained messages
 * only in memory; after a restart the clients send theirs again.
 */
export class HostedBroker {
  private running: Running | undefined;
  private starting: Promise<void> | undefined;
  private readonly host: string;
  private readonly log: Log;

  /** @throws FtteError `config-invalid` if the network could reach it without a password */
  constructor(private readonly options: HostedBrokerOptions) {
    this.host = options.host ?? '127.0.0.1';
    this.log = options.log ?? silentLog;
    const { username = '', password = '' } = options;
    const needed = !isLoopback(this.host);
    if ((username === '') !== (password === '') || (needed && username === ''))
      throw new FtteError(
        'config-invalid',
        `the hosted broker on ${this.host} expects a username and a password${needed ? ', because other machines can reach it' : ', or neither'}`,
        { field: username === '' ? 'username' : 'password' },
      );
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

  /**
   * Resolves when it listens. @throws FtteError `broker` naming the address and the reason, for example that the port
   * is in use
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
    await running.closeBroker();
    for (const socket of running.sockets) socket.destroy();
    await closed;
  }

  private async startNow(): Promise<void> {
    // aedes is an ES module. Not all supported versions of Node.js can require it from CommonJS.
    const { Aedes } = await import('aedes');
    const broker = await Aedes.createBroker({
      connectTimeout: 10_000,
      drainTimeout: 30_000,
      maxTopicLevels: 16,
      authenticate: (_client, username, password, done) => {
        if (this.admits(username, password)) return done(null, true);
        done(Object.assign(new Error('wrong user name or password'), { returnCode: 4 }), false);
      },
    });
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      socket.setNoDelay(true);
      broker.handle(this.limited(socket));
    });
    server.maxConnections = maxConnections;
    const closeBroker = () => new Promise<void>((resolve) => broker.close(() => resolve()));
    try {
      await listen(server, this.options.port, this.host);
    } catch (error) {
      await closeBroker();
      throw this.cannotListen(error);
    }
    server.on('error', (error) => this.log.error(`hosted broker: ${messageOf(error)}`, 'broker'));
    this.running = { server, sockets, closeBroker };
  }

  /** The stream that the broker sees. It ends at the first packet that is too large. */
  private limited(socket: Socket): Duplex {
    const limit = new PacketLimit(this.options.maxPacketBytes ?? 1024 * 1024);
    pipeline(socket, limit, (error) => {
      if (error) socket.destroy();
    });
    return Duplex.from({ readable: limit, writable: socket });
  }

  private admits(username: string | undefined, password: Buffer | undefined): boolean {
    const wanted = this.options;
    if (!wanted.username || !wanted.password) return true;
    // Digests of equal length are compared in constant time. Both are always compared, so that the time does not reveal
    // which of them was wrong.
    const userFits = same(username ?? '', wanted.username);
    const passwordFits = same(password ?? '', wanted.password);
    return userFits && passwordFits;
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
    const details = { host: this.host, port, ...(typeof code === 'string' ? { reason: code } : {}) };
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

function same(a: string | Buffer, b: string): boolean {
  const digest = (value: string | Buffer) => createHash('sha256').update(value).digest();
  return timingSafeEqual(digest(a), digest(b));
}
