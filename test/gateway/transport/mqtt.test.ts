import { HostedBroker } from '../../../gateway/transport';
import { findProgram, startMosquitto } from '../../../tools/support/mosquitto';
import { startNats } from '../../../tools/support/nats';
import { transportContract } from './contract';
import { mqttBench } from './mqtt-bench';

transportContract('mqtt.js and the hosted broker', async () => {
  const broker = new HostedBroker({ port: 0 });
  await broker.start();
  return mqttBench(broker.port, {}, () => broker.stop());
});

for (const [name, protocolVersion] of [
  ['3.1.1', 4],
  ['5', 5],
] as const) {
  transportContract(
    `mqtt.js and Mosquitto over MQTT ${name}`,
    findProgram('mosquitto')
      ? async () => {
          const broker = await startMosquitto();
          return mqttBench(broker.port, { protocolVersion }, () => broker.stop());
        }
      : undefined,
  );
}

transportContract(
  'mqtt.js and NATS',
  findProgram('nats-server')
    ? async () => {
        const broker = await startNats();
        return mqttBench(broker.port, {}, () => broker.stop());
      }
    : undefined,
);
