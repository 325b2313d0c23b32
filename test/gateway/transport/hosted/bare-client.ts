import { type IClientOptions, type IPublishPacket, type MqttClient, connect as mqttConnect } from 'mqtt';

let clients = 0;

/** A client of mqtt.js that keeps what it receives: the other side of a broker, without this package's transport. */
export class BareClient {
  readonly received: { readonly topic: string; readonly text: string; readonly retained: boolean }[] = [];
  private changed: () => void = () => undefined;

  private constructor(readonly mqtt: MqttClient) {
    mqtt.on('error', () => undefined);
    mqtt.on('message', (topic: string, payload: Buffer, packet: IPublishPacket) => {
      this.received.push({ topic, text: payload.toString(), retained: packet.retain });
      this.changed();
    });
  }

  /** Resolves when the broker has accepted it. @throws the error of the refusal, with the `code` of CONNACK */
  static async connect(url: string, options: Partial<IClientOptions> = {}): Promise<BareClient> {
    const client = new BareClient(BareClient.start(url, options));
    try {
      await new Promise<void>((resolve, reject) => {
        client.mqtt.once('connect', () => resolve());
        client.mqtt.once('error', reject);
        client.mqtt.once('close', () => reject(new Error('the broker closed the connection')));
      });
    } catch (error) {
      client.mqtt.end(true);
      throw error;
    }
    return client;
  }

  private static start(url: string, options: Partial<IClientOptions>): MqttClient {
    return mqttConnect(url, {
      clientId: `bare-${++clients}`,
      protocolVersion: 4,
      reconnectPeriod: 0,
      ...options,
    });
  }

  /** @returns the granted QoS, or 128 for a refusal */
  subscribe(filter: string): Promise<number> {
    return new Promise((resolve) => {
      this.mqtt.subscribe(filter, { qos: 1 }, (error, granted) => {
        resolve(error ? 128 : (granted?.[0]?.qos ?? 128));
      });
    });
  }

  /** Resolves with whether the broker confirmed it. */
  publish(topic: string, body: string | Buffer, retain = false): Promise<boolean> {
    return new Promise((resolve) => {
      this.mqtt.publish(topic, body, { qos: 1, retain }, (error) => resolve(!error));
    });
  }

  /** Resolves when a message with this text has come. */
  async until(text: string): Promise<void> {
    while (!this.received.some((message) => message.text === text))
      await new Promise<void>((resolve) => {
        this.changed = resolve;
      });
  }

  texts(): string[] {
    return this.received.map(({ text }) => text);
  }

  async closed(): Promise<void> {
    if (this.mqtt.connected) await new Promise<void>((resolve) => this.mqtt.once('close', () => resolve()));
  }

  end(): Promise<void> {
    return new Promise((resolve) => this.mqtt.end(true, {}, () => resolve()));
  }
}
