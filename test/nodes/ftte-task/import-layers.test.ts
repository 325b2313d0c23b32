import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseStoredTask } from '../../../gateway/task';
import { importLayers } from '../../../nodes/ftte-task/import-layers';
import { helper, useNodeRed } from '../../support/node-red/node-red-helper';

import taskNode = require('../../../nodes/ftte-task/ftte-task');

const modelJson = (name: string) =>
  readFileSync(join(__dirname, '..', '..', 'fixtures', 'keras', name, 'model.json'), 'utf8');
const stored = {
  input: { channels: ['x', 'y', 'z'].map((name) => ({ name })), rateHz: 50, length: '12', hop: 6 },
  labels: ['still', 'walking', 'lying'],
  // Half written, as it may be in a dialog.
  model: { layers: '[{' },
};

describe("taking a model's layers into a task", () => {
  it('gives layers that the task can have, and the loss that its end asks for', () => {
    const answer = importLayers('activities', stored, modelJson('keras3-chain'));
    assert.ok('layers' in answer, JSON.stringify(answer));
    assert.equal(answer.layers.length, 14);
    assert.equal(answer.loss, 'auto');
    parseStoredTask('activities', { ...stored, model: { layers: answer.layers } });
    const pictures = {
      ...stored,
      input: { ...stored.input, channels: [{ name: 'a' }, { name: 'b' }], length: 36 },
    };
    const binary = importLayers('p', { ...pictures, labels: ['no', 'yes'] }, modelJson('keras2-residual'));
    assert.ok('layers' in binary && binary.loss === 'binary-cross-entropy', JSON.stringify(binary));
  });

  const wrong: [string, unknown, unknown, RegExp][] = [
    [
      'a model of other channels',
      stored,
      modelJson('keras3-memory'),
      /takes 2 channels, the task has 3: x, y, z/,
    ],
    ['a task that is wrong itself', { ...stored, labels: [] }, modelJson('keras3-chain'), /^labels/],
    ['text that is no JSON', stored, '{', /not JSON/],
    [
      'a file of Keras',
      stored,
      '\ufffdHDF\r\n\x1a\n',
      /is a Keras model in HDF5: convert it with tensorflowjs_converter/,
    ],
    ['no text', stored, { a: 1 }, /expected a text of at most .*, got object/],
    ['a text too long', stored, ' '.repeat(3 * 2 ** 20), /got 3145728 characters/],
    ['no task', null, modelJson('keras3-chain'), /./],
  ];
  for (const [what, task, model, text] of wrong) {
    it(`says what is wrong with ${what}`, () => {
      const answer = importLayers('activities', task, model);
      assert.match('text' in answer ? answer.text : '', text);
    });
  }
});

describe("the task node's import route", () => {
  useNodeRed();

  it('answers the dialog, whatever is sent', async () => {
    await helper.load(taskNode, []);
    const post = (body: unknown) => helper.request().post('/ftte/task/import').send(body);
    const model = modelJson('keras3-chain');
    const { status, body } = await post({ name: 'activities', task: stored, model });
    assert.equal(status, 200);
    assert.deepEqual(body, JSON.parse(JSON.stringify(importLayers('activities', stored, model))));
    for (const strange of [{}, { model: 3 }, []]) assert.ok('text' in ((await post(strange)).body as object));
  });
});
