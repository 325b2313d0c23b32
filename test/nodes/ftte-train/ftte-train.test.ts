import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { NodeMessage } from 'node-red';
import type { RoundReport } from '../../../gateway';
import { loadTensorFlow } from '../../../gateway/engine-tensorflow';
import type { BudgetAnswer } from '../../../nodes/ftte-train/budget-route';
import { retainedSamples } from '../../../nodes/ftte-train/retained-samples';
import { freePort } from '../../../tools/support/free-port';
import {
  allNodes,
  channels,
  coordinate,
  hosted,
  joined,
  labels,
  onTab,
  tab,
  task,
  taskConfig,
  train,
  windowOfOnes,
} from '../../support/node-red/federation-flow';
import { failureOf, give, inputWhere, shown, until } from '../../support/node-red/flow-messages';
import { helper, logged, useNodeRed } from '../../support/node-red/node-red-helper';

type Round = NodeMessage & { payload: RoundReport };

/** A train node with a coordinator that has given it the model. */
async function load(changes: object = {}, taskChanges: object = {}): Promise<void> {
  const port = await freePort();
  await helper.load(allNodes, flow(port, changes, taskChanges));
  await shown('train', 'collecting');
  // The samples of the test before: a node of the same id has them again.
  await give('train', { action: 'forget' });
}

const flow = (port: number, changes: object = {}, taskChanges: object = {}) => [
  tab,
  taskConfig({ ...taskChanges }),
  hosted(port),
  joined('fed-a', port),
  ...coordinate(),
  ...train('fed-a', { id: 'train', trigger: 'message', ...changes }),
];

async function giveSamples(count: number): Promise<void> {
  for (let i = 0; i < count; i++)
    await give('train', { payload: windowOfOnes(i / count), label: labels[i % labels.length] });
}

describe('the train node', () => {
  const context = useNodeRed();

  it('refuses what is no window of the task, naming channel and shape, counts it, and stores nothing of it', async () => {
    await load();
    const infinite = windowOfOnes();
    infinite[channels.length + 2] = Number.POSITIVE_INFINITY;
    const cases: [object, string, RegExp][] = [
      [{ payload: new Float32Array(12), label: 'SITTING' }, 'window-shape', /\[2, 6\].*\[32, 6\]: acc_x/],
      [{ payload: [[1, 2, 3]], label: 'SITTING' }, 'window-shape', /3 channels.*\[32, 6\]/],
      [{ payload: 'walk', label: 'SITTING' }, 'window-shape', /"walk"/],
      [{ label: 'SITTING' }, 'window-shape', /nothing/],
      [
        { payload: windowOfOnes(Number.NaN), label: 'SITTING' },
        'window-not-finite',
        /channel acc_x at row 0/,
      ],
      [{ payload: infinite, label: 'SITTING' }, 'window-not-finite', /channel acc_z at row 1/],
      [{ payload: windowOfOnes(), label: 'FLYING' }, 'label-unknown', /"FLYING".*WALKING, /],
      [{ payload: windowOfOnes(), label: 6 }, 'label-unknown', /0 to 5/],
      [{ payload: Buffer.from('not ours') }, 'message-invalid', /./],
      [{ action: 'explode' }, 'message-invalid', /"explode".*train, pause, resume, forget/],
    ];
    for (const [msg, code, message] of cases) {
      const error = await failureOf('train', msg);
      assert.equal(error.code, code);
      assert.match(error.message, message);
      assert.ok(!error.toString().startsWith('['), 'the text for people is without the code');
    }
    await giveSamples(task.training.minSamples - 1);
    const error = await failureOf('train', { action: 'train' });
    assert.match(error.message, /too few samples/);
    await give('train', { payload: windowOfOnes(2), label: labels[0] });
    const round = inputWhere<Round>('train:1', () => true);
    await give('train', { action: 'train' });
    const { samples, refusedWindows } = (await round).payload;
    assert.equal(samples, task.training.minSamples);
    // The last two cases were no windows.
    assert.equal(refusedWindows, cases.length - 2);
  });

  it('trains on a message, reports the round, and hands out the update', async () => {
    await load();
    await giveSamples(24);
    const round = inputWhere<Round>('train:1', () => true);
    const update = inputWhere<NodeMessage>('train:2', ({ topic }) => topic === 'update');
    await give('train', { action: 'train' });
    const report = (await round).payload;
    // The others are held out, or share readings with one that is.
    assert.equal(report.samples, 18);
    assert.equal(report.round, 1);
    assert.ok(report.peakBytes <= report.budgetBytes);
    const bytes = (await update).payload;
    assert.ok(Buffer.isBuffer(bytes) && bytes.length === report.updateBytes);
  });

  it('trains with its own engine and a warning if TensorFlow is chosen but cannot be loaded', async () => {
    await load({ engine: 'tensorflow' });
    await giveSamples(16);
    const round = inputWhere<Round>('train:1', () => true);
    await give('train', { action: 'train' });
    assert.equal((await round).payload.samples, 16);
    const warnings = logged('warn', 'train').join();
    assert.match(warnings, /TensorFlow keeps to no budget/);
    if ('missing' in loadTensorFlow())
      assert.match(warnings, /tfjs-node cannot be loaded: .*engine of this package/s);
  });

  it('counts windows without a label, and stores none of them', async () => {
    await load();
    for (let i = 0; i < 20; i++) await give('train', { payload: windowOfOnes() });
    assert.match((await failureOf('train', { action: 'train' })).message, /too few samples/);
  });

  it('reports windows without a label if it is set to', async () => {
    await load({ unlabelled: 'error' });
    const error = await failureOf('train', { payload: windowOfOnes() });
    assert.equal(error.code, 'not-labelled');
  });

  it('does not train while it is paused, continues when resumed, and forgets on request', async () => {
    await load();
    await giveSamples(16);
    await give('train', { action: 'pause' });
    assert.match((await failureOf('train', { action: 'train' })).message, /paused/);
    await give('train', { action: 'resume' });
    const round = inputWhere<Round>('train:1', () => true);
    await give('train', { action: 'train' });
    await round;
    await give('train', { action: 'forget' });
    assert.match((await failureOf('train', { action: 'train' })).message, /too few samples/);
  });

  it('keeps its samples over a deploy, off the disk if it is set so, and erases those of before', async () => {
    const port = await freePort();
    const file = join(context.userDir, 'ftte', 'train', 'samples.bin');
    await helper.load(allNodes, flow(port));
    await shown('train', 'collecting');
    await giveSamples(16);
    await helper.unload();
    assert.equal(statSync(file).mode & 0o777, 0o600);
    await helper.load(allNodes, flow(port, { keep: false }));
    await shown('train', 'collecting');
    const round = inputWhere<Round>('train:1', () => true);
    await give('train', { action: 'train' });
    assert.equal((await round).payload.samples, 16);
    await helper.unload();
    assert.ok(!existsSync(file));
  });

  it('encrypts samples and waiting updates if Node-RED has a credential secret, and sets aside what another secret has encrypted', async () => {
    const port = await freePort();
    const folder = join(context.userDir, 'ftte');
    const restart = async (credentialSecret: string, changes: object) => {
      helper.settings({ ...context, logging: { console: { level: 'off' } }, credentialSecret });
      const free = { aggregation: { ...task.aggregation, participation: { kind: 'free' } } };
      await helper.load(allNodes, flow(port, changes, free));
    };
    await restart('the first secret', {});
    await shown('train', 'collecting');
    await giveSamples(16);
    // Without a coordinator nobody answers the update, which waits.
    await helper.setFlows(
      flow(port).filter(({ id }) => !String(id).startsWith('coordinate')),
      'nodes',
    );
    const round = inputWhere<Round>('train:1', () => true);
    await give('train', { action: 'train' });
    await round;
    await helper.unload();
    const samples = join(folder, 'train', 'samples.bin');
    const outbox = join(folder, 'fed-a', 'outbox');
    const updates = readdirSync(outbox).filter((name) => name.endsWith('.update'));
    assert.equal(updates.length, 1, readdirSync(outbox).join());
    const update = join(outbox, updates[0]!);
    const [sampleBytes, updateBytes] = [readFileSync(samples), readFileSync(update)];
    assert.equal(sampleBytes.indexOf(Buffer.from(Float32Array.of(0.5, 0.5, 0.5).buffer)), -1);
    assert.ok(sampleBytes.includes('FTTESMP3') && updateBytes.includes('FTTEOUT2'), 'they are encrypted');

    // A store of another capacity is not handed over within the process: the file is read, as after a restart.
    await restart('another secret', { capacity: '64' });
    const said = (code: string, file: string) =>
      [...logged('warn', 'train'), ...logged('error', 'train')].some(
        (line) =>
          line.startsWith(`[${code}] ${file}: it is encrypted with another key than the one that is set`) &&
          line.includes(`the file is kept as ${file}.damaged-1`),
      );
    await until(() => said('samples-damaged', samples) && said('storage', update));
    await helper.unload();
    assert.deepEqual(readFileSync(`${samples}.damaged-1`), sampleBytes);
    assert.deepEqual(readFileSync(`${update}.damaged-1`), updateBytes);
  });

  it('removes the samples of a node that is deleted, from memory and disk', async () => {
    await load();
    await giveSamples(16);
    const file = join(context.userDir, 'ftte', 'train', 'samples.bin');
    await helper.setFlows([tab], 'full');
    await until(() => !existsSync(file) && !retainedSamples.has('train'));
    assert.ok(!existsSync(file));
  });

  it('keeps the samples of a node that is disabled, until it is deleted', async () => {
    await load();
    await giveSamples(16);
    await helper.setFlows([tab, { id: 'train', type: 'ftte-train', ...onTab, d: true }], 'full');
    assert.ok(retainedSamples.has('train'));
    await helper.setFlows([tab], 'full');
    await until(() => !retainedSamples.has('train'));
  });

  it('refuses a budget under what the smallest plan needs, with the number that would do', async () => {
    const port = await freePort();
    await helper.load(allNodes, flow(port, { budget: '10' }));
    await shown('train', 'budget-too-small');
    assert.match(logged('error', 'train').join(), /budget of 10 KB is \d+ KB too small.*needs \d+ KB/);
  });

  it('is the only one of its gateway: a second one is refused and names the first', async () => {
    const port = await freePort();
    await helper.load(allNodes, [
      ...flow(port, { name: 'the first' }),
      ...train('fed-a', { id: 'second', trigger: 'message' }),
    ]);
    assert.match(logged('error', 'second').join(), /a gateway trains once: the node "the first"/);
    assert.equal((await failureOf('second', { payload: windowOfOnes() })).code, 'config-invalid');
  });

  it('gives the dialog the plan of a budget, once the task is known', async () => {
    await load();
    const ask = async (id: string, kb: number) => helper.request().get(`/ftte/train/${id}/budget?kb=${kb}`);
    const large = (await ask('train', 10_000)).body as { fits: boolean; share: number; peakBytes: number };
    assert.deepEqual([large.fits, large.share], [true, 1]);
    const small = (await ask('train', 120)).body as BudgetAnswer;
    assert.ok(small.fits && small.peakBytes <= 120 * 1024);
    assert.ok(small.tensors.includes('dense/kernel') && small.stepCost <= 1 && small.updateBytes > 0);
    const none = (await ask('train', 1)).body as { fits: boolean; peakBytes: number };
    assert.ok(!none.fits && none.peakBytes > 1024);
    assert.deepEqual((await ask('nobody', 100)).body, { waiting: true });
    assert.equal((await ask('train', -1)).status, 400);
  });
});
