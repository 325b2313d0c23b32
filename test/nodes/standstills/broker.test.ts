import { createServer, type Server } from 'node:net';
import { freePort } from '../../../tools/support/free-port';
import {
  findProgram,
  type Mosquitto,
  type MosquittoOptions,
  startMosquitto,
} from '../../../tools/support/mosquitto';
import { mosquittoTls, selfSigned } from '../../gateway/transport/certificate';
import {
  allNodes,
  coordinate,
  joined,
  labels,
  predict,
  tab,
  taskConfig,
  train,
  windowOfOnes,
} from '../../support/node-red/federation-flow';
import { give, shown, trainRounds } from '../../support/node-red/flow-messages';
import { helper, useNodeRed } from '../../support/node-red/node-red-helper';
import { standstill } from '../../support/node-red/standstill';

const define = findProgram('mosquitto') ? describe : describe.skip;
define('a standstill at the broker is shown and said', () => {
  useNodeRed();
  let broker: Mosquitto | undefined;
  let server: Server | undefined;
  afterEach(async () => {
    await helper.unload();
    await broker?.stop();
    server?.close();
    broker = server = undefined;
  });

  const topics = 'ftte/v1/test';
  const users = { one: 'one', two: 'two' };
  const credentials = (password = 'two') => ({
    'fed-c': { user: 'one', password: 'one' },
    'fed-a': { user: 'two', password },
  });
  const flow = (port: number, changes: Record<string, unknown> = {}) => [
    tab,
    taskConfig({ aggregation: { bufferSize: 1, maxWaitMs: 1000 } }),
    joined('fed-c', port),
    joined('fed-a', port, { ...changes }),
    ...coordinate(),
    ...train('fed-a', { id: 'train', trigger: 'message' }),
    ...predict('fed-a', { id: 'predict' }),
  ];
  const alone = (port: number, changes: Record<string, unknown> = {}) => [
    tab,
    joined('fed-a', port, changes),
    ...train('fed-a', { id: 'train', trigger: 'message' }),
  ];

  /** A federation in which the gateway may use all topics but one. */
  async function without(forbidden: string, more: MosquittoOptions = {}): Promise<void> {
    const gateway = 'at-fed-a';
    const rules = [
      ...['hello', 'presence', 'update', 'sync', 'ready'].map((type) => [
        type,
        `topic write ${topics}/gw/${gateway}/${type}`,
      ]),
      ...['ack', 'snapshot', 'grant'].map((type) => [type, `topic read ${topics}/to/${gateway}/${type}`]),
      ...['claim', 'task', 'head', 'patch'].map((type) => [type, `topic read ${topics}/all/${type}`]),
      ['hub', 'user one'],
      ...['hello', 'presence', 'update', 'sync', 'ready'].map((type) => [
        'hub',
        `topic read ${topics}/gw/+/${type}`,
      ]),
      ...['claim', 'task', 'head', 'patch', 'presence'].map((type) => [
        `publish ${type}`,
        `topic readwrite ${topics}/all/${type}`,
      ]),
      ['hub', `topic readwrite ${topics}/gw/coordinator/#`],
      ['hub', `topic readwrite ${topics}/gw/at-fed-c/#`],
      ['hub', `topic write ${topics}/to/#`],
    ];
    const acl = ['user two', ...rules.filter(([type]) => type !== forbidden).map(([, rule = '']) => rule)];
    broker = await startMosquitto({ users, acl, ...more });
    await helper.load(allNodes, flow(broker.port), credentials());
  }

  async function samples(count = 16): Promise<void> {
    for (let i = 0; i < count; i++)
      await give('train', { payload: windowOfOnes(i / count), label: labels[i % labels.length] });
  }

  async function rounds(count: number): Promise<void> {
    await samples();
    await trainRounds('train', 'train:1', count);
  }

  standstill(
    'no broker at the address',
    async () => {
      await helper.load(allNodes, alone(await freePort()));
    },
    20,
  );
  standstill('another user or password', async () => {
    broker = await startMosquitto({ users });
    await helper.load(allNodes, alone(broker.port), credentials('wrong'));
  });
  standstill('a port that speaks something else', async () => {
    server = createServer((socket) =>
      socket.on('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')),
    );
    const port = await freePort();
    await new Promise<void>((resolve) => server!.listen(port, '127.0.0.1', resolve));
    await helper.load(allNodes, alone(port));
  });
  standstill(
    'a broker that ends each connection',
    async () => {
      server = createServer((socket) => socket.destroy());
      const port = await freePort();
      await new Promise<void>((resolve) => server!.listen(port, '127.0.0.1', resolve));
      await helper.load(allNodes, alone(port));
    },
    20,
  );
  standstill('a certificate that is not trusted', async () => {
    broker = await startMosquitto({ lines: mosquittoTls, files: selfSigned() });
    await helper.load(allNodes, alone(broker.port, { url: `mqtts://localhost:${broker.port}` }));
  });
  standstill('a gateway may not publish updates', async () => {
    await without('update');
    await shown('train', 'collecting');
    await rounds(1);
  });
  standstill('a gateway may not publish its hello', async () => {
    await without('hello');
  });
  standstill(
    'a gateway may not read acknowledgements',
    async (hurryUp) => {
      await without('ack');
      await shown('train', 'collecting');
      await samples();
      hurryUp();
      await trainRounds('train', 'train:1', 4);
    },
    20,
  );
  standstill(
    'a gateway may not read the task',
    async () => {
      await without('task');
    },
    20,
  );
  standstill('the coordinator may not publish the task', async () => {
    await without('publish task');
  });
  standstill('the coordinator may not publish versions', async () => {
    await without('publish patch');
    await shown('train', 'collecting');
    await rounds(1);
  });
  standstill('a broker that takes very small messages only', async () => {
    broker = await startMosquitto({ lines: ['max_packet_size 200'] });
    await helper.load(allNodes, flow(broker.port));
  });
  standstill(
    'no coordinator',
    async () => {
      broker = await startMosquitto();
      await helper.load(allNodes, alone(broker.port));
    },
    20,
  );
  standstill(
    'another name of the federation',
    async () => {
      broker = await startMosquitto();
      await helper.load(allNodes, flow(broker.port, { federation: 'tset' }));
    },
    20,
  );
});
