import { connect, type IClientOptions, type MqttClient } from 'mqtt';
import { type FtteError, messageOf } from '../../platform';
import { ConnectionLost, type Outgoing } from '../shared/send-queue';
import type { Will } from '../shared/transport';
import { connectionEnded, connectTrouble, notAllowed, troubleOf } from './mqtt-errors';

export interface ConnectionOptions {
  /** `mqtt:`, `mqtts:`, `ws:` or `wss:` with a host, without a user or password. */
  readonly url: string;
  /** The id of this client. Every other client of the broker needs a different one. */
  readonly clientId: string;
  readonly username?: string;
  readonly password?: string;
  /** The options of `tls.connect`: ca, cert, key, passphrase, servername, rejectUnauthorized, ... */
  readonly tls?: Readonly<Record<string, unknown>>;
  readonly will?: Will;
  /** Keep-alive in seconds. Default 30. */
  readonly keepaliveS?: number;
  /** The time in which the broker has to answer an attempt, in ms. Default 15 s. */
  readonly connectTimeoutMs?: number;
}

export interface ConnectionEnd {
  readonly error: FtteError;
  /** The reason code of the broker's DISCONNECT (MQTT 5); undefined if it sent none. */
  readonly reasonCode?: number | undefined;
  /** False if this side ended the connection because it received nothing. */
  readonly byBroker: boolean;
  /**
   * Whether the broker may have refused the version of MQTT: it said so, or it closed the connection without an answer.
   */
  readonly otherVersion: boolean;
}

/** The limits that a broker announced in its CONNACK (MQTT 5.0, 3.2.2.3); undefined if it announced none. */
export interface BrokerLimits {
  readonly maximumPacketSize: number | undefined;
  readonly retainAvailable: boolean | undefined;
  /** QoS 1 messages that may be in flight at the same time. */
  readonly receiveMaximum: number | undefined;
}

/** The events of a connection. None follows `ended`. */
export interface ConnectionEvents {
  /** The broker accepted the connection. */
  opened(limits: BrokerLimits): void;
  message(topic: string, payload: Uint8Array, retained: boolean): void;
  ended(end: ConnectionEnd): void;
}

const largestIncoming = 16 * 1024 * 1024;

/** One connection to a broker, from the attempt to its end: a client of mqtt.js that is not used again. */
export class MqttConnection {
  private isOpen = false;
  private hasEnded = false;

  private constructor(private readonly client: MqttClient) {}

  /** Starts an attempt and reports its outcome through `events`. @throws FtteError `broker` for unusable options */
  static start(options: ConnectionOptions, protocolVersion: 4 | 5, events: ConnectionEvents): MqttConnection {
    let client: MqttClient;
    try {
      client = connect(options.url, clientOptions(options, protocolVersion));
    } catch (error) {
      throw connectTrouble(options.url, error, options.username);
    }
    const connection = new MqttConnection(client);
    connection.listen(options, events);
    return connection;
  }

  /** True from the broker's acceptance to the end. */
  get open(): boolean {
    return this.isOpen && !this.hasEnded;
  }

  /**
   * Resolves when the broker has confirmed the subscription. @throws FtteError `broker` (`not-allowed`), ConnectionLost
   */
  subscribe(filter: string, qos: 0 | 1 = 1): Promise<void> {
    return new Promise((resolve, reject) => {
      this.client.subscribe(filter, { qos }, (error, granted) => {
        if (!this.open) return reject(new ConnectionLost());
        const refused = granted?.some((grant) => grant.qos >= 128);
        if (error || refused) reject(notAllowed(`the subscription ${filter}`, error ?? undefined));
        else resolve();
      });
    });
  }

  /** Resolves when the broker has answered or the connection has ended. */
  unsubscribe(filter: string): Promise<void> {
    return new Promise((resolve) => this.client.unsubscribe(filter, () => resolve()));
  }

  /**
   * Resolves when the broker has confirmed the message (QoS 1). @throws FtteError `broker` (`not-allowed`),
   * ConnectionLost
   */
  publish({ topic, payload, retain }: Outgoing, qos: 0 | 1): Promise<void> {
    const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
    return new Promise((resolve, reject) => {
      this.client.publish(topic, bytes, { qos, retain }, (error) => {
        if (!error) return resolve();
        const code = (error as { code?: unknown }).code;
        const refused = this.open && typeof code === 'number' && code >= 128;
        reject(refused ? notAllowed(`a message on ${topic}`, error) : new ConnectionLost(messageOf(error)));
      });
    });
  }

  /** Sends DISCONNECT, so that the broker does not publish the will. No event follows. */
  goodbye(): Promise<void> {
    this.hasEnded = true;
    return new Promise((resolve) => this.client.end(false, {}, () => resolve()));
  }

  /** Ends the connection without DISCONNECT. No event follows. */
  destroy(): Promise<void> {
    this.hasEnded = true;
    // A DISCONNECT that cannot be sent makes the client ignore `end`, so the stream itself has to be closed.
    if (this.client.disconnecting) this.client.stream.destroy();
    return new Promise((resolve) => this.client.end(true, {}, () => resolve()));
  }

  private listen(options: ConnectionOptions, events: ConnectionEvents): void {
    const { url } = options;
    const { client } = this;
    let problem: unknown;
    let answered = false;
    let reasonCode: number | undefined;
    const note = (error: Error) => {
      problem ??= error;
      // After bytes that are not MQTT the client reads nothing more and does not close the connection.
      if (this.isOpen) client.stream.destroy();
    };
    client.on('error', note);
    // If a web server answers instead of a broker, only the stream reports it.
    client.stream?.on('error', note);
    client.on('packetreceive', (packet) => {
      if (packet.cmd === 'connack') answered = true;
    });
    client.on('disconnect', (packet) => {
      reasonCode = packet.reasonCode;
    });
    client.on('connect', (packet) => {
      if (this.hasEnded) return;
      this.isOpen = true;
      const { maximumPacketSize, receiveMaximum, retainAvailable } = packet.properties ?? {};
      events.opened({ maximumPacketSize, receiveMaximum, retainAvailable });
    });
    client.on('message', (topic, payload, packet) => {
      if (!this.hasEnded) events.message(topic, payload, packet.retain);
    });
    client.on('close', () => {
      if (this.hasEnded) return;
      void this.destroy();
      if (this.isOpen) {
        const byBroker = !(problem instanceof Error && problem.message === 'Keepalive timeout');
        const error = connectionEnded(url, reasonCode);
        events.ended({ error, reasonCode, byBroker, otherVersion: false });
      } else {
        const error = connectTrouble(url, problem ?? withoutAnswer(options), options.username);
        const kind = troubleOf(error);
        const otherVersion = kind === 'protocol' || (kind === 'closed' && !answered);
        events.ended({ error, byBroker: false, otherVersion });
      }
    });
  }
}

/** The error of a broker that closed the connection in place of an answer. */
function withoutAnswer({ will }: ConnectionOptions): Error {
  const closed = 'the broker closed the connection';
  // NATS writes the reason in its own log only.
  const dotted =
    will?.topic.includes('.') && `NATS before 2.10 does so for a name with a dot, as in ${will.topic}`;
  return new Error(dotted ? `${closed}; ${dotted}` : closed);
}

function clientOptions(options: ConnectionOptions, protocolVersion: 4 | 5): IClientOptions {
  const { will } = options;
  return {
    ...(options.tls ?? {}),
    ...(options.url.startsWith('ws') ? { wsOptions: webSocketOptions(options) } : {}),
    clientId: options.clientId,
    ...(options.username ? { username: options.username } : {}),
    ...(options.password ? { password: options.password } : {}),
    protocolVersion,
    // Only retained messages live on the broker. Messages that wait do so in this process.
    clean: true,
    keepalive: options.keepaliveS ?? 30,
    connectTimeout: options.connectTimeoutMs ?? 15_000,
    // The transport reconnects: with jitter, on its clock, and in another version of MQTT if necessary.
    reconnectPeriod: 0,
    resubscribe: false,
    queueQoSZero: false,
    ...(protocolVersion === 5 ? { properties: { maximumPacketSize: largestIncoming } } : {}),
    ...(will
      ? { will: { topic: will.topic, payload: Buffer.from(will.payload), qos: 1, retain: will.retain } }
      : {}),
  };
}

/**
 * The options of `ws:` and `wss:`. mqtt.js passes on some of the TLS options, but not the name of the server.
 * Compression is off, because parameters do not compress and it needs memory. A message that is larger than any packet
 * ends the connection before it is gathered.
 */
function webSocketOptions({ tls }: ConnectionOptions): NonNullable<IClientOptions['wsOptions']> {
  return { ...(tls ?? {}), perMessageDeflate: false, maxPayload: largestIncoming };
}
