import assert from 'node:assert/strict';
import type { TaskInput } from '../../../gateway/task';
import type { Editor, EditorApi } from '../../support/node-red/editor';
import { type EditorHarness, harnessForTests, idOf } from '../harness';
import { taskPage } from './page';

declare const RED: EditorApi;

describe('presets and data in the dialog of a task', () => {
  const opened = harnessForTests();
  let harness: EditorHarness;
  let editor: Editor;
  const { startFrom, savedTask } = taskPage(() => editor);
  before(() => {
    harness = opened();
    editor = harness.editor;
  });

  it('fills channels and labels from a preset', async () => {
    await editor.editConfig('ftte-task', idOf('ftte-task'));
    // What is there is no preset: it is replaced only after a question.
    const button = editor.page.locator('#ftte-task-presets button').nth(2);
    const question = editor.page.locator('#ftte-task-preset-question button');
    await button.click();
    await question.last().click();
    assert.equal(await question.count(), 0);
    assert.equal(await editor.page.inputValue('#ftte-task-rate'), '50');
    await startFrom(2);
    const summary = editor.page.locator('.ftte-task-preview-summary');
    await summary.filter({ hasText: '1 s' }).waitFor();
    assert.equal(await editor.page.inputValue('#ftte-task-rate'), '125');
    assert.equal(await editor.page.locator('.ftte-task-label').count(), 5);
    assert.equal(await editor.page.inputValue('#ftte-task-kind'), 'classification');
    await editor.close();
  });

  it('asks what to keep if a deploy would end a running model, and saves the answer', async () => {
    const { page } = editor;
    const question = page.locator('.ftte-task-change');
    const change = { version: 37, kept: ['conv1d', 'conv1d_1'], partly: ['dense'], fresh: [] };
    await page.route('**/ftte/task/preview', async (route) => {
      const answer = await route.fetch();
      const json = (await answer.json()) as object;
      await route.fulfill({ response: answer, json: { ...json, ...(changed && { change }) } });
    });
    let changed = false;
    await editor.editConfig('ftte-task', idOf('ftte-task'));
    await editor.settled();
    assert.equal(await question.isVisible(), false);
    changed = true;
    await page.locator('.ftte-task-label').first().fill('jumping');
    await question.waitFor();
    assert.match(await question.innerText(), /ends the running model at version 37/);
    assert.match(await question.innerText(), /Keep .*whole: conv1d, conv1d_1; .*stay: dense\)/);
    assert.equal(await question.locator('input[value="keep"]').isChecked(), true);
    await editor.screenshot('ftte-task-change');
    await question.locator('input[value="fresh"]').check();
    await editor.close('ok');
    await page.unroute('**/ftte/task/preview');
    const stored = await page.evaluate(() => RED.nodes.node('one-ftte-task')['modelChange']);
    assert.equal(stored, 'fresh');
  });

  it('takes the name of a preset unless a person chose one, and undoes a preset', async () => {
    const { page } = editor;
    const preset = (index: number) => startFrom(index + 1);
    const name = () => page.inputValue('#node-config-input-name');
    const channels = () =>
      page.$$eval('.ftte-task-channel-name', (fields) => (fields as HTMLInputElement[]).map((f) => f.value));
    await editor.editConfig('ftte-task', idOf('ftte-task'));
    await page.fill('#node-config-input-name', 'knee bend');
    await page.locator('.ftte-task-channel-name').first().fill('pressure');
    const typed = await channels();
    await preset(2);
    assert.equal(await name(), 'knee bend');
    assert.notDeepEqual(await channels(), typed);
    await page.click('.ftte-task-undo');
    assert.deepEqual(await channels(), typed);
    assert.equal(await page.isVisible('.ftte-task-undo'), false);

    await page.fill('#node-config-input-name', 'ECG beats');
    await preset(2);
    assert.equal(await name(), 'Stress');
    await page.click('.ftte-task-undo');
    assert.equal(await name(), 'ECG beats');
    await editor.close();
  });

  it('names a new task and a new federation after no sensor, and what is learned from a file after the file', async () => {
    const { page } = editor;
    const defaults = await page.evaluate(() =>
      [
        ['ftte-task', 'name'],
        ['ftte-federation', 'federation'],
      ].map(([type, setting]) => {
        const { defaults: of } = RED.nodes.getType(type!) as {
          readonly defaults?: Readonly<Record<string, { readonly value: unknown }>>;
        };
        return of?.[setting!]?.value;
      }),
    );
    assert.deepEqual(defaults, ['sensors', 'sensors']);
    await editor.editConfig('ftte-task', idOf('ftte-task'));
    const name = page.locator('#node-config-input-name');
    await name.fill('sensors');
    const rows = Array.from({ length: 60 }, (_, i) => `${i % 7},${i % 5},${i < 30 ? 'on' : 'off'}`);
    const learnFrom = async (file: string) => {
      const read = page.waitForResponse(/\/ftte\/task\/table$/);
      await page.setInputFiles('#ftte-task-learn-file', {
        ...{ name: file, mimeType: 'text/csv' },
        buffer: Buffer.from(['flow,pressure,label', ...rows].join('\n')),
      });
      await read;
      await page.locator('#ftte-task-learned table').waitFor();
    };
    await learnFrom('pump 3.csv');
    await page.locator('#ftte-task-learned .primary').click();
    assert.equal(await name.inputValue(), 'pump 3');
    // A name that was made gives way, and one that was typed does not.
    await learnFrom('boiler.csv');
    assert.equal(await name.inputValue(), 'boiler');
    await name.fill('my heating');
    await learnFrom('pump 3.csv');
    assert.equal(await name.inputValue(), 'my heating');
    await editor.close();
  });

  it('has the categories of a field of texts beside its name, and leaves those alone that nobody changed', async () => {
    const { page } = editor;
    const fields = page.locator('.ftte-task-channel-categories');
    await editor.editConfig('ftte-task', idOf('ftte-task'));
    await page.fill('#node-config-input-name', 'payments');
    await fields.first().fill('credit,  debit ');
    await editor.close('ok');
    const categories = async () => {
      const { input } = await savedTask<{ input: { channels: { categories?: string[] }[] } }>();
      return input.channels.map((channel) => channel.categories);
    };
    assert.deepEqual((await categories()).slice(0, 2), [['credit', 'debit'], undefined]);
    await page.evaluate(() => {
      const { input } = RED.nodes.node('one-ftte-task')['task'] as {
        input: { channels: { categories?: string[] }[] };
      };
      input.channels[0]!.categories = ['credit', 'debit, or both'];
    });
    await editor.editConfig('ftte-task', idOf('ftte-task'));
    await page.fill('#node-config-input-name', 'more payments');
    assert.equal(await fields.first().inputValue(), 'credit, debit, or both');
    await editor.close('ok');
    assert.deepEqual((await categories())[0], ['credit', 'debit, or both']);
  });

  it('cuts heartbeats at their peaks, with what the intervals say beside them, from the preset for them', async () => {
    await editor.editConfig('ftte-task', idOf('ftte-task'));
    await startFrom(2);
    await editor.page.locator('.ftte-task-preview-summary').filter({ hasText: 'windows of 1 s' }).waitFor();
    await editor.close('ok');
    const { input } = await savedTask<TaskInput>();
    assert.deepEqual(input.cut, { kind: 'beats', before: 50 });
    assert.deepEqual(
      input.channels.map(({ name, side }) => [name, side]),
      [
        ['ecg', undefined],
        ['rr_before', true],
        ['rr_before_ratio', true],
        ['rr_after_before', true],
        ['unusual_qrs', true],
      ],
    );
  });
});
