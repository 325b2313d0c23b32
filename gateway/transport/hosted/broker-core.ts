import type { AedesOptions, AuthenticateError, Client, PublishPacket } from 'aedes' with {
  'resolution-mode': 'import',
};
import { type Log, messageOf } from '../../platform';
import type { BrokerReports } from './broker-reports';
import type { ClientStream } from './client-stream';
import type { Connection, Connections } from './connections';
import { limits } from './limits';
import type { Logins, Member } from './logins';
import { RetainedBudget } from './retained-budget';
import { readsGateways } from './topic-rights';

/** Codes of CONNACK (MQTT 3.1.1, table 3.1). */
const returnCodes = { unavailable: 3, credentials: 4, notAuthorised: 5 } as const;
/** Nobody may subscribe to it: messages that are not allowed end there, as MQTT 3.1.1 has no way to refuse one. */
const nowhere = '$SYS/refused';

interface Entry {
  readonly member: Member;
  readonly stream: ClientStream;
  readonly filters: Set<string>;
}

export interface BrokerCoreOptions {
  readonly logins: Logins;
  readonly reports: BrokerReports;
  readonly connections: Connections;
  readonly maxPacketBytes: number;
  readonly log: Log;
}

/** aedes, and the answers to its questions: who is this, may it publish, may it subscribe, may it receive. */
export class BrokerCore {
  readonly retained = new RetainedBudget();
  private readonly connecting = new WeakMap<object, Connection>();
  private readonly entries = new WeakMap<Client, Entry>();
  private readonly byUser = new Map<string, Set<Client>>();
  private handleStream: (stream: ClientStream) => void = () => undefined;
  private publish: (packet: PublishPacket) => Promise<void> = async () => undefined;
  private end: () => Promise<void> = async () => undefined;

  private constructor(private readonly options: BrokerCoreOptions) {}

  static async create(options: BrokerCoreOptions): Promise<BrokerCore> {
    const core = new BrokerCore(options);
    await core.start();
    return core;
  }

  /** Speaks MQTT with a client whose first packet has come. */
  handle(stream: ClientStream, connection: Connection): void {
    this.connecting.set(stream, connection);
    this.handleStream(stream);
  }

  /** Ends the connections of a user. */
  async disconnect(user: string): Promise<void> {
    const clients = [...(this.byUser.get(user) ?? [])];
    await Promise.all(clients.map((client) => new Promise<void>((resolve) => client.close(resolve))));
  }

  /** Ends the connections of a user, whose wills are published, and clears what it retained. */
  async dismiss(user: string): Promise<void> {
    await this.disconnect(user);
    for (const topic of this.retained.topicsOf(user)) {
      this.retained.take(topic, 0, user);
      await this.publish({
        cmd: 'publish',
        topic,
        payload: Buffer.alloc(0),
        qos: 1,
        retain: true,
        dup: false,
      });
    }
  }

  close(): Promise<void> {
    return this.end();
  }

  private async start(): Promise<void> {
    // aedes is an ES module. Not all supported versions of Node.js can require it from CommonJS.
    const { Aedes } = await import('aedes');
    const broker = await Aedes.createBroker(this.questions());
    broker.on('unsubscribe', (filters, client) => {
      for (const filter of filters) this.entries.get(client)?.filters.delete(filter);
    });
    const { log } = this.options;
    // Without a listener such an error would end the process.
    (broker as NodeJS.EventEmitter).on('error', (error) =>
      log.error(`hosted broker: ${messageOf(error)}`, 'broker'),
    );
    this.handleStream = (stream) => void broker.handle(stream);
    this.publish = (packet) => new Promise((resolve) => broker.publish(packet, () => resolve()));
    this.end = () => new Promise((resolve) => broker.close(() => resolve()));
  }

  private questions(): AedesOptions {
    return {
      connectTimeout: limits.connectMs,
      drainTimeout: limits.stallMs,
      maxTopicLevels: 16,
      // Otherwise a hundred messages to one slow client would hold up the messages to all others.
      concurrency: 0,
      maxInflightInbound: 4,
      // MQTT 3.1 has short ids; the user's name is put before them below.
      maxClientsIdLength: 2 ** 17,
      preConnect: (_client, packet, done) => {
        // No session outlives its connection: a client that sleeps would make this process keep its messages.
        packet.clean = true;
        // A client id ends the older connection with it, so each user has its own ids. MQTT allows no U+0000 in either.
        if (packet.clientId !== '') packet.clientId = `${packet.username ?? ''}\u0000${packet.clientId}`;
        done(null, true);
      },
      authenticate: (client, username, password, done) => {
        this.authenticate(client, username, password).then(
          (code) => (code === undefined ? done(null, true) : done(refusal(code), false)),
          (error) => {
            this.options.log.error(`hosted broker: ${messageOf(error)}`, 'unexpected');
            done(refusal(returnCodes.unavailable), false);
          },
        );
      },
      authorizePublish: (client, packet, done) => {
        if (client) this.limitPublish(client, packet);
        done(null);
      },
      authorizeSubscribe: (client, subscription, done) => {
        done(null, this.maySubscribe(client, subscription.topic) ? subscription : null);
      },
      authorizeForward: (client, packet) =>
        this.entries.get(client)?.member.rights.mayReceive(packet.topic) ? packet : null,
    };
  }

  /** @returns the code that refuses the client; undefined: it is one */
  private async authenticate(
    client: Client,
    username: string | undefined,
    password: Buffer | undefined,
  ): Promise<number | undefined> {
    const { logins, reports, connections, maxPacketBytes } = this.options;
    const connection = this.connecting.get(client.conn);
    const stream = connection?.stream;
    if (!connection || !stream) return returnCodes.unavailable;
    const found = await logins.check(username, password, connection.address);
    if (typeof found === 'string') {
      reports.login(found, username, connection.address);
      if (found === 'busy') return returnCodes.unavailable;
      return found === 'paused' ? returnCodes.notAuthorised : returnCodes.credentials;
    }
    if (stream.destroyed || connection.socket.destroyed) return returnCodes.unavailable;
    if (connections.admit(connection, found.name, found.kind === 'one')) return returnCodes.unavailable;
    this.entries.set(client, { member: found, stream, filters: new Set() });
    const theirs = this.byUser.get(found.name) ?? new Set();
    this.byUser.set(found.name, theirs.add(client));
    stream.once('close', () => {
      theirs.delete(client);
      if (theirs.size === 0 && this.byUser.get(found.name) === theirs) this.byUser.delete(found.name);
    });
    stream.admit(maxPacketBytes);
    return undefined;
  }

  /** Makes a message that is not allowed one that nobody receives, and one without room one that is not retained. */
  private limitPublish(client: Client, packet: PublishPacket): void {
    const member = this.entries.get(client)?.member;
    if (!member?.rights.mayPublish(packet.topic)) {
      this.options.reports.publish(member, packet.topic);
      Object.assign(packet, { topic: nowhere, payload: Buffer.alloc(0), retain: false });
      return;
    }
    if (!packet.retain) return;
    const { topic, payload } = packet;
    const bytes = Buffer.byteLength(payload);
    if (this.retained.take(topic, bytes, member.isGateway ? member.name : undefined)) {
      // The payload is a part of all that the socket gave at once, which would be kept with it.
      const copy = Buffer.allocUnsafeSlow(bytes);
      if (typeof payload === 'string') copy.write(payload);
      else copy.set(payload);
      packet.payload = copy;
      return;
    }
    packet.retain = false;
    this.options.reports.retained(member, topic);
  }

  private maySubscribe(client: Client, filter: string): boolean {
    const entry = this.entries.get(client);
    const { reports } = this.options;
    if (!entry?.member.rights.maySubscribe(filter)) {
      reports.subscription(entry?.member, filter);
      return false;
    }
    if (entry.filters.size >= limits.subscriptions && !entry.filters.has(filter)) {
      reports.tooManySubscriptions(entry.member);
      return false;
    }
    entry.filters.add(filter);
    if (readsGateways(filter) && !entry.member.isGateway) entry.stream.isPatient = true;
    return true;
  }
}

function refusal(returnCode: number): AuthenticateError {
  return Object.assign(new Error('refused'), { returnCode }) as AuthenticateError;
}
