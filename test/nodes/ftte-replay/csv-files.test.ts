import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NodeMessage } from 'node-red';

import replayNode = require('../../../nodes/ftte-replay/ftte-replay');
import windowNode = require('../../../nodes/ftte-window/ftte-window');

import { give, inputsOf, inputWhere, until } from '../../support/node-red/flow-messages';
import { helper, logged, useNodeRed } from '../../support/node-red/node-red-helper';

const replay = {
  id: 'replay',
  type: 'ftte-replay',
  z: 'tab',
  x: 1,
  y: 1,
  source: 'walk.csv',
  sourceType: 'csv',
  people: '',
  rate: '',
  speed: '',
  speedType: 'fast',
  output: 'readings',
  federation: '',
  auto: false,
  loop: false,
  wires: [['out', 'window'], ['progress']],
};
const helperNode = (id: string) => ({ id, type: 'helper', z: 'tab', x: 1, y: 1 });
const flow = (changes: object) => [
  { id: 'tab', type: 'tab', label: 'test' },
  { ...replay, ...changes },
  {
    id: 'catch',
    type: 'catch',
    z: 'tab',
    x: 1,
    y: 1,
    scope: ['replay'],
    uncaught: false,
    wires: [['caught']],
  },
  {
    ...{ id: 'window', type: 'ftte-window', z: 'tab', x: 1, y: 1, shape: 'own', channels: 'x, y' },
    ...{ rate: '50', length: '5', hop: '5', maxFill: '2', wires: [['windows']] },
  },
  ...['out', 'progress', 'caught', 'windows'].map(helperNode),
];
const rows = (count: number, of = (i: number) => `${i},${i + 0.5}`) =>
  Array.from({ length: count }, (_, i) => of(i)).join('\n');

type ReadingMessage = NodeMessage & {
  payload: Record<string, number | null>;
  label?: string;
  timestamp?: number;
};
interface CaughtMessage extends NodeMessage {
  readonly error: { readonly message: string };
}

describe('the replay node with a CSV file', () => {
  const context = useNodeRed();
  const write = (content: string | Buffer, name = 'walk.csv') =>
    writeFileSync(join(context.userDir, name), content);
  const load = async (changes: object = {}) => {
    await helper.load([replayNode, windowNode], flow(changes));
    return {
      readings: inputsOf('out') as ReadingMessage[],
      windows: inputsOf('windows'),
      caught: inputsOf('caught'),
    };
  };
  const play = async () => {
    const ended = inputWhere('progress', ({ topic }) => topic === 'end' || topic === 'error');
    await give('replay', { action: 'start' });
    const { topic, payload } = await ended;
    // Errors reach a Catch node, and windows their receiver, a turn later.
    for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
    return { topic, payload: payload as { readings: number; message?: string } };
  };

  it('plays a file of the user directory, and logs what it recognised', async () => {
    write(`Zeit;x;y;Gerät\n${rows(10, (i) => `2026-01-05T12:00:00,${i}00Z;${i},5;1;a`)}`);
    const { readings, windows } = await load();
    assert.deepEqual(await play().then(({ topic, payload }) => [topic, payload.readings]), ['end', 10]);
    assert.deepEqual(readings[1]?.payload, { x: 1.5, y: 1 });
    assert.equal(readings[1]?.timestamp, Date.UTC(2026, 0, 5, 12, 0, 0, 100));
    assert.equal(windows.length, 0, 'ten readings per second are no windows of 50');
    assert.match(
      logged('info', 'replay').join(),
      /walk\.csv: semicolons, decimal comma; channels x, y, time from "Zeit", left out: Gerät/,
    );
  });

  it('goes on behind rows with something wrong, and says so once to Catch nodes and the log', async () => {
    write(`x,y\n${rows(12)}\n1,2,3\n4,5,6\n7,8\n9,fast\n`);
    const { readings, windows, caught } = await load();
    const { topic, payload } = await play();
    assert.deepEqual([topic, payload.readings], ['end', 16]);
    assert.deepEqual(readings.at(-1)?.payload, { x: 9, y: null });
    assert.equal(windows.length, 3);
    assert.deepEqual(
      (caught as CaughtMessage[]).map(({ error }) => error.message.replace(/^\/.*walk/, 'walk')),
      [
        'walk.csv line 14: the row has 3 cells, expected 2',
        'walk.csv line 17: y is "fast", expected a number',
      ],
    );
    assert.match(logged('warn', 'replay').join(), /2 rows with too many cells \(left out\), 1 values? that/);
  });

  it('reads columns and dialect as they are set', async () => {
    write(`05.01.2026 12:00:00|walk|1,234|-999\n05.01.2026 12:00:01|walk|2,345|7\n`, 'data.txt');
    const { readings } = await load({
      ...{ source: 'data.txt', channels: 'x=3, y=4', timeColumn: '1', labelColumn: '2', dialect: 'set' },
      ...{ separator: 'pipe', decimal: 'comma', header: 'none', timeFormat: 'day-first', missing: '-999' },
    });
    await play();
    const timestamp = new Date(2026, 0, 5, 12).getTime();
    const [first] = readings;
    assert.deepEqual(
      [first?.payload, first?.label, first?.timestamp],
      [{ x: 1.234, y: null }, 'walk', timestamp],
    );
  });

  it('does not read settings of the dialect if they are to be recognised', async () => {
    write(`x;y\n${rows(3, (i) => `${i},5;1`)}`);
    const { readings } = await load({ dialect: 'auto', separator: 'tab', decimal: 'point' });
    await play();
    assert.deepEqual(readings[0]?.payload, { x: 0.5, y: 1 });
  });

  it('names the column that is missing and the one that is meant', async () => {
    write('acc_x,y\n1,2\n');
    await load({ labelColumn: 'acc-x.' });
    const { topic, payload } = await play();
    assert.equal(topic, 'error');
    assert.match(
      payload.message ?? '',
      /walk\.csv has no column "acc-x\."; it has acc_x, y; is "acc_x" meant\?/,
    );
  });

  it('names the line whose time cannot be read, before anything is recognised or played', async () => {
    write('time;x\n12.01.2026 10:00:00;1\n');
    const { readings } = await load({});
    const { topic, payload } = await play();
    assert.equal(topic, 'error');
    assert.match(
      payload.message ?? '',
      /walk\.csv line 2: time is "12\.01\.2026 10:00:00".*choose day first/,
    );
    assert.equal(readings.length, 0);
  });

  it('plays the people that are chosen by name or number', async () => {
    write(`user,x,y\n${['1', '2', '3', 'anna'].map((user) => `${user},0,0`).join('\n')}\n`);
    const { readings } = await load({ people: '2-3, anna' });
    await play();
    assert.deepEqual(
      readings.map(({ topic }) => topic),
      ['2', '3', 'anna'],
    );
  });

  it('says that people cannot be chosen in a file that names nobody', async () => {
    write('x,y\n1,2\n');
    await load({ people: 'anna' });
    assert.match((await play()).payload.message ?? '', /people: .* got "anna"; the file has no such column/);
  });

  it('delivers the windows that were complete before a file that breaks off, and plays it again in a loop', async () => {
    write(`x,y\n${rows(10)}\n${'9'.repeat(1_200_000)}`);
    const { windows, caught } = await load({ loop: true });
    await give('replay', { action: 'start' });
    await until(() => caught.length > 0);
    assert.equal(windows.length, 2);
    await until(() => windows.length >= 4);
    assert.match(
      (caught as CaughtMessage[])[0]?.error.message ?? '',
      /walk\.csv has a line of more than 1 MB/,
    );
    await give('replay', { action: 'stop' });
  });

  it('plays a folder that the environment names as a recording only if it is one', async () => {
    mkdirSync(join(context.userDir, 'empty'));
    process.env['FTTE_TEST_SOURCE'] = 'empty';
    await load({ source: 'FTTE_TEST_SOURCE', sourceType: 'env' });
    const { payload } = await play();
    delete process.env['FTTE_TEST_SOURCE'];
    assert.match(payload.message ?? '', /empty/);
  });
});
