import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Worker } from 'node:worker_threads';
import type { NodeMessage } from 'node-red';
import type { RoundReport, VersionReport } from '../../gateway';
import { freePort } from '../../tools/support/free-port';
import { idleMs } from '../support/elapsed';
import { allNodes, coordinate, hosted, joined, labels, play, predict, tab, taskConfig, train } from '../support/node-red/federation-flow'; // biome-ignore format: one line
import { inputWhere } from '../support/node-red/flow-messages';
import { helper, useNodeRed } from '../support/node-red/node-red-helper';

type Version = NodeMessage & { payload: VersionReport };
type Round = NodeMessage & { payload: RoundReport };
type Predicted = NodeMessage & {
  payload: { label: string; scores: Record<string, number>; version: number };
};

/** Every thread that is started from now on, until it has ended. */
function watchThreads(): { readonly running: Set<Worker>; stop(): void } {
  const running = new Set<Worker>();
  const onWorker = (worker: Worker) => {
    running.add(worker);
    worker.once('exit', () => running.delete(worker));
  };
  process.on('worker', onWorker);
  return { running, stop: () => process.off('worker', onWorker) };
}

async function isServed(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  const served = await once(socket, 'connect').then(
    () => true,
    () => false,
  );
  socket.destroy();
  return served;
}

describe('a federation of two gateways in one flow', () => {
  useNodeRed();

  it('learns: versions get better on people held out, and predictions come from them', async () => {
    const port = await freePort();
    await helper.load(allNodes, [
      tab,
      taskConfig(),
      hosted(port),
      joined('fed-a', port),
      joined('fed-b', port),
      ...coordinate(),
      play('held-out', 'fed-c', '28-30', ['coordinate'], { speedType: 'fast', loop: false }),
      ...train('fed-a', { id: 'train-a' }),
      ...train('fed-b', { id: 'train-b' }),
      ...predict('fed-a', { id: 'predict-a' }),
      play('play-a', 'fed-a', '1-3', ['train-a', 'predict-a']),
      play('play-b', 'fed-b', '4-6', ['train-b']),
    ]);
    // Better than guessing by far, so that it can only have been learned.
    const learned = inputWhere<Version>(
      'coordinate:1',
      ({ payload }) => payload.version >= 3 && (payload.average?.balancedAccuracy ?? 0) > 2 / labels.length,
    );
    const rounds = Promise.all(['a', 'b'].map((name) => inputWhere<Round>(`train-${name}:1`, () => true)));
    const update = inputWhere<NodeMessage>('train-a:2', () => true);
    const predicted = inputWhere<Predicted>('predict-a:1', ({ payload }) => payload.version >= 3);

    const report = (await learned).payload;
    assert.ok(report.average !== undefined && report.average.windows > 0);
    assert.ok(Math.abs(report.contributions.reduce((sum, { weight }) => sum + weight, 0) - 1) < 1e-6);
    for (const { payload } of await rounds) {
      assert.ok(payload.peakBytes <= payload.budgetBytes);
      assert.equal(payload.budgetBytes, 192 * 1024);
    }
    assert.ok(Buffer.isBuffer((await update).payload));
    const { label, scores, version } = (await predicted).payload;
    assert.ok(labels.includes(label));
    assert.ok(version >= 3);
    assert.ok(Math.abs(Object.values(scores).reduce((sum, score) => sum + score, 0) - 1) < 1e-4);
  });

  it('counts a gateway whose train node was removed as gone, although it is connected, and none that was edited', async () => {
    const port = await freePort();
    const flow = (trained: Parameters<typeof train>[]) => [
      tab,
      taskConfig(),
      hosted(port),
      joined('fed-a', port),
      joined('fed-b', port),
      ...coordinate(),
      ...predict('fed-a', { id: 'predict-a' }),
      ...predict('fed-b', { id: 'predict-b' }),
      ...trained.flatMap((of) => train(...of)),
    ];
    type Membership = NodeMessage & {
      payload: { code: string; details: { gateway: string; online: number } };
    };
    const isAbout = ({ payload }: Membership, gateway: string, code: string) =>
      payload.code === code && payload.details.gateway === gateway;
    await helper.load(
      allNodes,
      flow([
        ['fed-a', { id: 'train-a' }],
        ['fed-b', { id: 'train-b' }],
      ]),
    );
    const seen: string[] = [];
    helper.getNode('coordinate:2').on('input', ({ payload }: Membership) => {
      if (payload.code.startsWith('gateway-')) seen.push(`${payload.details.gateway} ${payload.code}`);
    });
    const { payload } = await inputWhere<Membership>(
      'coordinate:2',
      (msg) => msg.payload.code === 'gateway-joined' && msg.payload.details.online === 2,
    );
    assert.equal(payload.details.online, 2);
    seen.length = 0;
    const left = inputWhere<Membership>('coordinate:2', (msg) => isAbout(msg, 'at-fed-b', 'gateway-left'));
    // Only then is the other one removed: a farewell of the edited node would come before.
    await helper.setFlows(
      flow([
        ['fed-a', { id: 'train-a', newWindows: '24' }],
        ['fed-b', { id: 'train-b' }],
      ]),
      'nodes',
    );
    await helper.setFlows(flow([['fed-a', { id: 'train-a', newWindows: '24' }]]), 'nodes');
    assert.equal((await left).payload.details.online, 1);
    assert.deepEqual(seen, ['at-fed-b gateway-left']);
    const back = inputWhere<Membership>('coordinate:2', (msg) =>
      isAbout(msg, 'at-fed-b', 'gateway-returned'),
    );
    await helper.setFlows(
      flow([
        ['fed-a', { id: 'train-a', newWindows: '24' }],
        ['fed-b', { id: 'train-b' }],
      ]),
      'nodes',
    );
    assert.equal((await back).payload.details.online, 2);
  });

  it('leaves nothing running when the flow is taken away in the middle of it', async () => {
    const port = await freePort();
    const threads = watchThreads();
    await helper.load(allNodes, [
      tab,
      taskConfig(),
      hosted(port),
      joined('fed-a', port),
      ...coordinate(),
      play('held-out', 'fed-c', '30', ['coordinate'], { speedType: 'fast' }),
      ...train('fed-a', { id: 'train-a' }),
      ...predict('fed-a', { id: 'predict-a' }),
      play('play-a', 'fed-a', '1', ['train-a', 'predict-a']),
    ]);
    await inputWhere<Version>('coordinate:1', ({ payload }) => payload.version >= 1);
    assert.ok(await isServed(port));
    assert.ok(threads.running.size >= 3, 'training, predicting and measuring have a thread each');
    assert.ok((await idleMs(() => helper.unload())) < 5000, 'well under what Node-RED waits for');
    // The one that makes plans belongs to no node: it waits a few seconds for the next plan, then ends.
    assert.ok(threads.running.size <= 1, `${threads.running.size} threads`);
    await Promise.all([...threads.running].map((worker) => once(worker, 'exit')));
    assert.equal(await isServed(port), false);
    threads.stop();
  });
});
