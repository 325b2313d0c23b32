import { SeededRandom, silentLog } from '../../../gateway/platform';
import { MqttTransport, type MqttTransportOptions, type Transport } from '../../../gateway/transport';
import type { Bench } from './contract';
import { Relay } from './tools';

let clients = 0;

/** A client with short waits for a test. */
export function mqttClient(url: string, options: Partial<MqttTransportOptions> = {}): MqttTransport {
  const clientId = `client-${++clients}`;
  const backoff = { minMs: 20, maxMs: 100 };
  return new MqttTransport({
    url,
    clientId,
    backoff,
    random: new SeededRandom(clients),
    log: silentLog,
    ...options,
  });
}

/** Clients of a broker at `port`. Each connects through a relay. */
export function mqttBench(
  port: number,
  options: Partial<MqttTransportOptions>,
  stopBroker: () => Promise<void>,
): Bench {
  const relays = new Map<Transport, Relay>();
  const all = (action: (relay: Relay) => Promise<unknown>) => Promise.all([...relays.values()].map(action));
  return {
    async client({ will } = {}) {
      const relay = new Relay(port);
      const url = `mqtt://127.0.0.1:${await relay.start()}`;
      const client = mqttClient(url, { ...options, ...(will ? { will } : {}) });
      relays.set(client, relay);
      return client;
    },
    cut: (client) => relays.get(client)?.cut(),
    async away() {
      await all((relay) => relay.stop());
    },
    async back() {
      await all((relay) => relay.start());
    },
    async close() {
      await all((relay) => relay.stop());
      await stopBroker();
    },
  };
}
