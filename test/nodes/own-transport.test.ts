import assert from 'node:assert/strict';
import type { NodeMessage } from 'node-red';
import type { VersionReport } from '../../gateway';
import { freePort } from '../../tools/support/free-port';
import { allNodes, hosted, play, tab, taskConfig, train } from '../support/node-red/federation-flow';
import { inputWhere } from '../support/node-red/flow-messages';
import { helper, useNodeRed } from '../support/node-red/node-red-helper';

type Version = NodeMessage & { payload: VersionReport };

describe('a federation whose messages travel by the flow', () => {
  useNodeRed();

  it('makes versions and acknowledges updates without a broker between gateway and coordinator', async () => {
    const [here, there] = [await freePort(), await freePort()];
    const [node] = train('fed-g', { id: 'train' });
    await helper.load(allNodes, [
      tab,
      taskConfig({ aggregation: { bufferSize: 1, maxWaitMs: 60_000 } }),
      // Two brokers that know nothing of each other.
      hosted(here),
      hosted(there, { id: 'fed-g', name: 'on the gateway', gateway: 'far-away' }),
      {
        id: 'coordinate',
        type: 'ftte-coordinate',
        z: 'tab',
        x: 1,
        y: 1,
        federation: 'fed-c',
        task: 'task',
        wires: [['versions'], [], ['train', 'down']],
      },
      { ...node, wires: [[], ['coordinate', 'up']] },
      play('play', 'fed-g', '1-2', ['train']),
      ...['versions', 'up', 'down'].map((id) => ({ id, type: 'helper', z: 'tab', x: 1, y: 1 })),
    ]);
    const third = inputWhere<Version>('versions', ({ payload }) => payload.version >= 3);
    const acknowledged = inputWhere<NodeMessage & { gateway?: string }>(
      'down',
      ({ topic }) => topic === 'ack',
    );
    const update = inputWhere<NodeMessage>('up', ({ topic }) => topic === 'update');

    assert.ok(Buffer.isBuffer((await update).payload));
    assert.equal((await acknowledged).gateway, 'far-away');
    const { contributions } = (await third).payload;
    assert.deepEqual(
      contributions.map(({ gateway }) => gateway),
      ['far-away'],
    );
  });
});
