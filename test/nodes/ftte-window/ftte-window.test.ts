import assert from 'node:assert/strict';
import type { NodeMessage } from 'node-red';

import windowNode = require('../../../nodes/ftte-window/ftte-window');

import { failureOf, give, inputsOf, inputWhere } from '../../support/node-red/flow-messages';
import { helper, logged, statusOf, useNodeRed } from '../../support/node-red/node-red-helper';

const own = {
  id: 'window',
  type: 'ftte-window',
  z: 'tab',
  x: 1,
  y: 1,
  shape: 'own',
  channels: 'x, y',
  rate: '10',
  length: '3',
  hop: '3',
  label: 'label',
  labelType: 'msg',
  timestamp: 'timestamp',
  timestampType: 'msg',
  maxFill: '0',
  wires: [['out']],
};
const tab = { id: 'tab', type: 'tab', label: 'test' };
const out = { id: 'out', type: 'helper', z: 'tab', x: 1, y: 1 };

async function load(changes: object = {}, more: object[] = []): Promise<NodeMessage[]> {
  await helper.load(windowNode, [tab, { ...own, ...changes }, out, ...more]);
  return inputsOf('out');
}

describe('the window node', () => {
  useNodeRed();

  it('cuts readings into windows and sends the fields of the last reading with them', async () => {
    const windows = await load();
    for (let i = 0; i < 6; i++) {
      await give('window', {
        payload: { x: i, y: 10 * i },
        label: 'walk',
        timestamp: 1000 + 100 * i,
        device: i,
      });
    }
    assert.equal(windows.length, 2);
    const { payload, label, shape, timestamp, device } = windows[1] as unknown as Record<string, unknown>;
    assert.deepEqual(payload, Float32Array.of(3, 30, 4, 40, 5, 50));
    assert.deepEqual(
      { label, shape, timestamp, device },
      { label: 'walk', shape: [3, 2], timestamp: 1500, device: 5 },
    );
  });

  it('accepts arrays, several readings at once, and numbers by topic', async () => {
    const windows = await load();
    await give('window', { payload: [1, 2] });
    await give('window', { payload: [[3, 4]] });
    await give('window', { topic: 'watch/x', payload: 5 });
    await give('window', { topic: 'watch/y', payload: 6 });
    assert.deepEqual(windows[0]?.payload, Float32Array.of(1, 2, 3, 4, 5, 6));
  });

  it('sends windows of one message that do not share their fields', async () => {
    const windows = await load();
    await give('window', { payload: Array.from({ length: 6 }, (_, i) => [i, i]), meta: { device: 1 } });
    assert.equal(windows.length, 2);
    const [first, second] = windows as unknown as { meta: object }[];
    assert.deepEqual(first?.meta, second?.meta);
    assert.notEqual(first?.meta, second?.meta);
  });

  it('cuts windows around readings that are marked as beats', async () => {
    const windows = await load({ channels: 'x, rr_before', cut: 'marks', before: '1' });
    for (let i = 0; i < 30; i++) await give('window', { payload: { x: i }, beat: [5, 12, 20].includes(i) });
    assert.deepEqual(
      windows.map(({ payload }) => payload),
      [Float32Array.of(11, 0.7, 12, 0.7, 13, 0.7)],
    );
  });

  it('gives a window no label if its readings disagree', async () => {
    const windows = await load();
    for (const label of ['walk', 'walk', 'sit']) await give('window', { payload: [1, 2], label });
    assert.equal(windows.length, 1);
    assert.ok(!('label' in (windows[0] ?? {})));
  });

  it('gives back the label that came, as a number or a text', async () => {
    const windows = await load();
    for (let i = 0; i < 3; i++) await give('window', { payload: [1, 2], label: 4 });
    assert.equal((windows[0] as { label?: unknown }).label, 4);
  });

  it('takes the label from the source in its settings', async () => {
    const windows = await load({ label: 'walk', labelType: 'str' });
    for (let i = 0; i < 3; i++) await give('window', { payload: [1, 2], label: 'ignored' });
    assert.equal((windows[0] as { label?: unknown }).label, 'walk');
  });

  it('begins again after a gap and after readings out of order, and shows how often', async () => {
    const windows = await load();
    for (const timestamp of [0, 100, 5000, 5100, 4000, 4100, 4200]) {
      await give('window', { payload: [timestamp, 0], timestamp });
    }
    assert.equal(windows.length, 1);
    assert.deepEqual(windows[0]?.payload, Float32Array.of(4000, 0, 4100, 0, 4200, 0));
    await statusOf('window', (text) => text === 'restarts' || text.includes('2'));
  });

  it('begins again when another person follows', async () => {
    const windows = await load();
    for (const subject of ['anna', 'anna', 'bert', 'bert', 'bert']) {
      await give('window', { payload: [subject === 'anna' ? 1 : 2, 0], subject });
    }
    assert.deepEqual(windows[0]?.payload, Float32Array.of(2, 0, 2, 0, 2, 0));
  });

  it('drops the unfinished window on msg.reset', async () => {
    const windows = await load();
    await give('window', { payload: [1, 1] });
    await give('window', { reset: true });
    for (let i = 0; i < 3; i++) await give('window', { payload: [2, 2] });
    assert.deepEqual(windows[0]?.payload, Float32Array.of(2, 2, 2, 2, 2, 2));
  });

  it('begins a recording without a word about the one before', async () => {
    const windows = await load();
    await give('window', { payload: [0, 0], timestamp: 0 });
    await give('window', { payload: [1, 0], timestamp: 1_000_000, begins: true });
    for (const timestamp of [1_000_100, 1_000_200]) await give('window', { payload: [1, 0], timestamp });
    assert.deepEqual(windows[0]?.payload, Float32Array.of(1, 0, 1, 0, 1, 0));
    assert.ok(!('begins' in windows[0]!));
    await statusOf('window', (text) => text === 'windows');
  });

  const wrong: [string, unknown, RegExp][] = [
    ['a text', 'fast', /reading is "fast"/],
    ['an object without any channel', { z: 1 }, /z; expected x, y/],
    ['too many values', [1, 2, 3], /3 values, expected 2: x, y/],
    ['an infinite value', { x: Number.POSITIVE_INFINITY, y: 0 }, /channel x is Infinity/],
    [
      'a text that is not a number',
      { x: '1 g', y: 0 },
      /channel x is a number with a unit or other letters behind it .*, expected a number/,
    ],
    ['bytes', Buffer.from([1, 2]), /raw bytes/],
  ];
  for (const [name, payload, message] of wrong) {
    it(`reports ${name} to Catch nodes, and continues with the readings after it`, async () => {
      const windows = await load();
      const error = await failureOf('window', { payload });
      assert.equal(error.code, 'reading-invalid');
      assert.match(error.message, message);
      for (let i = 0; i < 3; i++) await give('window', { payload: [1, 2] });
      assert.equal(windows.length, 1);
    });
  }

  it('reports a wrong field, once in the log and then for every message', async () => {
    await load({ channels: 'x,,y' });
    assert.match(logged('error', 'window').join(), /channels/);
    const error = await failureOf('window', { payload: [1, 2] });
    assert.equal(error.code, 'config-invalid');
  });

  it('needs a federation if that gives the shape', async () => {
    await load({ shape: 'federation', federation: '' });
    assert.match(logged('error', 'window').join(), /federation: none is chosen/);
  });

  it('reports errors to Catch nodes, and finished messages to Complete nodes', async () => {
    const windows = await load({}, [
      { id: 'catch', type: 'catch', z: 'tab', x: 1, y: 1, scope: ['window'], wires: [['caught']] },
      { id: 'complete', type: 'complete', z: 'tab', x: 1, y: 1, scope: ['window'], wires: [['completed']] },
      { id: 'caught', type: 'helper', z: 'tab', x: 1, y: 1 },
      { id: 'completed', type: 'helper', z: 'tab', x: 1, y: 1 },
    ]);
    const caught = inputsOf('caught') as { error?: { message: string; code?: string } }[];
    const completed = inputsOf('completed');
    await failureOf('window', { payload: 'wrong' });
    await give('window', { payload: [1, 2] });
    // One more turn for the messages that these nodes send.
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(windows.length, 0);
    assert.match(caught[0]?.error?.message ?? '', /"wrong"/);
    assert.deepEqual([caught.length, completed.length], [1, 1]);
  });

  it("works in a subflow, with a field from the instance's environment", async () => {
    await helper.load(windowNode, [
      tab,
      {
        id: 'sub',
        type: 'subflow',
        name: 'cut',
        in: [{ wires: [{ id: 'inner' }] }],
        out: [{ wires: [{ id: 'inner', port: 0 }] }],
        env: [{ name: 'LENGTH', type: 'num', value: '99' }],
      },
      // biome-ignore lint/suspicious/noTemplateCurlyInString: how Node-RED names the environment
      { ...own, id: 'inner', z: 'sub', x: 1, y: 1, length: '${LENGTH}', hop: '${LENGTH}', wires: [[]] },
      {
        id: 'window',
        type: 'subflow:sub',
        z: 'tab',
        x: 1,
        y: 1,
        env: [{ name: 'LENGTH', type: 'num', value: '2' }],
        wires: [['out']],
      },
      out,
    ]);
    const window = inputWhere<NodeMessage>('out', () => true);
    for (let i = 0; i < 2; i++) helper.getNode('window').receive({ payload: [i, i] });
    assert.deepEqual((await window).payload, Float32Array.of(0, 0, 1, 1));
  });
});
