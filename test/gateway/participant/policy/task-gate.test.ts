import assert from 'node:assert/strict';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type GatewayPolicyInput, gatewayPolicy, TaskGate } from '../../../../gateway/participant';
import { SeededRandom, VirtualClock } from '../../../../gateway/platform';
import { parseTask, type TaskInput } from '../../../../gateway/task';
import { temporaryFolder } from '../tools';

const base: TaskInput = {
  name: 'movement',
  input: { channels: [{ name: 'x', unit: 'g' }], rateHz: 10, length: 64, hop: 32 },
  labels: ['resting', 'moving'],
  model: { preset: 'mlp', size: 'S' },
};
const task = (changes: Partial<TaskInput> = {}) => parseTask({ ...base, ...changes });

describe('which tasks a gateway takes by itself', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  const said: string[] = [];
  const gates: TaskGate[] = [];
  beforeEach(async () => {
    folder = await temporaryFolder();
    said.length = 0;
  });
  afterEach(async () => {
    for (const gate of gates.splice(0)) await gate.close();
    await folder.remove();
  });

  async function open(policy: GatewayPolicyInput = {}, federation = 'clinic'): Promise<TaskGate> {
    const say = (text: string) => void said.push(text);
    const gate = new TaskGate({
      policy: gatewayPolicy(policy),
      federation,
      file: join(folder.path, 'agreed-task.json'),
      clock: new VirtualClock(),
      random: new SeededRandom(1),
      log: { info: say, warn: say, error: say },
    });
    gates.push(gate);
    await gate.open();
    return gate;
  }

  const waits: readonly [string, Partial<TaskInput>, RegExp][] = [
    ['another kind', { kind: 'anomaly', labels: [] }, /^kind: got "anomaly", agreed was "classification"/],
    [
      'another channel',
      { input: { ...base.input, channels: [{ name: 'x' }, { name: 'heart' }] } },
      /^input\.channels: got .*heart/,
    ],
    ['longer windows', { input: { ...base.input, length: 128 } }, /^input\.length: got 128, agreed was 64/],
    ['another rate', { input: { ...base.input, rateHz: 50 } }, /^input\.rateHz/],
    [
      'other labels',
      { labels: ['alone', 'in company'] },
      /^labels: got \["alone","in company"\], agreed was/,
    ],
    [
      'smaller batches',
      { training: { batchSize: 16 } },
      /^training\.batchSize: got 16, agreed was at least 32/,
    ],
    ['rounds of fewer samples', { training: { minSamples: 8 } }, /^training\.minSamples: got 8/],
  ];
  for (const [what, changes, pattern] of waits) {
    it(`not one that asks for ${what} than the first, until a person accepts it`, async () => {
      const gate = await open();
      assert.equal(gate.judge(task()), undefined);
      const refusal = gate.judge(task(changes));
      assert.equal(refusal?.kind, 'waiting');
      assert.match(refusal.text, pattern);
      assert.equal(gate.judge(task()), undefined, 'the agreed one is taken again');
      gate.accept(task(changes));
      assert.equal(gate.judge(task(changes)), undefined);
    });
  }

  const taken: readonly [string, Partial<TaskInput>][] = [
    ['another name', { name: 'walking' }],
    ['another model', { model: { preset: 'cnn1d', size: 'S' } }],
    [
      'another unit, and another hop',
      { input: { ...base.input, channels: [{ name: 'x', unit: 'm/s2' }], hop: 64 } },
    ],
    ['larger batches', { training: { batchSize: 64 } }],
    ['another rule of aggregation', { aggregation: { rule: { kind: 'fedavg' } } }],
  ];
  for (const [what, changes] of taken) {
    it(`one that has only ${what}`, async () => {
      const gate = await open();
      gate.judge(task());
      assert.equal(gate.judge(task(changes)), undefined);
    });
  }

  it('not one within an agreement that is beyond the policy, which no agreement changes', async () => {
    const lax = await open({ smallestBatch: 1 });
    const small = task({ training: { batchSize: 2 } });
    assert.equal(lax.judge(small), undefined);
    await lax.close();
    assert.equal((await open()).judge(small)?.kind, 'refused');
  });

  it('not a first one if a person is to be asked, and each one if any is taken', async () => {
    assert.match((await open({ newTask: 'ask' })).judge(task())?.text ?? '', /"movement" is the first one/);
    const any = await open({ newTask: 'any' });
    assert.equal(any.judge(task()), undefined);
    assert.equal(any.judge(task({ labels: ['a', 'b'] })), undefined);
  });

  it('the same after a restart: another task that comes first waits, and the file is for its owner alone', async () => {
    const first = await open();
    first.judge(task());
    await first.close();
    assert.deepEqual(await readdir(folder.path), ['agreed-task.json']);
    assert.equal((await stat(join(folder.path, 'agreed-task.json'))).mode & 0o777, 0o600);
    const second = await open();
    assert.equal(second.judge(task({ labels: ['a', 'b'] }))?.kind, 'waiting');
    assert.equal(second.judge(task()), undefined);
  });

  it('the first one of another federation, of which nothing was agreed', async () => {
    const first = await open();
    first.judge(task());
    await first.close();
    assert.equal((await open({}, 'north wing')).judge(task({ labels: ['a', 'b'] })), undefined);
  });

  it('none if the file is damaged, because it may have held an agreement; the file is kept', async () => {
    const path = join(folder.path, 'agreed-task.json');
    await writeFile(path, '{"federation":"clinic","task":{');
    const gate = await open();
    assert.match(
      said.join('\n'),
      /is damaged .*agreed-task\.json\.damaged-1; the next task waits for a person/,
    );
    assert.equal(gate.judge(task())?.kind, 'waiting');
    gate.accept(task());
    await gate.close();
    assert.match(await readFile(path, 'utf8'), /"movement"/);
    assert.deepEqual((await readdir(folder.path)).sort(), ['agreed-task.json', 'agreed-task.json.damaged-1']);
  });
});
