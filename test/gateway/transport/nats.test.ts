import { equal, match } from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { findProgram } from '../../../tools/support/mosquitto';
import { type Nats, startNats } from '../../../tools/support/nats';
import { mqttClient } from './mqtt-bench';
import { bytes, firstError, Inbox, reached } from './tools';

const suite = findProgram('nats-server') ? describe : describe.skip;

suite('MQTT of NATS', () => {
  let server: Nats;
  const ends: (() => Promise<void>)[] = [];
  before(async () => {
    server = await startNats();
  });
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });
  after(() => server?.stop());

  const client = (topic = 'ftte/v2/clinic/gw/bed-1/presence') => {
    const will = { topic, payload: bytes('gone'), retain: true };
    const made = mqttClient(`mqtt://127.0.0.1:${server.port}`, { will });
    ends.push(() => made.close());
    return made;
  };

  it('refuses version 5 with code 1, and the transport goes on with 3.1.1', async () => {
    const socket = connect(server.port, '127.0.0.1');
    // CONNECT: protocol MQTT of level 5, clean start, keepalive of 60 s, no properties, client id x (MQTT 5, 3.1).
    socket.write(Buffer.from([0x10, 14, 0, 4, ...Buffer.from('MQTT'), 5, 2, 0, 60, 0, 0, 1, 0x78]));
    const [answer] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    // CONNACK with "unacceptable protocol version" (MQTT 3.1.1, 3.2.2.3).
    equal(answer.toString('hex'), '20020001');
    const transport = client();
    transport.open();
    await reached(transport, 'online');
    equal(transport.protocolVersion, 4);
  });

  it('carries names with a dot from NATS 2.10 on, and before that the error says why it does not', async () => {
    const topic = 'ftte/v2/clinic/gw/bed.1/presence';
    const transport = client(topic);
    const failed = firstError(transport);
    transport.open();
    const outcome = await Promise.race([failed, reached(transport, 'online')]);
    if (outcome instanceof Error) {
      match(outcome.message, /NATS before 2\.10 does so for a name with a dot, as in .*bed\.1/);
      return;
    }
    const inbox = new Inbox();
    await transport.subscribe(topic, inbox.take);
    await transport.publish(topic, bytes('here'));
    await inbox.upTo(1);
    equal(inbox.texts[0], 'here');
  });
});
