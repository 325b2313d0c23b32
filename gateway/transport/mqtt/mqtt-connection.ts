import { connect, type IClientOptions, type MqttClient } from 'mqtt';
import { type FtteError, messageOf } from '../../platform';
import { ConnectionLost, type Outgoing } from '../shared/send-queue';
import type { Will } from '../shared/transport';
import { connectionEnded, connectTrouble, notAllowed, troubleOf } from './mqtt-errors';

export interface ConnectionOptions {
  /** `mqtt:`, `mqtts:`, `ws:` or `wss:` with a host; no user or password in it. */
  readonly url: string;
  /** Must differ from every other client's at this broker. */
  readonly clientId: string;
  readonly username?: string;
  readonly password?: string;
  /** As `tls.connect` takes them: ca, cert, key, passphrase, servername, rejectUnauthorized, ... */
  readonly tls?: Readonly<Record<string, unknown>>;
  readonly will?: Will;
  /** Seconds. Default 30. */
  readonly keepaliveS?: number;
  /** How long an attempt may take until the broker has answered. Default 15 s. */
  readonly connectTimeoutMs?: number;
}

export interface ConnectionEnd {
  readonly error: FtteError;
  /** The broker may have refused for the version of MQTT: it said so, or hung up without an answer. */
  readonly otherVersion: boolean;
}

/** What a broker named in its answer (MQTT 5.0, 3.2.2.3); undefined where it named nothing. */
export interface BrokerLimits {
  readonly maximumPacketSize: number | undefined;
  /** QoS 1 messages that may be under way at a time. */
  readonly receiveMaximum: number | undefined;
}

/** What a connection tells. Nothing is told after `ended`. */
export interface ConnectionEvents {
  /** The broker took the connection. */
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

  /** Starts an attempt; how it goes is told through `events`. @throws FtteError `broker` for unusable options */
  static start(options: ConnectionOptions, protocolVersion: 4 | 5, events: ConnectionEvents): MqttConnection {
    let client: MqttClient;
    try {
      client = connect(options.url, clientOptions(options, protocolVersion));
    } catch (error) {
      throw connectTrouble(options.url, error);
    }
    const connection = new MqttConnection(client);
    connection.listen(options.url, events);
    return connection;
  }

  /** True between the broker's yes and the end. */
  get open(): boolean {
    return this.isOpen && !this.hasEnded;
  }

  /** Resolves with the broker's yes. @throws FtteError `broker` (`not-allowed`), ConnectionLost */
  subscribe(filter: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.client.subscribe(filter, { qos: 1 }, (error, granted) => {
        if (!this.open) return reject(new ConnectionLost());
        const refused = granted?.some((grant) => grant.qos >= 128);
        if (error || refused) reject(notAllowed(`the subscription ${filter}`, error ?? undefined));
        else resolve();
      });
    });
  }

  /** Resolves when the broker has answered or the connection has gone. */
  unsubscribe(filter: string): Promise<void> {
    return new Promise((resolve) => this.client.unsubscribe(filter, () => resolve()));
  }

  /** Resolves with the broker's word (QoS 1). @throws FtteError `broker` (`not-allowed`), ConnectionLost */
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

  /** Says goodbye, so that the broker does not publish the will. Nothing is told afterwards. */
  goodbye(): Promise<void> {
    this.hasEnded = true;
    return new Promise((resolve) => this.client.end(false, {}, () => resolve()));
  }

  /** Ends it as it is. Nothing is told afterwards. */
  destroy(): Promise<void> {
    this.hasEnded = true;
    // A goodbye that got stuck makes the client deaf to `end`: then only the stream is left to close.
    if (this.client.disconnecting) this.client.stream.destroy();
    return new Promise((resolve) => this.client.end(true, {}, () => resolve()));
  }

  private listen(url: string, events: ConnectionEvents): void {
    const { client } = this;
    let problem: unknown;
    let answered = false;
    let reasonCode: number | undefined;
    const note = (error: Error) => {
      problem ??= error;
    };
    client.on('error', note);
    // Of what a web server answers instead of a broker, only the stream tells.
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
      const { maximumPacketSize, receiveMaximum } = packet.properties ?? {};
      events.opened({ maximumPacketSize, receiveMaximum });
    });
    client.on('message', (topic, payload, packet) => {
      if (!this.hasEnded) events.message(topic, payload, packet.retain);
    });
    client.on('close', () => {
      if (this.hasEnded) return;
      void this.destroy();
      if (this.isOpen) events.ended({ error: connectionEnded(url, reasonCode), otherVersion: false });
      else {
        const error = connectTrouble(url, problem ?? new Error('the broker hung up'));
        const kind = troubleOf(error);
        events.ended({ error, otherVersion: kind === 'protocol' || (kind === 'closed' && !answered) });
      }
    });
  }
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
    // Nothing but retained messages lives on the broker; what waits, waits here.
    clean: true,
    keepalive: options.keepaliveS ?? 30,
    connectTimeout: options.connectTimeoutMs ?? 15_000,
    // Reconnecting is the transport's business: with jitter, on its clock, in another version of MQTT if need be.
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
 * For `ws:` and `wss:`. mqtt.js hands on some of what TLS needs, and not the server's name. Parameters do not compress,
 * so that no memory is kept for trying; what is larger than any packet ends the connection before it is gathered.
 */
function webSocketOptions({ tls }: ConnectionOptions): NonNullable<IClientOptions['wsOptions']> {
  return { ...(tls ?? {}), perMessageDeflate: false, maxPayload: largestIncoming };
}
