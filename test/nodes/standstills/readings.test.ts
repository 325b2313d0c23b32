import { allNodes, onTab, play, tab } from '../../support/node-red/federation-flow';
import { give } from '../../support/node-red/flow-messages';
import { helper, useNodeRed } from '../../support/node-red/node-red-helper';
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
  standstill('a field is empty', async () => {
    await load({ channels: '' });
  });
});
