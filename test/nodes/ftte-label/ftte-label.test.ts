import assert from 'node:assert/strict';

import labelNode = require('../../../nodes/ftte-label/ftte-label');
import windowNode = require('../../../nodes/ftte-window/ftte-window');

import { labelLook } from '../../../nodes/ftte-label/label-status';
import { failureOf, give, inputsOf } from '../../support/node-red/flow-messages';
import { helper, logged, statusOf, useNodeRed } from '../../support/node-red/node-red-helper';

const node = (id: string, type: string, more: object = {}) => ({ id, type, z: 'tab', x: 1, y: 1, ...more });

async function load(changes: object = {}) {
  const window = { shape: 'own', channels: 'x', rate: '10', length: '2', hop: '2' };
  await helper.load(
    [labelNode, windowNode],
    [
      { id: 'tab', type: 'tab', label: 'test' },
      node('label', 'ftte-label', { hold: '0', wires: [['window', 'readings']], ...changes }),
      node('window', 'ftte-window', { ...window, wires: [['out']] }),
      node('readings', 'helper'),
      node('out', 'helper'),
    ],
  );
  return { windows: inputsOf('out'), readings: inputsOf('readings') } as unknown as Record<
    'windows' | 'readings',
    { payload: unknown; label?: unknown; action?: unknown }[]
  >;
}

describe('the label node', () => {
  useNodeRed();

  it('labels readings between two buttons, and so the windows after them; the actions do not pass', async () => {
    const { windows, readings } = await load();
    await give('label', { payload: 1 });
    await give('label', { action: 'start', label: 'WALKING', payload: 1_700_000_000_000 });
    for (const payload of [2, 3, 4]) await give('label', { payload });
    await give('label', { action: 'stop' });
    await give('label', { payload: 5 });
    await give('label', { payload: 6, label: 'OWN' });
    // One more turn for what the window node sends.
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(
      readings.map(({ label }) => label),
      [undefined, 'WALKING', 'WALKING', 'WALKING', undefined, 'OWN'],
    );
    assert.deepEqual(
      windows.map(({ label }) => label),
      [undefined, 'WALKING', undefined],
    );
    assert.ok(readings.every((msg) => !('action' in msg)));
  });

  it('shows the label that readings have', async () => {
    await load();
    const shown = statusOf('label', (text) => text.includes('active'));
    await give('label', { action: 'start', label: 'WALKING' });
    await shown;
  });

  it('holds readings back, so that a label can still reach them', async () => {
    const { readings } = await load({ hold: '0.2' });
    const given = [1, 2].map((payload) => give('label', { payload }));
    await give('label', { action: 'last', label: 'fall' });
    assert.equal(readings.length, 0);
    await Promise.all(given);
    assert.deepEqual(
      readings.map(({ payload, label }) => [payload, label]),
      [
        [1, 'fall'],
        [2, 'fall'],
      ],
    );
  });

  it('reports each action that cannot be done to Catch nodes, and lets readings pass', async () => {
    const { readings } = await load();
    for (let times = 0; times < 2; times++) {
      const error = await failureOf('label', { action: 'begin' });
      assert.equal(error.code, 'message-invalid');
      assert.match(error.message, /msg\.action is "begin", expected one of start, stop, last/);
    }
    await give('label', { payload: 1 });
    assert.equal(readings.length, 1);
  });

  it('reports a wrong field in the words of its dialog', async () => {
    await load({ hold: '-1' });
    assert.match(logged('error', 'label').join(), /hold: expected a number from 0 to 3600/);
    assert.equal((await failureOf('label', { payload: 1 })).code, 'config-invalid');
  });
});

describe('the status of a label node', () => {
  const state = { active: [], labelled: 0, held: 0 };
  const active = [{ label: 'WALKING', sinceMs: 0 }];

  it('names the label, for how long, and how many messages had one', () => {
    const { key, fill, words } = labelLook({ ...state, active, labelled: 12_345 }, false, 65_000);
    assert.deepEqual(
      { key, fill, words },
      { key: 'active', fill: 'green', words: { label: 'WALKING', time: '60 s', count: '12k' } },
    );
  });

  it('says how many messages wait, that several labels are active, or that too many wait', () => {
    const two = [...active, { label: 7, sinceMs: 0 }];
    assert.equal(labelLook(state, false, 0).key, 'ready');
    assert.equal(labelLook({ ...state, labelled: 5 }, false, 0).key, 'ended');
    assert.equal(labelLook({ ...state, held: 5 }, false, 0).key, 'held');
    assert.equal(labelLook({ ...state, active: two }, false, 0).key, 'several');
    assert.equal(labelLook({ ...state, active }, true, 0).key, 'hold-full');
  });
});
