import assert from 'node:assert/strict';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NodeMessage } from 'node-red';
import { type CoordinatorStatus, readStoredModel, type VersionReport } from '../../../gateway/coordinator';
import { openLayersModel, readLayersModel } from '../../../gateway/interchange';
import type { Notice } from '../../../gateway/platform';
import { modelKey, parametersFingerprint, parseTask, type Task } from '../../../gateway/task';
import { freePort } from '../../../tools/support/free-port';
import { idleMs } from '../../support/elapsed';
import {
  allNodes,
  coordinate,
  hosted,
  joined,
  labels,
  tab,
  task,
  taskConfig,
  train,
  windowOfOnes,
} from '../../support/node-red/federation-flow';
import { failureOf, give, inputWhere, shown } from '../../support/node-red/flow-messages';
import { helper, logged, useNodeRed } from '../../support/node-red/node-red-helper';

type Version = NodeMessage & { payload: VersionReport };
type Told = NodeMessage & { payload: Notice };
type Exported = NodeMessage & {
  payload: {
    lineage: string;
    version: number;
    parameters: Float32Array;
    task: Task;
    files: Record<string, Buffer | string>;
  };
};

const flow = (port: number, changes: Record<string, unknown> = {}) => [
  tab,
  taskConfig({ aggregation: { bufferSize: 1, maxWaitMs: 60_000 } }),
  hosted(port),
  joined('fed-a', port),
  ...coordinate(changes),
  ...train('fed-a', { id: 'train', trigger: 'message' }),
];
const atWork = () => shown('coordinate', 'version');
const nextVersion = (version: number) =>
  inputWhere<Version>(
    'coordinate:1',
    ({ topic, payload }) => topic === 'version' && payload.version >= version,
  );
const notice = (code: string) => inputWhere<Told>('coordinate:2', ({ topic }) => topic === code);

async function trainOnce(): Promise<void> {
  for (let i = 0; i < task.training.minSamples; i++)
    await give('train', { payload: windowOfOnes(i / 10), label: labels[i % labels.length] });
  await give('train', { action: 'train' });
}

describe('the coordinate node', () => {
  const context = useNodeRed();

  it('makes versions of the updates of gateways, measures them on held-out windows, and reports who came and what it does now', async () => {
    const port = await freePort();
    await helper.load(allNodes, flow(port));
    const joinedNotice = notice('gateway-joined');
    const first = nextVersion(1);
    await shown('train', 'collecting');
    await give('coordinate', { payload: windowOfOnes(), label: 'SITTING' });
    await trainOnce();
    const { topic, payload } = await first;
    assert.equal(topic, 'version');
    assert.equal(payload.average?.windows, 1);
    assert.equal(payload.contributions[0]?.gateway, 'at-fed-a');
    const told = (await joinedNotice).payload;
    assert.deepEqual(told.details, { gateway: 'at-fed-a', online: 1, budgetBytes: 192 * 1024 });
    const answer = inputWhere<NodeMessage & { payload: CoordinatorStatus }>(
      'coordinate:1',
      (msg) => msg.topic === 'status',
    );
    await give('coordinate', { action: 'status' });
    const now = (await answer).payload;
    assert.deepEqual([now.version, now.bufferSize, now.heldOut], [1, 1, 1]);
    assert.deepEqual(
      now.gateways.map(({ id, online, contributions }) => [id, online, contributions]),
      [['at-fed-a', true, 1]],
    );
  });

  it('keeps its held-out windows over every deploy and over a restart, counts those once that come again, and forgets them', async () => {
    const port = await freePort();
    await helper.load(allNodes, flow(port));
    await atWork();
    const feed = async () => {
      for (const label of labels.slice(0, 3)) await give('coordinate', { payload: windowOfOnes(), label });
    };
    await feed();
    const measured = async () => {
      await atWork();
      await shown('train', 'collecting');
      const next = inputWhere<Version>('coordinate:1', ({ topic }) => topic === 'version');
      await trainOnce();
      return (await next).payload.average?.windows;
    };
    assert.equal(await measured(), 3);
    for (const type of ['nodes', 'full']) {
      await helper.setFlows(flow(port, { name: `edited for ${type}` }), type);
      assert.equal(await measured(), 3);
    }
    await helper.unload();
    const file = join(context.userDir, 'ftte', 'coordinate', 'coordinator', 'held-out.bin');
    assert.equal(statSync(file).mode & 0o777, 0o600);
    await helper.load(allNodes, flow(port));
    await atWork();
    await feed();
    assert.equal(await measured(), 3);
    await give('coordinate', { action: 'forget' });
    assert.equal(existsSync(file), false);
    assert.equal(await measured(), undefined);
  });

  it('refuses held-out windows and actions that are wrong, and stays at work', async () => {
    const port = await freePort();
    await helper.load(allNodes, flow(port));
    await atWork();
    // A map whose value is an array in an array in an array.
    const nested = Buffer.concat([Buffer.from([0xa1, 0x61, 0x61]), Buffer.alloc(5000, 0x81)]);
    const cases: [object, string, RegExp][] = [
      [{ payload: new Float32Array(12), label: 'SITTING' }, 'window-shape', /\[2, 6\].*\[32, 6\]: acc_x/],
      [{ payload: windowOfOnes(Number.NaN), label: 'SITTING' }, 'window-not-finite', /channel acc_x/],
      [{ payload: windowOfOnes(), label: 'FLYING' }, 'label-unknown', /"FLYING"/],
      [{ action: 'explode' }, 'message-invalid', /"explode"/],
      [
        { action: 'rollback', version: 'best' },
        'message-invalid',
        /msg.version: expected the number of a version, got "best"/,
      ],
      [{ payload: Buffer.from('not ours') }, 'message-invalid', /./],
      [{ payload: Buffer.alloc(17 * 1024 * 1024) }, 'message-invalid', /./],
      [{ payload: nested }, 'message-invalid', /./],
    ];
    for (const [msg, code, message] of cases) {
      const error = await failureOf('coordinate', msg);
      assert.equal(error.code, code);
      assert.match(error.message, message);
    }
    await give('coordinate', { payload: windowOfOnes(), label: 'SITTING' });
  });

  it('exports files that start a coordinator from the same parameters, as a model of its own', async () => {
    const port = await freePort();
    await helper.load(allNodes, flow(port));
    await atWork();
    const exported = inputWhere<Exported>('coordinate:1', ({ topic }) => topic === 'export');
    await give('coordinate', { action: 'export', path: 'exported' });
    const { files, parameters, lineage, task: before } = (await exported).payload;
    assert.equal(files['model.json'], join(context.userDir, 'exported', 'model.json'));
    const { initial, ...own } = before;
    assert.equal(initial, undefined);

    // Another seed: what comes of it would be other parameters.
    const [, ...rest] = flow(await freePort(), { start: 'exported/model.json' });
    await helper.unload();
    // What is on disk can be exported without Node-RED, too.
    const folder = join(context.userDir, 'ftte', 'coordinate', 'coordinator');
    const stored = await readStoredModel(folder);
    assert.deepEqual([stored.version, stored.parameters.average], [0, parameters]);
    assert.deepEqual(parseTask(stored.task), before);
    const seeded = taskConfig({ seed: 99, aggregation: { bufferSize: 1, maxWaitMs: 60_000 } });
    await helper.load(allNodes, [tab, seeded, ...rest.slice(1)]);
    await atWork();
    // A gateway cannot make these of a seed: it gets them from the coordinator.
    await shown('train', 'collecting');
    const again = inputWhere<Exported>('coordinate:1', ({ topic }) => topic === 'export');
    await give('coordinate', { action: 'export' });
    const second = (await again).payload;
    assert.deepEqual(second.parameters, parameters);
    await assert.rejects(readStoredModel(folder), /several models: name one of/);
    assert.deepEqual((await readStoredModel(join(folder, modelKey(before)))).lineage, lineage);
    assert.equal(second.task.initial, parametersFingerprint(parameters));
    assert.notEqual(modelKey(second.task), modelKey({ ...own, seed: 99 }));
    const shard = second.files['weights.bin'];
    const opened = openLayersModel(String(second.files['model.json']));
    assert.ok(Buffer.isBuffer(shard));
    assert.deepEqual(readLayersModel(opened, new Map([['weights.bin', shard]])).parameters, parameters);
  });

  it('says what is wrong with the file that it is to start from, and takes no messages', async () => {
    const port = await freePort();
    await helper.load(allNodes, flow(port, { start: 'none.json' }));
    const error = await failureOf('coordinate', { action: 'checkpoint' });
    assert.equal(error.code, 'model-invalid');
    assert.match(error.message, /cannot read .*none\.json/);
    assert.match(logged('error', 'coordinate').join(), /cannot read/);
  });

  it('keeps the federation from no corrected node, after an address of its log that was wrong', async () => {
    const port = await freePort();
    const wrong = { storage: 'postgres', logUrl: 'postgres://ftte:100%@db.example/ftte' };
    await helper.load(allNodes, flow(port, wrong));
    await shown('coordinate', 'config');
    assert.match(logged('error', 'coordinate').join(), /a password with a %/);
    await helper.setFlows(flow(port, { name: 'corrected' }), 'nodes');
    await atWork();
  });

  it('exports the model on its first output', async () => {
    const port = await freePort();
    await helper.load(allNodes, flow(port));
    await atWork();
    const exported = inputWhere<Exported>('coordinate:1', ({ topic }) => topic === 'export');
    await give('coordinate', { action: 'export' });
    const { lineage, version, parameters, task: described } = (await exported).payload;
    assert.match(lineage, /^[0-9a-f]{16}$/);
    assert.equal(version, 0);
    assert.ok(parameters instanceof Float32Array && parameters.length > 1000);
    assert.equal(described.name, 'test');
  });

  it('continues after a restart from its own folder', async () => {
    const port = await freePort();
    await helper.load(allNodes, flow(port));
    const first = nextVersion(1);
    await shown('train', 'collecting');
    await trainOnce();
    const { lineage } = (await first).payload;
    await helper.unload();
    assert.ok(existsSync(join(context.userDir, 'ftte', 'coordinate', 'coordinator')));

    await helper.load(allNodes, flow(port));
    await atWork();
    const exported = inputWhere<Exported>('coordinate:1', ({ topic }) => topic === 'export');
    await give('coordinate', { action: 'export' });
    assert.deepEqual([(await exported).payload.lineage, (await exported).payload.version], [lineage, 1]);
  });

  it('keeps what was learned when the task gets another label, and says which layers', async () => {
    const port = await freePort();
    await helper.load(allNodes, flow(port));
    const first = nextVersion(1);
    await shown('train', 'collecting');
    await trainOnce();
    const { lineage } = (await first).payload;
    await helper.unload();

    const [, , ...rest] = flow(port);
    const changed = { labels: [...labels, 'JUMPING'], aggregation: { bufferSize: 1, maxWaitMs: 60_000 } };
    await helper.load(allNodes, [tab, taskConfig(changed), ...rest]);
    const told = notice('carried-over');
    await atWork();
    const { payload } = (await told) as unknown as { payload: Notice };
    assert.deepEqual([payload.details?.version, payload.details?.partly], [1, ['dense_1']]);
    assert.match(logged('warn', 'coordinate').join(), /starts from version 1 of the one before/);
    const exported = inputWhere<Exported>('coordinate:1', ({ topic }) => topic === 'export');
    await give('coordinate', { action: 'export' });
    const carried = (await exported).payload;
    assert.notEqual(carried.lineage, lineage);
    assert.match(String(carried.task.initial), /^[0-9a-f]{16}$/);

    await helper.unload();
    await helper.load(allNodes, [
      tab,
      { ...taskConfig({ ...changed, seed: 5 }), modelChange: 'fresh' },
      ...rest,
    ]);
    await atWork();
    const fresh = inputWhere<Exported>('coordinate:1', ({ topic }) => topic === 'export');
    await give('coordinate', { action: 'export' });
    assert.equal((await fresh).payload.task.initial, undefined);
  });

  it('makes a version on demand, not while paused, and goes back to an earlier one as a new one', async () => {
    const port = await freePort();
    await helper.load(allNodes, flow(port));
    await shown('train', 'collecting');
    await give('coordinate', { action: 'pause' });
    await shown('coordinate', 'paused');
    const first = nextVersion(1);
    await trainOnce();
    await give('coordinate', { action: 'resume' });
    await first;
    await give('coordinate', { action: 'checkpoint' });
    const exported = inputWhere<Exported>('coordinate:1', ({ topic }) => topic === 'export');
    await give('coordinate', { action: 'rollback', version: 0 });
    await give('coordinate', { action: 'export' });
    assert.equal((await exported).payload.version, 2);
  });

  it('stays away if another coordinator is at work, and says so', async () => {
    const port = await freePort();
    await helper.load(allNodes, [
      ...flow(port),
      ...[
        {
          id: 'second',
          type: 'ftte-coordinate',
          z: 'tab',
          x: 1,
          y: 1,
          federation: 'fed-2',
          task: 'task',
          wires: [],
        },
      ],
      joined('fed-2', port),
    ]);
    await Promise.any(['coordinate', 'second'].map((id) => shown(id, 'refused-second')));
    const errors = ['coordinate', 'second'].flatMap((id) => logged('error', id));
    assert.match(errors.join(), /coordinat/);
  });

  it('says that it cannot write its folder, instead of working without', async () => {
    writeFileSync(join(context.userDir, 'ftte'), 'a file where the folder should be');
    const port = await freePort();
    await helper.load(allNodes, flow(port));
    await shown('coordinate', 'refused-storage');
    assert.match(logged('error', 'coordinate').join(), /ftte/);
  });

  it('closes at once if the broker was never reached', async () => {
    const port = await freePort();
    await helper.load(allNodes, [tab, taskConfig(), joined('fed-c', port), ...coordinate()]);
    await shown('coordinate', 'waiting-broker');
    assert.ok((await idleMs(() => helper.unload())) < 2000);
    assert.deepEqual(logged('warn', 'coordinate'), []);
  });

  it('reports to the flow why it refused an update', async () => {
    const port = await freePort();
    await helper.load(allNodes, flow(port));
    await shown('train', 'collecting');
    const update = inputWhere<NodeMessage>('train:2', ({ topic }) => topic === 'update');
    await trainOnce();
    const bytes = Buffer.from((await update).payload as Buffer);
    await helper.unload();

    // The same update for a model that has restarted.
    await helper.load(allNodes, flow(port, { id: 'coordinate' }).map((node) => node.id === 'task' ? taskConfig({ seed: 7 }) : node)); // biome-ignore format: one line
    await atWork();
    const rejected = notice('update-rejected');
    await give('coordinate', { payload: bytes });
    const told = (await rejected).payload;
    assert.ok(['other-lineage', 'unknown-sender'].includes(String(told.details?.reason)));
  });
});
