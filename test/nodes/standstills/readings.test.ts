import assert from 'node:assert/strict';
import { freePort } from '../../../tools/support/free-port';
import {
  allNodes,
  coordinate,
  hosted,
  onTab,
  play,
  tab,
  taskConfig,
} from '../../support/node-red/federation-flow';
import { give, shown } from '../../support/node-red/flow-messages';
import { helper, logged, useNodeRed } from '../../support/node-red/node-red-helper';
import { standstill } from '../../support/node-red/standstill';

describe('a standstill of readings is shown and said', () => {
  useNodeRed();
  const window = (changes: object = {}) => ({
    id: 'window',
    type: 'ftte-window',
    ...onTab,
    shape: 'own',
    channels: 'x, y',
    rate: '10',
    length: '10',
    hop: '10',
    maxFill: '2',
    normalisation: 'none',
    wires: [[]],
    ...changes,
  });
  const load = (changes: object = {}) => helper.load(allNodes, [tab, window(changes)]);
  const take = (payload: unknown, more: object = {}) =>
    give('window', { payload, ...more }).catch(() => undefined);

  standstill('no readings', () => load(), 20);
  standstill('a channel that never comes', async () => {
    await load();
    for (let i = 0; i < 60; i++) await take({ x: i, Y: i }, { timestamp: 100 * i });
  });
  standstill('payloads of text', async () => {
    await load();
    for (let i = 0; i < 20; i++) await take('12.5 kg');
  });
  standstill('a file that is not there', async () => {
    await helper.load(allNodes, [
      tab,
      { ...play('play', '', '', ['window']), source: 'gone.csv', sourceType: 'csv', output: 'readings' },
      window(),
    ]);
  });
  standstill('times are of another unit than is set', async () => {
    await load({ arrival: 'set', timeFormat: 's' });
    for (let i = 0; i < 60; i++) await take({ x: i, y: i }, { timestamp: 1_796_000_000_000 + 100 * i });
  });
  standstill('readings come at another rate', async () => {
    await load();
    for (let i = 0; i < 60; i++) await take({ x: i, y: i }, { timestamp: 1000 * i });
  });
  standstill('a number stands for no value', async () => {
    await load();
    for (let i = 0; i < 60; i++) await take({ x: i % 20 === 9 ? -999 : i, y: i }, { timestamp: 100 * i });
  });
  standstill('readings are in another unit than the task', async () => {
    const channels = ['x', 'y', 'z'].map((name) => ({ name, unit: 'g', centre: 0, spread: 0.5 }));
    await helper.load(allNodes, [
      tab,
      taskConfig({ input: { channels, rateHz: 10, length: 10, hop: 10 } }),
      hosted(await freePort()),
      ...coordinate(),
      window({ shape: 'federation', federation: 'fed-c' }),
    ]);
    await shown('window', 'windows');
    // A sensor that is turned over and over, in m/s².
    for (let i = 0; i < 400; i++) {
      const [x, y, z] = [0, 1, 2].map((axis) => 9.81 * Math.sin(i / 5 + axis));
      await take({ x, y, z }, { timestamp: 100 * i });
    }
    const warnings = logged('warn').filter((line) => line.startsWith('[scale]'));
    assert.deepEqual(warnings.length, 1, warnings.join('\n'));
  });
  standstill('a field is empty', async () => {
    await load({ channels: '' });
  });
});
