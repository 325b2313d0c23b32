import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NodeMessage } from 'node-red';
import type { Notice, RoundReport, VersionReport } from '../../gateway';
import type { FtteError } from '../../gateway/platform';
import { HostedBroker } from '../../gateway/transport';
import { freePort } from '../../tools/support/free-port';
import {
  allNodes,
  coordinate,
  joined,
  labels,
  onTab,
  predict,
  tab,
  taskConfig,
  train,
  windowOfOnes,
} from '../support/node-red/federation-flow';
import { failureOf, give, inputWhere, shown, until } from '../support/node-red/flow-messages';
import { helper, logged, statusOf, useNodeRed } from '../support/node-red/node-red-helper';
import { aMoment } from '../support/waiting';

type Version = NodeMessage & { payload: VersionReport };
type Round = NodeMessage & { payload: RoundReport };
type Noticed = NodeMessage & { payload: Notice };

/** A gateway and a coordinator at a broker of somebody else's; one update makes a version. */
const flow = (port: number, taskChanges: object = {}) => [
  tab,
  taskConfig({ aggregation: { bufferSize: 1, maxWaitMs: 1000 }, ...taskChanges }),
  joined('fed-c', port),
  joined('fed-a', port),
  ...coordinate(),
  ...train('fed-a', { id: 'train', trigger: 'message' }),
];

async function giveSamples(count: number): Promise<void> {
  for (let i = 0; i < count; i++)
    await give('train', { payload: windowOfOnes(i / count), label: labels[i % labels.length] });
}

async function trainOnce(): Promise<RoundReport> {
  const round = inputWhere<Round>('train:1', () => true);
  await give('train', { action: 'train' });
  return (await round).payload;
}

/** The code of the node's error; undefined if it does not fail. */
const failure = (id: string, msg: object) =>
  give(id, msg).then(
    () => undefined,
    (error: FtteError) => error.code,
  );

const versionAfter = (version: number) =>
  inputWhere<Version>(
    'coordinate:1',
    ({ topic, payload }) => topic === 'version' && payload.version > version,
  );

describe('a federation in trouble', () => {
  const context = useNodeRed();
  let port: number;
  let broker: HostedBroker;
  beforeEach(async () => {
    port = await freePort();
    broker = new HostedBroker({ port });
    await broker.start();
  });
  afterEach(() => broker.stop());

  it('shows at nodes without messages whether the broker or only the coordinator is missing', async () => {
    await broker.stop();
    await helper.load(allNodes, [
      tab,
      joined('fed-a', port),
      { id: 'window', type: 'ftte-window', ...onTab, federation: 'fed-a' },
      ...train('fed-a', { id: 'train' }),
      ...predict('fed-a', { id: 'predict' }),
    ]);
    for (const id of ['window', 'train', 'predict']) await shown(id, 'waiting-broker');
    await broker.start();
    await shown('window', 'waiting-task');
    for (const id of ['train', 'predict']) await shown(id, 'waiting-task');
  });

  const outbox = () => readdirSync(join(context.userDir, 'ftte', 'fed-a', 'outbox'));

  it('trains on while the broker is away, keeps the update on disk, and brings it when the broker is back', async () => {
    await helper.load(allNodes, flow(port));
    await shown('train', 'collecting');
    await giveSamples(16);
    await broker.stop();
    await until(() => logged('error', 'fed-a').length > 0);
    assert.equal((await trainOnce()).round, 1);
    assert.equal(outbox().length, 1);
    const told = logged('error', 'fed-a').length;
    assert.ok(told <= 2, 'the end of the connection, and that the broker cannot be reached');

    const version = versionAfter(0);
    broker = new HostedBroker({ port });
    await broker.start();
    assert.equal((await version).payload.contributions[0]?.gateway, 'at-fed-a');
    await until(() => outbox().length === 0);
    assert.deepEqual(logged('error', 'train'), []);
  });

  it('brings after a restart of everything what was trained while the broker was away, once', async () => {
    await helper.load(allNodes, flow(port));
    await shown('train', 'collecting');
    await giveSamples(16);
    await broker.stop();
    await until(() => logged('error', 'fed-a').length > 0);
    await trainOnce();
    await helper.unload();
    assert.equal(outbox().length, 1);

    broker = new HostedBroker({ port });
    await broker.start();
    await helper.load(allNodes, flow(port));
    const { version, contributions } = (await versionAfter(0)).payload;
    assert.equal(version, 1);
    assert.equal(contributions.length, 1);
    await until(() => outbox().length === 0);
  });

  it('drops samples that a changed task has no use for, says so, and begins a new lineage', async () => {
    await helper.load(allNodes, flow(port));
    await shown('train', 'collecting');
    await giveSamples(16);
    const first = versionAfter(0);
    await trainOnce();
    const { lineage } = (await first).payload;

    const renamed = labels.map((label) => (label === 'LAYING' ? 'LYING' : label));
    await helper.setFlows(flow(port, { labels: renamed }), 'nodes');
    await until(() =>
      logged('warn', 'train').some((text) =>
        /\[task-waiting\] the task waits until a person accepts it: labels: got .*LYING/.test(text),
      ),
    );
    await shown('train', 'task-waiting');
    await give('train', { action: 'accept' });
    await until(() =>
      logged('warn', 'train').some((text) => /samples were dropped: they do not fit the new task/.test(text)),
    );
    const error = await failureOf('train', { payload: windowOfOnes(), label: 'LAYING' });
    assert.equal(error.code, 'label-unknown');
    const second = versionAfter(0);
    await give('train', { payload: windowOfOnes(), label: 'LYING' });
    // The new model is on its way.
    while ((await failure('train', { action: 'train' })) === 'not-ready') await aMoment();
    assert.notEqual((await second).payload.lineage, lineage);
  });

  it('asks at each node of a gateway that was started again to accept a task with other labels', async () => {
    const gateway = (changes: object = {}) => [
      ...flow(port, changes),
      { id: 'window', type: 'ftte-window', ...onTab, federation: 'fed-a' },
      ...predict('fed-a', { id: 'predict' }),
    ];
    await helper.load(allNodes, gateway());
    await shown('train', 'collecting');
    await helper.unload();
    // A broker that has forgotten the task of before.
    await broker.stop();
    broker = new HostedBroker({ port });
    await broker.start();

    const renamed = labels.map((label) => (label === 'LAYING' ? 'LYING' : label));
    await helper.load(allNodes, gateway({ labels: renamed }));
    for (const id of ['train', 'window', 'predict']) await shown(id, 'task-waiting');
    await give('train', { action: 'accept' });
    await shown('train', 'collecting');
  });

  it('goes on from the checkpoint before where the newest is damaged, and says so on the second output', async () => {
    await helper.load(allNodes, flow(port));
    await shown('train', 'collecting');
    await giveSamples(16);
    const first = versionAfter(0);
    await trainOnce();
    await first;
    await helper.unload();
    const folder = join(context.userDir, 'ftte', 'coordinate', 'coordinator');
    const model = join(folder, readdirSync(folder)[0] ?? '');
    const newest = readdirSync(model)
      .filter((name) => name.endsWith('.ckpt'))
      .sort()
      .at(-1);
    writeFileSync(join(model, newest ?? ''), 'half a checkpoint');

    await helper.load(allNodes, flow(port));
    const told = await inputWhere<Noticed>('coordinate:2', ({ topic }) => topic === 'model-recovered');
    assert.ok(told.payload.level === 'warning');
    assert.match(told.payload.text, /continues from version 0/);
    // A number that no gateway has seen: what the damaged one held is in the journal and is applied again.
    const { version, contributions } = (await versionAfter(1)).payload;
    assert.ok(version > 1);
    assert.equal(contributions[0]?.gateway, 'at-fed-a');
  });

  it('starts no new model by itself if all checkpoints are damaged, and starts one if the flow resets it', async () => {
    await helper.load(allNodes, flow(port));
    await shown('train', 'collecting');
    await helper.unload();
    const folder = join(context.userDir, 'ftte', 'coordinate', 'coordinator');
    const model = join(folder, readdirSync(folder)[0] ?? '');
    for (const name of readdirSync(model)) writeFileSync(join(model, name), 'half a checkpoint');

    await helper.load(allNodes, flow(port));
    await shown('coordinate', 'refused-storage');
    assert.match(logged('error', 'coordinate').join(), /no checkpoint .* can be read/);
    const notice = inputWhere<Noticed>('coordinate:2', ({ topic }) => topic === 'lineage-begun');
    await give('coordinate', { action: 'reset' });
    const { payload } = await notice;
    assert.ok(payload.text.includes(`${model}.damaged-1`));
    await shown('coordinate', 'version');
    await shown('train', 'collecting');
  });

  it('says in the status that the broker is away, and works again when it comes', async () => {
    await broker.stop();
    await helper.load(allNodes, flow(port));
    await shown('coordinate', 'waiting-broker');
    await until(() => logged('error', 'fed-c').length > 0);
    const collecting = statusOf('train', (text) => text === 'collecting');
    broker = new HostedBroker({ port });
    await broker.start();
    await collecting;
    assert.equal(logged('error', 'fed-c').filter((text) => /cannot be reached/.test(text)).length, 1);
  });
});
