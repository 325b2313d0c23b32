import assert from 'node:assert/strict';
import { writeLayersModel } from '../../../gateway/interchange';
import { initialParameters, type LayerSpec, resolveModel } from '../../../gateway/model';
import type { Editor, EditorApi } from '../../support/node-red/editor';
import { type EditorHarness, harnessForTests, idOf } from '../harness';
import { taskPage } from './page';

declare const RED: EditorApi;

describe('the model in the dialog of a task', () => {
  const opened = harnessForTests();
  let harness: EditorHarness;
  let editor: Editor;
  const { openTab, startFrom, savedTask } = taskPage(() => editor);
  before(() => {
    harness = opened();
    editor = harness.editor;
  });

  it('shows how much of a budget the untrained weights take, by their precision', async () => {
    const { page } = editor;
    await editor.editConfig('ftte-task', idOf('ftte-task'));
    await openTab('training');
    assert.equal(await page.inputValue('#ftte-task-frozen'), 'int8');
    const figures = page.locator('.ftte-task-preview tbody');
    await figures.locator('tr').nth(2).waitFor({ state: 'attached' });
    const before = await figures.textContent();
    await page.selectOption('#ftte-task-frozen', 'float32');
    await page.waitForFunction(
      (text) => document.querySelector('.ftte-task-preview tbody')?.textContent !== text,
      before,
    );
    await editor.close('ok');
    const { training } = await savedTask<{ training: { frozen?: string } }>();
    assert.equal(training.frozen, 'float32');
  });

  it('asks for the settings of a kind of task, and starts with a model that suits it', async () => {
    await editor.editConfig('ftte-task', idOf('ftte-task'));
    const { page } = editor;
    const shown = () =>
      Promise.all(
        ['#ftte-task-labels', '#ftte-task-horizon', '#ftte-task-false-alarms'].map((id) =>
          page.locator(id).isVisible(),
        ),
      );
    assert.deepEqual(await shown(), [true, false, false]);
    await page.selectOption('#ftte-task-kind', 'anomaly');
    assert.deepEqual(await shown(), [false, false, true]);
    assert.equal(await page.inputValue('#ftte-task-model'), 'autoencoder1d');
    const training = () =>
      Promise.all(['#ftte-task-optimiser', '#ftte-task-learning-rate'].map((id) => page.inputValue(id)));
    assert.deepEqual(await training(), ['adam', '0.003']);
    await page.fill('#ftte-task-false-alarms', '2.5');
    await page.selectOption('#ftte-task-kind', 'forecast');
    assert.deepEqual(await shown(), [false, true, false]);
    assert.equal(await page.inputValue('#ftte-task-model'), 'mlp');
    assert.deepEqual(await training(), ['sgd', '']);
    await page.fill('#ftte-task-horizon', '25');
    await page.fill('#ftte-task-forecast-channels', 'acc_z, acc_q');
    await page
      .locator('.ftte-task-preview-problem')
      .filter({ hasText: '"acc_q" is not a channel' })
      .waitFor();
    assert.match((await page.getAttribute('#ftte-task-forecast-channels', 'class')) ?? '', /input-error/);
    await page.fill('#ftte-task-forecast-channels', 'acc_z, acc_x');
    await editor.screenshot('ftte-task-forecast');
    await editor.close('ok');
    const saved = (await page.evaluate(() => RED.nodes.node('one-ftte-task')['task'])) as Record<
      string,
      object
    >;
    assert.deepEqual(saved['forecast'], { horizon: 25, channels: ['acc_z', 'acc_x'] });
    assert.equal(saved['labels'], undefined);
    assert.equal(saved['anomaly'], undefined);

    await editor.editConfig('ftte-task', idOf('ftte-task'));
    assert.equal(await page.inputValue('#ftte-task-horizon'), '25');
    await startFrom(5);
    assert.deepEqual(await shown(), [false, false, true]);
    assert.equal(await page.inputValue('#ftte-task-false-alarms'), '1');
    await editor.settled();
    await editor.screenshot('ftte-task-anomaly');
    await startFrom(1);
    assert.equal(await page.inputValue('#ftte-task-model'), 'cnn1d');
    await editor.close('ok');
  });

  it('names the layer and its shapes if layers do not fit, and what is wrong with their JSON', async () => {
    await editor.editConfig('ftte-task', idOf('ftte-task'));
    await openTab('model');
    await editor.page.selectOption('#ftte-task-model', 'layers');
    const problem = editor.page.locator('.ftte-task-preview-problem');
    const write = (json: string) =>
      editor.page.evaluate((text) => {
        const { $ } = window as unknown as {
          $: (id: string) => { typedInput(what: string, value: string): { trigger(event: string): void } };
        };
        $('#ftte-task-layers').typedInput('value', text).trigger('change');
      }, json);
    const field = editor.page.locator('#ftte-task-layers + .red-ui-typedInput-container.input-error');
    await write('[{ "type": "dense", "units": 6 }]');
    await problem.filter({ hasText: /layer 0 \(dense\) got \[128,\d\], expected \[features\]/ }).waitFor();
    await field.waitFor();
    await editor.screenshot('ftte-task-layers');
    await write('[{ "type": "flatten" }, { "type": "dense" }]');
    await problem.filter({ hasText: 'model.layers.1.units' }).waitFor();
    await write('[{ "type"');
    await problem.filter({ hasText: /model\.layers: .*JSON/ }).waitFor();
    await field.waitFor();
    await editor.close();
  });

  it('takes the layers of a model.json into a task, and says what does not fit', async () => {
    await editor.editConfig('ftte-task', idOf('ftte-task'));
    // A window of 128 x 6 and six labels.
    await startFrom(1);
    await openTab('model');
    const give = (channels: number) => {
      const layers: LayerSpec[] = [
        { type: 'globalaveragepool1d', name: 'mean' },
        { type: 'dense', units: 6 },
      ];
      const model = resolveModel([128, channels], layers, 6, 'softmax-cross-entropy');
      const { modelJson } = writeLayersModel(model, initialParameters(model, 1));
      const file = { name: 'model.json', mimeType: 'application/json', buffer: Buffer.from(modelJson) };
      return editor.page.setInputFiles('#ftte-task-import-file', file);
    };
    const problem = editor.page.locator('#ftte-task-import-problem');
    await give(2);
    await problem.filter({ hasText: 'takes 2 channels, the task has 6: acc_x' }).waitFor();
    await give(6);
    await editor.page.locator('#ftte-task-layers + .red-ui-typedInput-container').waitFor();
    assert.match(await editor.page.inputValue('#ftte-task-layers'), /"name":"mean"/);
    assert.equal(await problem.textContent(), '');
    await editor.close();
  });
});
