import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLayersModel, readInitialParameters, readLayersModel } from '../../../gateway/interchange';
import { parametersFingerprint, parseTask, type TaskInput } from '../../../gateway/task';
import { ftte } from './ftte';

const fixture = (name: string) => join(__dirname, '..', '..', 'fixtures', 'keras', name, 'model.json');

const task: TaskInput = {
  name: 'activities',
  input: { channels: ['x', 'y', 'z'].map((name) => ({ name })), rateHz: 50, length: 12, hop: 6 },
  labels: ['still', 'walking', 'lying'],
  model: { preset: 'cnn1d' },
};

describe('ftte import and ftte export', () => {
  let folder: string;
  const at = (...names: string[]) => join(folder, ...names);
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ftte-'));
    await writeFile(at('given.json'), JSON.stringify(task));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('convert a Keras model into a task that starts from its weights, and both into a LayersModel again', async () => {
    const { code, out, err } = await ftte([
      'import',
      fixture('keras3-chain'),
      '-t',
      at('given.json'),
      '-o',
      at('task.json'),
    ]);
    assert.equal(code, 0, err);
    assert.match(out, /\[12, 3\] to \[3\], then softmax \(left to the loss\), 232 parameters/);
    const written = parseTask(JSON.parse(await readFile(at('task.json'), 'utf8')));
    const parameters = await readInitialParameters(at('task.parameters'), written);
    assert.equal(parametersFingerprint(parameters), written.initial);
    assert.deepEqual(await readInitialParameters(fixture('keras3-chain'), written), parameters);

    const exported = await ftte(['export', at('task.parameters'), '-t', at('task.json'), '-o', at('model')]);
    assert.equal(exported.code, 0, exported.err);
    const opened = openLayersModel(await readFile(at('model', 'model.json'), 'utf8'));
    const back = readLayersModel(
      opened,
      new Map([['weights.bin', await readFile(at('model', 'weights.bin'))]]),
    );
    assert.deepEqual(back.parameters, parameters);
    assert.deepEqual(back.metadata?.labels, task.labels);
    assert.equal(back.head, 'softmax');
  });

  it('make a skeleton without a task, and describe the model without --out', async () => {
    const { code, out } = await ftte(['import', fixture('keras2-residual'), '--json']);
    assert.equal(code, 0);
    const facts = JSON.parse(out);
    assert.deepEqual([facts.head, facts.files, facts.layers.length], ['sigmoid', [], 11]);
    assert.equal((await ftte(['import', fixture('keras2-residual'), '-o', at('own.json')])).code, 0);
    assert.equal(parseTask(JSON.parse(await readFile(at('own.json'), 'utf8'))).labels.length, 2);
  });

  it('warn on standard error that TensorFlow.js cannot load a GRU with reset_after', async () => {
    await ftte(['import', fixture('keras2-memory'), '-o', at('task.json')]);
    const { code, err } = await ftte([
      'export',
      at('task.parameters'),
      '-t',
      at('task.json'),
      '-o',
      at('model'),
    ]);
    assert.equal(code, 0);
    assert.match(err, /cannot load a GRU with reset_after/);
  });

  it('do not overwrite files without --overwrite', async () => {
    const args = ['import', fixture('keras3-chain'), '-o', at('task.json')];
    assert.equal((await ftte(args)).code, 0);
    const again = await ftte(args);
    assert.equal(again.code, 2);
    assert.match(again.err, /task\.json already exists: --overwrite/);
    assert.equal((await ftte([...args, '--overwrite'])).code, 0);
  });

  const wrong: [string, string[], number, RegExp][] = [
    ['no model', ['import'], 2, /expected one model\.json, got 0 arguments/],
    ['a model that does not exist', ['import', 'none/model.json'], 2, /cannot read none\/model\.json/],
    ['a file that is not JSON', ['import', __filename], 2, /is not JSON/],
    [
      'a task that does not fit',
      ['import', fixture('keras3-memory'), '-t', 'GIVEN'],
      2,
      /does not fit the task "activities": it takes 2 channels/,
    ],
    ['no source', ['export'], 2, /expected one folder or file, got 0 arguments/],
    ['no folder for the model', ['export', 'x'], 2, /--out: expected a folder, got nothing/],
    ['a source that does not exist', ['export', 'none', '-o', 'x'], 1, /no model in none/],
    ['a folder without a model', ['export', __dirname, '-o', 'x'], 1, /it holds no checkpoint/],
  ];
  for (const [what, args, exitCode, text] of wrong) {
    it(`report ${what} on standard error, with exit code ${exitCode}`, async () => {
      const { code, out, err } = await ftte(args.map((arg) => (arg === 'GIVEN' ? at('given.json') : arg)));
      assert.deepEqual([code, out], [exitCode, '']);
      assert.match(err, text);
    });
  }
});
