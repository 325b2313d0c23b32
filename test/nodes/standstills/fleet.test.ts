import { connectAsync, type MqttClient } from 'mqtt';
import { encodeCbor } from '../../../gateway/wire/cbor';
import { findProgram, type Mosquitto, startMosquitto } from '../../../tools/support/mosquitto';
import {
  allNodes,
  coordinate,
  joined,
  labels,
  tab,
  task,
  taskConfig,
  train,
  windowOfOnes,
} from '../../support/node-red/federation-flow';
import { give, shown, trainRounds } from '../../support/node-red/flow-messages';
import { helper, useNodeRed } from '../../support/node-red/node-red-helper';
import { standstill } from '../../support/node-red/standstill';
import { RoleProcess } from '../../support/role-process';

const define = findProgram('mosquitto') ? describe : describe.skip;
define('a standstill between gateways and coordinator is shown and said', () => {
  let broker: Mosquitto;
  let other: RoleProcess | undefined;
  let client: MqttClient | undefined;
  beforeEach(async () => {
    broker = await startMosquitto();
  });
  afterEach(async () => {
    await helper.unload();
    other?.kill();
    other = undefined;
    await client?.endAsync();
    client = undefined;
    await broker.stop();
  });
  useNodeRed();

  const flow = (aggregation: object = {}, changes: object = {}) => [
    tab,
    taskConfig({ aggregation: { bufferSize: 1, maxWaitMs: 1000, ...aggregation }, ...changes }),
    joined('fed-c', broker.port),
    joined('fed-a', broker.port),
    ...coordinate(),
    ...train('fed-a', { id: 'train', trigger: 'message' }),
  ];
  const load = async (aggregation: object = {}, changes: object = {}) => {
    await helper.load(allNodes, flow(aggregation, changes));
    await shown('train', 'collecting');
  };

  async function samples(label: (i: number) => string | undefined): Promise<void> {
    for (let i = 0; i < 16; i++) await give('train', { payload: windowOfOnes(i / 16), label: label(i) });
  }
  const mixed = (i: number) => labels[i % labels.length];

  standstill('two gateways have one id', async () => {
    await load();
    other = new RoleProcess('headless-role', 'member', broker.port, 'test', 'at-fed-a');
    await samples(mixed);
  });
  standstill('the coordinator is paused', async () => {
    await load();
    await give('coordinate', { action: 'pause' });
  });
  standstill('the coordinator of a gateway is paused', async () => {
    await load();
    await samples(mixed);
    await give('coordinate', { action: 'pause' });
  });
  standstill('the gateway is paused', async () => {
    await load();
    await give('train', { action: 'pause' });
  });
  standstill(
    'too few gateways fill the buffer',
    async (hurryUp) => {
      await load({ bufferSize: 3, maxWaitMs: 3_600_000 });
      await samples(mixed);
      await trainRounds('train', 'train:1', 1);
      hurryUp();
    },
    20,
  );
  standstill(
    'all samples have one label',
    async (hurryUp) => {
      // A window takes half a minute, so that for a while none is missed.
      await load({}, { input: { ...task.input, rateHz: 1 } });
      await samples(() => labels[0]);
      hurryUp();
    },
    20,
  );
  standstill('the coordinator has another version of the package', async () => {
    await helper.load(
      allNodes,
      flow().filter(({ id }) => id !== 'coordinate'),
    );
    client = await connectAsync(`mqtt://127.0.0.1:${broker.port}`);
    const task = { ftte: 3, type: 'task', federation: 'test', sender: 'at-fed-c', sequence: 0 };
    await client.publishAsync('ftte/v1/test/all/task', Buffer.from(encodeCbor(task)), {
      qos: 1,
      retain: true,
    });
  });
  standstill('a gateway has another version of the package', async () => {
    await helper.load(
      allNodes,
      flow().filter(({ id }) => id !== 'train'),
    );
    client = await connectAsync(`mqtt://127.0.0.1:${broker.port}`);
    const hello = { ftte: 3, type: 'hello', federation: 'test', sender: 'old', sequence: 0 };
    await client.publishAsync('ftte/v1/test/gw/old/hello', Buffer.from(encodeCbor(hello)), {
      qos: 1,
      retain: true,
    });
  });
  standstill('bytes on the topic of the task are no message', async () => {
    await helper.load(
      allNodes,
      flow().filter(({ id }) => id !== 'coordinate'),
    );
    client = await connectAsync(`mqtt://127.0.0.1:${broker.port}`);
    await client.publishAsync('ftte/v1/test/all/task', Buffer.from('hello'), { qos: 1, retain: true });
  });
});
