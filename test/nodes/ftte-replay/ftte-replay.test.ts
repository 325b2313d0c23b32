import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NodeMessage } from 'node-red';

import replayNode = require('../../../nodes/ftte-replay/ftte-replay');

import { sinceMs } from '../../support/elapsed';
import { failureOf, give, inputsOf, inputWhere, until } from '../../support/node-red/flow-messages';
import { helper, logged, useNodeRed } from '../../support/node-red/node-red-helper';

const replay = {
  id: 'replay',
  type: 'ftte-replay',
  z: 'tab',
  x: 1,
  y: 1,
  source: '',
  sourceType: 'synthetic',
  people: '1',
  peopleType: 'str',
  split: 'all',
  seed: '1',
  speed: '',
  speedType: 'fast',
  output: 'batches',
  federation: '',
  auto: false,
  loop: false,
  wires: [['out'], ['progress']],
};
const flow = (changes: object, env: object[] = []) => [
  { id: 'tab', type: 'tab', label: 'test', env },
  { ...replay, ...changes },
  { id: 'out', type: 'helper', z: 'tab', x: 1, y: 1 },
  { id: 'progress', type: 'helper', z: 'tab', x: 1, y: 1 },
];

type Rows = { payload: Record<string, number>[]; label?: string; subject?: string } & NodeMessage;
const end = () => inputWhere('progress', ({ topic }) => topic === 'end');
const problem = () =>
  inputWhere<NodeMessage & { payload: { code: string; message: string } }>(
    'progress',
    ({ topic }) => topic === 'error',
  );

describe('the replay node', () => {
  useNodeRed();
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ftte-replay-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('plays a person who does not exist to the end, with a label for each reading', async () => {
    await helper.load(replayNode, flow({}));
    const messages = inputsOf('out') as Rows[];
    const ended = end();
    await give('replay', { action: 'start' });
    const { readings, share } = (await ended).payload as { readings: number; share: number };
    assert.equal(share, 1);
    assert.equal(
      messages.reduce((sum, { payload }) => sum + payload.length, 0),
      readings,
    );
    assert.deepEqual(Object.keys(messages[0]?.payload[0] ?? {}), [
      ...['acc_x', 'acc_y', 'acc_z', 'gyro_x', 'gyro_y', 'gyro_z', 'time'],
    ]);
    assert.equal(new Set(messages.map(({ label }) => label)).size, 6);
  });

  it('starts by itself if it is set to', async () => {
    await helper.load(replayNode, flow({ auto: true }));
    await end();
  });

  it('stops in the middle, and plays from the beginning when started again', async () => {
    await helper.load(replayNode, flow({ loop: true }));
    const first = inputWhere<Rows>('out', () => true);
    await give('replay', { action: 'start' });
    const before = await first;
    await give('replay', { action: 'stop' });
    const messages = inputsOf('out');
    const after = messages.length;
    await turns(10);
    assert.equal(messages.length, after, 'nothing comes after a stop');
    const again = inputWhere<Rows>('out', () => true);
    await give('replay', { payload: 'anything' });
    assert.deepEqual((await again).payload[0], before.payload[0]);
  });

  it('never holds the event loop for long, however fast it plays', async () => {
    await helper.load(replayNode, flow({ people: '1-3' }));
    const ended = end();
    let done = false;
    void ended.then(() => {
      done = true;
    });
    await give('replay', { action: 'start' });
    const turns: number[] = [];
    while (!done) {
      const before = process.cpuUsage();
      await new Promise((resolve) => setImmediate(resolve));
      turns.push(sinceMs(before));
    }
    turns.sort((a, b) => a - b);
    const p99 = turns[Math.floor(turns.length * 0.99)] ?? 0;
    assert.ok(p99 < 20, `99 of 100 turns took less than ${p99.toFixed(1)} ms`);
  });

  it('plays made-up people where the environment variable for the source is not set', async () => {
    delete process.env['FTTE_TEST_SOURCE'];
    await helper.load(replayNode, flow({ source: 'FTTE_TEST_SOURCE', sourceType: 'env' }));
    const ended = end();
    await give('replay', { action: 'start' });
    await ended;
  });

  for (const [sourceType, channels, labels] of [
    ['synthetic-vitals', ['hr', 'resp', 'spo2', 'temp'], 2],
    ['synthetic-ecg', ['ecg'], 2],
  ] as const) {
    it(`plays the ${sourceType} source`, async () => {
      await helper.load(replayNode, flow({ sourceType }));
      const messages = inputsOf('out') as Rows[];
      const ended = end();
      await give('replay', { action: 'start' });
      await ended;
      assert.deepEqual(Object.keys(messages[0]?.payload[0] ?? {}), [...channels, 'time']);
      assert.equal(new Set(messages.map(({ label }) => label)).size, labels);
    });
  }

  it('plays the file that the flow names in its own variable', async () => {
    const path = join(folder, 'walk.csv');
    writeFileSync(path, 'time,acc_x,label\n0,1,WALKING\n20,2,WALKING\n40,3,SITTING\n');
    const env = [{ name: 'SOURCE', value: path, type: 'str' }];
    const changes = {
      source: 'SOURCE',
      sourceType: 'env',
      people: '',
      labelColumn: 'label',
      timeColumn: 'time',
    };
    await helper.load(replayNode, flow(changes, env));
    const messages = inputsOf('out') as Rows[];
    const ended = end();
    await give('replay', { action: 'start' });
    await ended;
    assert.deepEqual(
      messages.map(({ payload, label }) => [label, payload.map((row) => row['acc_x'])]),
      [
        ['WALKING', [1, 2]],
        ['SITTING', [3]],
      ],
    );
  });

  it('says what is wrong with a recording folder, to the flow and to Catch nodes', async () => {
    await helper.load(replayNode, flow({ source: folder, sourceType: 'folder' }));
    const told = problem();
    await give('replay', { action: 'start' });
    const { code, message } = (await told).payload;
    assert.equal(code, 'recording-invalid');
    assert.match(message, /meta\.json/);
    assert.match(logged('error', 'replay').join(), /meta\.json/);
  });

  it('names the people of the source if another person is chosen', async () => {
    await helper.load(replayNode, flow({ people: 'anna' }));
    const told = problem();
    await give('replay', { action: 'start' });
    assert.match((await told).payload.message, /expected names of the source, got "anna"/);
  });

  it('refuses an action it does not know', async () => {
    await helper.load(replayNode, flow({}));
    const error = await failureOf('replay', { action: 'rewind' });
    assert.equal(error.code, 'message-invalid');
  });

  it('refuses a speed that is none, with the field and what it holds', async () => {
    await helper.load(replayNode, flow({ speed: '0', speedType: 'num' }));
    assert.match(
      logged('error', 'replay').join(),
      /^\[config-invalid\] speed: expected a number above 0, got "0"/,
    );
  });

  it('sends nothing any more when the flow is taken away while it plays', async () => {
    await helper.load(replayNode, flow({ loop: true }));
    const first = inputWhere('out', () => true);
    await give('replay', { action: 'start' });
    await first;
    let sent = 0;
    helper.getNode('replay').send = () => {
      sent++;
    };
    await until(() => sent > 0);
    await helper.unload();
    sent = 0;
    await turns(10);
    assert.equal(sent, 0);
  });
});

/** Lets the event loop go round. */
async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
}
