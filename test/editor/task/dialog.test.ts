import assert from 'node:assert/strict';
import { Editor, type EditorApi } from '../../support/node-red/editor';
import { type EditorHarness, harnessForTests, idOf, task } from '../harness';
import { taskPage } from './page';

declare const RED: EditorApi;

describe('the dialog of a task', () => {
  const opened = harnessForTests();
  let harness: EditorHarness;
  let editor: Editor;
  const { openTab, savedTask } = taskPage(() => editor);
  before(() => {
    harness = opened();
    editor = harness.editor;
  });

  it('shows newcomers what they need, names what is hidden and set, and remembers the choice of view', async () => {
    const { page } = editor;
    const shown = (id: string) => page.locator(`#${id}`).isVisible();
    const tabs = () => page.locator('#ftte-task-tabs > li:visible').count();
    const view = '#ftte-task-expert-view';
    const hidden = page.locator('.ftte-view').last().locator('.ftte-tip');
    await harness.dialog('ftte-task');
    await page.locator('#ftte-task-tabs > li:visible').first().waitFor();
    assert.equal(await tabs(), 5);
    await page.selectOption('#ftte-task-normalisation', 'person');
    await openTab('training');
    await page.selectOption('#ftte-task-optimiser', 'adam');
    await page.fill('#ftte-task-batch', '32');
    const kept = page.waitForResponse((answer) => answer.url().endsWith('settings/user'));
    await page.uncheck(view);
    await kept;
    assert.equal(await tabs(), 2);
    assert.deepEqual(await Promise.all(['ftte-task-rate', 'ftte-task-normalisation'].map(shown)), [
      true,
      false,
    ]);
    // 32 is the default, typed.
    assert.equal(await hidden.innerText(), 'Hidden here, and not at their defaults: Normalise, Optimiser');
    await editor.screenshot('ftte-task-simple');
    await editor.close();
    const again = await Editor.open(harness.browser, harness.red.url);
    try {
      await again.edit(idOf('ftte-train'));
      const { page: other } = again;
      assert.equal(await other.isChecked('#node-input-expert-view'), false);
      const visible = async () =>
        Promise.all(
          ['budget', 'capacity', 'engine'].map((id) => other.locator(`#node-input-${id}`).isVisible()),
        );
      assert.deepEqual(await visible(), [true, false, false]);
      const tip = other.locator('.ftte-view .ftte-tip');
      assert.equal(await tip.isVisible(), false);
      await other.check('#node-input-expert-view');
      assert.deepEqual(await visible(), [true, true, true]);
      await other.fill('#node-input-capacity', '77');
      await other.uncheck('#node-input-expert-view');
      assert.equal(await tip.innerText(), 'Hidden here, and not at their defaults: Keep');
    } finally {
      await again.page.close();
    }
    await harness.dialog('ftte-task');
    await page.check(view);
    await editor.close();
  });

  it('names the buttons that delete a channel and a label, for screen readers', async () => {
    const { page } = editor;
    await harness.dialog('ftte-task');
    const named = (name: string) => page.getByRole('link', { name, exact: true });
    await named('Delete this channel').first().waitFor();
    assert.equal(await named('Delete this channel').count(), task.input.channels.length);
    assert.equal(await named('Delete this label').count(), task.labels.length);
    await editor.close();
  });

  it('recalculates the figures of a task as it is edited, and saves what was typed', async () => {
    await editor.editConfig('ftte-task', idOf('ftte-task'));
    const summary = editor.page.locator('.ftte-task-preview-summary');
    await summary.filter({ hasText: '8,099' }).waitFor();
    await openTab('model');
    await editor.page.selectOption('#ftte-task-size', 'M');
    await summary.filter({ hasText: /3\d,\d{3}/ }).waitFor();
    assert.equal(await editor.page.locator('.ftte-task-preview tbody tr').count(), 3);
    const kernels = editor.page.locator('.ftte-task-tensors tbody tr');
    await kernels.filter({ hasText: 'conv1d_2/kernel' }).waitFor();
    assert.equal(await kernels.count(), 4);
    assert.match(await kernels.last().innerText(), /dense\/kernel\s+64 x 3\s+all\s/);
    await editor.page.selectOption('#ftte-task-strategy', 'contribution');
    await editor.page.locator('#ftte-task-measure-samples').waitFor();
    await editor.page.fill('#ftte-task-warm-samples', '200');
    await editor.page.locator('#ftte-task-warm-epochs').waitFor();
    await editor.screenshot('ftte-task-model');
    for (const tab of ['training', 'federation']) {
      await openTab(tab);
      await editor.screenshot(`ftte-task-${tab}`);
    }
    await editor.page.fill('#ftte-task-max-wait', '90');
    await editor.close('ok');
    const saved = (await editor.page.evaluate(() => RED.nodes.node('one-ftte-task')['task'])) as Record<
      string,
      object
    >;
    assert.deepEqual(saved['model'], { preset: 'cnn1d', size: 'M' });
    assert.deepEqual(saved['labels'], task.labels);
    assert.deepEqual(saved['selection'], { strategy: 'contribution' });
    assert.deepEqual(saved['warmStart'], { samples: 200 });
    assert.equal((saved['aggregation'] as { maxWaitMs: number }).maxWaitMs, 90_000);
  });

  it('folds its figures away and shows them again', async () => {
    const { page } = editor;
    await editor.editConfig('ftte-task', idOf('ftte-task'));
    const figures = page.locator('.ftte-task-preview table');
    // The figures come from the runtime some time after the dialog is open.
    await figures.waitFor({ state: 'attached' });
    await editor.settled();
    const wasOpen = await figures.isVisible();
    await page.click('.ftte-task-preview-summary');
    assert.equal(await figures.isVisible(), !wasOpen);
    await page.click('.ftte-task-preview-summary');
    assert.equal(await figures.isVisible(), wasOpen);
  });

  it('keeps side inputs, for which it has no field', async () => {
    const before = await savedTask<typeof task>();
    const change = (changed: object) =>
      editor.page.evaluate((value) => {
        RED.nodes.node('one-ftte-task')['task'] = value;
      }, changed);
    const channels = [...before.input.channels, { name: 'age', unit: 'a', side: true }];
    await change({ ...before, input: { ...before.input, channels } });
    await editor.editConfig('ftte-task', idOf('ftte-task'));
    await editor.page.fill('#ftte-task-hop', '31');
    await editor.close('ok');
    const saved = await savedTask<{ input: { channels: { name: string; side?: true }[] } }>();
    const sides = saved.input.channels.map(({ name, side }) => [name, side]);
    assert.deepEqual(sides.at(-1), ['age', true]);
    assert.equal(sides[0]?.[1], undefined);
    await change(before);
  });

  it('keeps settings of a task that it has no fields for, but not those of another rule', async () => {
    const settings = {
      training: { optimiser: { kind: 'adam', beta1: 0.8 } },
      aggregation: {
        rule: { kind: 'ca2fl', cacheBytes: 1000 },
        server: { kind: 'yogi', beta2: 0.95, epsilon: 0.01 },
      },
    };
    const change = (more: object) =>
      editor.page.evaluate((changes) => {
        const node = RED.nodes.node('one-ftte-task');
        node['task'] = { ...(node['task'] as object), ...changes };
      }, more);
    const saved = () =>
      editor.page.evaluate(() => RED.nodes.node('one-ftte-task')['task']) as Promise<typeof settings>;
    await change(settings);
    await editor.editConfig('ftte-task', idOf('ftte-task'));
    await editor.page.fill('#ftte-task-hop', '32');
    await editor.close('ok');
    const { training, aggregation } = await saved();
    assert.equal(training.optimiser.beta1, 0.8);
    assert.equal(aggregation.rule.cacheBytes, 1000);
    assert.deepEqual(aggregation.server, settings.aggregation.server);

    await editor.editConfig('ftte-task', idOf('ftte-task'));
    await openTab('federation');
    await editor.page.selectOption('#ftte-task-rule', 'ftte');
    await editor.close('ok');
    assert.deepEqual((await saved()).aggregation.rule, { kind: 'ftte' });
  });

  it('names the field that is wrong in a task, and keeps the node marked until it is right', async () => {
    await editor.editConfig('ftte-task', idOf('ftte-task'));
    await editor.page.fill('#ftte-task-rate', '0');
    const problem = editor.page.locator('.ftte-task-preview-problem');
    await problem.filter({ hasText: 'Data › Rate: ' }).waitFor();
    assert.match((await editor.page.getAttribute('#ftte-task-rate', 'class')) ?? '', /input-error/);
    await editor.screenshot('ftte-task-problem');
    await editor.close('ok');
    assert.equal(
      await editor.page.evaluate(() => RED.editor.validateNode(RED.nodes.node('one-ftte-task'))),
      false,
    );
    await editor.editConfig('ftte-task', idOf('ftte-task'));
    await editor.page.fill('#ftte-task-rate', '50');
    await problem.filter({ hasText: 'Data › Rate: ' }).waitFor({ state: 'hidden' });
    await editor.close('ok');
    assert.equal(
      await editor.page.evaluate(() => RED.editor.validateNode(RED.nodes.node('one-ftte-task'))),
      true,
    );
  });
});
