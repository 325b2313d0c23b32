import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Options, UsageError } from '../../../gateway/cli/command/options';
import type { PlanReport } from '../../../gateway/cli/commands/plan-report';
import { denseMemory } from '../../../gateway/selection';
import { parseTask, type TaskInput, taskModel } from '../../../gateway/task';
import { root } from '../../support/source-files';
import { ftte } from './ftte';

const task: TaskInput = {
  name: 'activities',
  input: {
    channels: ['ax', 'ay', 'az', 'gx', 'gy', 'gz'].map((name) => ({ name })),
    rateHz: 50,
    length: 128,
    hop: 64,
  },
  labels: ['still', 'walking', 'lying'],
  model: { preset: 'cnn1d', size: 'S' },
};

describe('ftte plan', () => {
  let folder: string;
  let file: string;
  const write = (changes: object = {}) => writeFile(file, JSON.stringify({ ...task, ...changes }));
  const report = async (...args: readonly string[]): Promise<PlanReport> => {
    const { code, out, err } = await ftte(['plan', file, '--json', ...args]);
    assert.equal(code, 0, err);
    return JSON.parse(out) as PlanReport;
  };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ftte-'));
    file = join(folder, 'task.json');
    await write();
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('lists the trained tensors of a plan that never exceeds the budget', async () => {
    const { budgetBytes, memory, tensors, parameters, trainedParameters } = await report('-b', '70k');
    assert.equal(budgetBytes, 70 * 1024);
    assert.ok(memory.peakBytes <= budgetBytes);
    const sum = (key: 'parameters' | 'trainedParameters') =>
      tensors.reduce((total, tensor) => total + tensor[key], 0);
    assert.equal(sum('parameters'), parameters);
    assert.equal(sum('trainedParameters'), trainedParameters);
    const part = tensors.find(({ channels, inputChannels }) => {
      return channels.length > 0 && channels.length < inputChannels;
    });
    assert.ok(part, 'no tensor is trained in part');
    assert.equal(part.trainedParameters, (part.parameters * part.channels.length) / part.inputChannels);
  });

  it('splits the peak into kinds, as it does for the whole model at the same micro-batch and for dense training', async () => {
    const { memory, wholeMemory, dense, microBatch } = await report('-b', '70k');
    for (const { peakBytes, ...kinds } of [memory, wholeMemory, dense.memory]) {
      assert.equal(
        Object.values(kinds).reduce((sum, bytes) => sum + bytes, 0),
        peakBytes,
      );
    }
    const { training, ...parsed } = parseTask(task);
    const model = taskModel({ training, ...parsed });
    assert.deepEqual(dense.memory, denseMemory(model, training.optimiser, training.batchSize));
    assert.ok(microBatch < training.batchSize);
    assert.ok(memory.peakBytes < wholeMemory.peakBytes && wholeMemory.peakBytes < dense.memory.peakBytes);
  });

  it('counts an update in the encoding of the task', async () => {
    const automatic = await report('-b', '70k');
    await write({ encoding: { update: 'int8' } });
    const small = await report('-b', '70k');
    await write({ encoding: { update: 'float32' } });
    const large = await report('-b', '70k');
    const difference = large.updateBytes - small.updateBytes;
    assert.ok(Math.abs(difference - 3 * small.trainedParameters) < 16, `${difference} more bytes`);
    assert.ok(small.updateBytes < small.dense.updateBytes);
    assert.equal(automatic.updateEncoding, 'dithered');
    assert.ok(automatic.updateBytes < small.updateBytes / 3, `${automatic.updateBytes} bytes`);
    await write({ aggregation: { masked: true } });
    const masked = await report('-b', '70k');
    const more = masked.updateBytes - small.updateBytes;
    assert.equal(masked.updateEncoding, 'masked');
    assert.ok(Math.abs(more - masked.trainedParameters) < 80, `${more} more bytes than int8`);
  });

  it('costs as much as dense training if everything fits', async () => {
    const { stepCost, trainedParameters, parameters, microBatch, batchSize } = await report('-b', '2M');
    assert.equal(stepCost, 1);
    assert.equal(trainedParameters, parameters);
    assert.equal(microBatch, batchSize);
  });

  it('follows the strategy of the task and the version', async () => {
    await write({ selection: { strategy: 'deepest' } });
    assert.equal((await report('-b', '70k')).tensors[0]?.trainedParameters, 0);
    await write({ selection: { strategy: 'dynamic' } });
    const first = await report('-b', '70k');
    assert.deepEqual((await report('-b', '70k', '--version', '0')).tensors, first.tensors);
    assert.notDeepEqual((await report('-b', '70k', '--version', '1')).tensors, first.tensors);
  });

  it('prints tables that a person can read', async () => {
    const { code, out } = await ftte(['plan', file, '--budget', '70k']);
    assert.equal(code, 0);
    const { tensors, memory } = await report('-b', '70k');
    for (const { name } of tensors) assert.match(out, new RegExp(`^\\| ${name} `, 'm'));
    assert.match(out, /conv1d_2\/kernel \| 5 x 32 x 32 \| +5120 +\| +\d+ +\| +\d+ of 32 +\|/);
    assert.match(out, new RegExp(`\\| together +\\| +${memory.peakBytes} +\\|`));
    assert.match(out, /of dense training/);
  });

  it('prints one row for each kind of memory in use, and no row of zeros', async () => {
    const { out } = await ftte(['plan', file, '--budget', '70k']);
    const { memory, wholeMemory, dense } = await report('-b', '70k');
    const { peakBytes, ...kinds } = memory;
    assert.ok(Object.values(kinds).includes(0));
    for (const kind of Object.keys(kinds) as (keyof typeof kinds)[]) {
      const bytes = [memory, wholeMemory, dense.memory].map((each) => each[kind]);
      const row = new RegExp(`^\\| ${kind} +\\| +${bytes.join(' +\\| +')} +\\|`, 'm');
      if (bytes.some((each) => each > 0)) assert.match(out, row);
      else assert.doesNotMatch(out, new RegExp(`^\\| ${kind} `, 'm'));
    }
  });

  it('follows the importance scores of a coordinator, and shows the gains', async () => {
    await write({ selection: { strategy: 'contribution' } });
    const gains = [0, 2, 4].map((tensor) => ({
      tensor,
      gains: tensor === 2 ? [0.04, 0.06, 0.08, 0.09] : [0, 0, 0, 0],
    }));
    const measured = join(folder, 'importance.json');
    const subject = { lineage: '0123456789abcdef', strategy: 'contribution' };
    await writeFile(measured, JSON.stringify({ ...subject, importance: { version: 0, gains } }));
    const { tensors, expectedGain } = await report('-b', '70k', '--importance', measured);
    const kernel = tensors.find(({ name }) => name === 'conv1d_1/kernel');
    assert.ok(kernel?.expectedGain && kernel.expectedGain <= 0.09);
    assert.equal(expectedGain, kernel.expectedGain);
    assert.equal((await report('-b', '70k')).expectedGain, undefined);
    const { out } = await ftte(['plan', file, '-b', '70k', '--importance', measured]);
    assert.match(out, /points, the sum of the measured gains/);
    assert.match(out, /conv1d_1\/kernel .*\| +\d\.\d +\|/);
    const { code, err } = await ftte(['plan', file, '-b', '70k', '--importance', file]);
    assert.equal(code, 2);
    assert.match(err, /--importance: cannot read/);
  });

  it('names the budget that suffices if the given one is too small, with exit code 2 and no standard output', async () => {
    const { code, out, err } = await ftte(['plan', file, '--budget', '10k', '--json']);
    assert.equal(code, 2);
    assert.equal(out, '');
    const needed = Number(/needs (\d+) KB/.exec(err)?.[1]);
    const { peakBytes } = (await report('-b', `${needed}k`)).memory;
    assert.ok(peakBytes <= 1024 * needed && peakBytes > 1024 * (needed - 1), `${peakBytes}`);
    assert.equal((await ftte(['plan', file, '-b', `${needed - 1}k`])).code, 2);
  });

  it('names the wrong field of a task, with exit code 2', async () => {
    await write({ labels: ['still'] });
    const { code, err } = await ftte(['plan', file, '-b', '1M']);
    assert.equal(code, 2);
    assert.match(err, /^ftte: .*task\.json: labels: /);
  });

  it('reports a file that is not JSON, with exit code 2', async () => {
    await writeFile(file, 'name: activities');
    const { code, err } = await ftte(['plan', file, '-b', '1M']);
    assert.equal(code, 2);
    assert.match(err, /task\.json is not JSON/);
  });

  it('names the budget in its usage', async () => {
    assert.match(
      (await ftte(['plan', '--help'])).out,
      /^Usage: ftte plan TASK\.json --budget SIZE \[options\]$/m,
    );
  });

  const example = join(root, 'docs', 'examples', 'task.json');
  const wrong: [string, string[], RegExp][] = [
    ['no task', ['-b', '1M'], /expected one task, got 0 arguments/],
    ['two tasks', ['a.json', 'b.json', '-b', '1M'], /got 2 arguments/],
    ['no budget', [example], /--budget: expected a size .*, got nothing/],
    ['a budget that is not a size', [example, '-b', 'much'], /--budget: expected a size .*, got "much"/],
    ['a file that does not exist before a missing budget', ['none.json'], /cannot read none\.json/],
    [
      'a version that is not a number',
      [example, '-b', '1M', '--version', 'new'],
      /--version: expected a whole number .*, got "new"/,
    ],
    ['a task file that does not exist', ['none.json', '-b', '1M'], /cannot read none\.json/],
  ];
  for (const [what, args, text] of wrong) {
    it(`reports ${what} on standard error, with exit code 2`, async () => {
      const { code, out, err } = await ftte(['plan', ...args]);
      assert.equal(code, 2);
      assert.equal(out, '');
      assert.match(err, text);
    });
  }
});

describe('a size in bytes', () => {
  const read = (budget: string) => new Options({ budget }).byteSize('budget');
  const sizes: [string, number][] = [
    ['200000', 200_000],
    ['192k', 192 * 1024],
    ['192K', 192 * 1024],
    ['192 KB', 192 * 1024],
    ['192KiB', 192 * 1024],
    ['0.5M', 512 * 1024],
    ['.5m', 512 * 1024],
    ['1G', 1024 ** 3],
    ['1.3k', 1331],
  ];
  for (const [text, size] of sizes) {
    it(`is ${size} as ${text}`, () => assert.equal(read(text), size));
  }
  for (const text of ['', 'k', '-1', '0', '0.1', '1e3', '1,5k', '12x', '1 2k', 'NaN', '9999999999G']) {
    it(`is not "${text}"`, () => assert.throws(() => read(text), UsageError));
  }
});
