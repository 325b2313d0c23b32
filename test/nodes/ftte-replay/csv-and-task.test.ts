import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NodeMessage } from 'node-red';
import { freePort } from '../../../tools/support/free-port';
import {
  allNodes,
  coordinate,
  hosted,
  joined,
  play,
  tab,
  taskConfig,
} from '../../support/node-red/federation-flow';
import { give, inputsOf, inputWhere, shown } from '../../support/node-red/flow-messages';
import { helper, logged, useNodeRed } from '../../support/node-red/node-red-helper';

const task = {
  input: { channels: [{ name: 'y' }, { name: 'x' }], rateHz: 50, length: 4, hop: 4, normalisation: 'none' },
  labels: ['resting', 'moving'],
  model: { preset: 'mlp', size: 'S' },
};
type Window = NodeMessage & { payload: Float32Array; label?: string; subject?: string };
interface Ended extends NodeMessage {
  readonly payload: { readonly message?: string; readonly readings?: number };
}

describe('the replay node with a CSV file and a federation', () => {
  const context = useNodeRed();

  /** Plays a file until its end. */
  async function replay(content: string, changes: object = {}) {
    writeFileSync(join(context.userDir, 'walk.csv'), content);
    const port = await freePort();
    const source = { source: 'walk.csv', sourceType: 'csv', speedType: 'fast', loop: false };
    await helper.load(allNodes, [
      tab,
      taskConfig(task),
      hosted(port),
      joined('fed-a', port),
      ...coordinate(),
      {
        ...play('play', 'fed-a', '', ['windows']),
        ...source,
        wires: [['windows'], ['progress']],
        ...changes,
      },
      ...['windows', 'progress'].map((id) => ({ id, type: 'helper', z: 'tab', x: 1, y: 1 })),
    ]);
    const windows = inputsOf('windows') as Window[];
    const ended = await inputWhere<Ended>('progress', ({ topic }) => topic === 'end' || topic === 'error');
    return { windows, ended };
  }

  const rows = Array.from({ length: 16 }, (_, i) => `watch;${i};${i},5;low;${i < 8 ? 'resting' : 'moving'}`);

  it('reads the channels of the task alone, in its order, and cuts windows with their labels', async () => {
    const { windows, ended } = await replay(`device;x;y;battery;activity\n${rows.join('\n')}\n`);
    assert.deepEqual([ended.topic, ended.payload.readings], ['end', 16]);
    assert.deepEqual(
      windows.map(({ payload, label }) => [label, ...payload.slice(0, 2)]),
      [
        ['resting', 0.5, 0],
        ['resting', 4.5, 4],
        ['moving', 8.5, 8],
        ['moving', 12.5, 12],
      ],
    );
  });

  it('delivers the windows before a line that cannot be read, and names its file', async () => {
    const { windows, ended } = await replay(
      `device;x;y;battery;activity\n${rows.join('\n')}\n${'9'.repeat(1_200_000)}`,
    );
    assert.equal(ended.topic, 'error');
    assert.match(ended.payload.message ?? '', /walk\.csv has a line of more than 1 MB/);
    assert.equal(windows.length, 4);
  });

  it('is no silence to the window nodes behind it when it ends by itself, and to no other', async () => {
    writeFileSync(join(context.userDir, 'walk.csv'), 'x;y\n1;2\n3;4\n');
    const own = { type: 'ftte-window', shape: 'own', channels: 'x, y', rate: '50', length: '2', hop: '2' };
    const settings = { ...own, maxFill: '5', normalisation: 'none', z: 'tab', x: 1, y: 1, wires: [[]] };
    await helper.load(allNodes, [
      tab,
      {
        ...play('play', '', '', ['between']),
        ...{ source: 'walk.csv', sourceType: 'csv', speedType: 'fast', loop: false, output: 'readings' },
        auto: false,
      },
      { id: 'between', type: 'helper', z: 'tab', x: 1, y: 1, wires: [['behind']] },
      { id: 'behind', ...settings },
      { id: 'other', ...settings },
    ]);
    const ended: string[] = [];
    for (const id of ['behind', 'other']) helper.getNode(id).on('ftte-source-ended', () => ended.push(id));
    await give('play', { action: 'start' });
    await shown('play', 'end');
    assert.deepEqual(ended, ['behind']);
  });

  it('names the channel that the file has in another spelling', async () => {
    const { ended } = await replay('X;y;activity\n1;2;resting\n');
    assert.match(
      ended.payload.message ?? '',
      /walk\.csv has no column "x"; it has X, y, activity; is "X" meant\?/,
    );
  });

  it('says that labels of the file are none of the task, and plays them without', async () => {
    const running = rows.map((row) => row.replace('moving', 'running'));
    const { windows } = await replay(`device;x;y;battery;activity\n${running.join('\n')}\n`);
    assert.deepEqual(
      windows.map(({ label }) => label),
      ['resting', 'resting', undefined, undefined],
    );
    assert.match(logged('warn', 'play').join(), /label is "running", expected one of resting, moving/);
  });
});
