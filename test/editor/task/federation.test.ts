import assert from 'node:assert/strict';
import type { Editor, EditorApi } from '../../support/node-red/editor';
import { type EditorHarness, harnessForTests, idOf } from '../harness';
import { taskPage } from './page';

declare const RED: EditorApi;

describe('the rule and the rounds in the dialog of a task', () => {
  const opened = harnessForTests();
  let harness: EditorHarness;
  let editor: Editor;
  const { openTab, savedTask } = taskPage(() => editor);
  before(() => {
    harness = opened();
    editor = harness.editor;
  });

  it('shows the settings that a rule uses, and saves the rule with its own', async () => {
    await editor.editConfig('ftte-task', idOf('ftte-task'));
    await openTab('federation');
    const shown = (id: string) => editor.page.locator(`#ftte-task-${id}`).isVisible();
    const all = () => Promise.all(['variance', 'age', 'server', 'mixing', 'fadas-rate'].map(shown));
    assert.deepEqual(await all(), [true, true, true, false, false]);
    await editor.page.selectOption('#ftte-task-rule', 'fadas');
    assert.deepEqual(await all(), [false, false, false, false, true]);
    await editor.page.selectOption('#ftte-task-rule', 'fedasync');
    assert.deepEqual(await all(), [false, true, true, true, false]);
    await editor.page.fill('#ftte-task-mixing', '0.4');
    await editor.screenshot('ftte-task-rule');
    await editor.close('ok');
    const saved = (await editor.page.evaluate(() => RED.nodes.node('one-ftte-task')['task'])) as {
      aggregation: { rule: object };
    };
    assert.deepEqual(saved.aggregation.rule, { kind: 'fedasync', mixing: 0.4 });
  });

  it('asks for damping, steps and coverage of the rules that use them, and saves what was chosen', async () => {
    const { page } = editor;
    await editor.editConfig('ftte-task', idOf('ftte-task'));
    await openTab('federation');
    const all = () =>
      Promise.all(['damping', 'steps', 'coverage'].map((id) => page.locator(`#ftte-task-${id}`).isVisible()));
    for (const [rule, expected] of [
      ['fadas', [false, false, false]],
      ['fedavg', [false, true, false]],
      ['fedbuff', [false, true, false]],
      ['fedasync', [false, false, false]],
      ['ca2fl', [false, false, false]],
      ['ftte', [true, true, true]],
    ] as const) {
      await page.selectOption('#ftte-task-rule', rule);
      assert.deepEqual(await all(), expected, rule);
    }
    await page.fill('#ftte-task-damping', '1.5');
    await page.locator('.ftte-task-preview-problem').filter({ hasText: 'Federation › Damping: ' }).waitFor();
    assert.match((await page.getAttribute('#ftte-task-damping', 'class')) ?? '', /input-error/);
    await page.fill('#ftte-task-damping', '0');
    await page.selectOption('#ftte-task-steps', 'normalise');
    await page.selectOption('#ftte-task-coverage', 'ignored');
    await editor.close('ok');
    const { aggregation } = await savedTask<{ aggregation: Record<string, unknown> }>();
    const { damping, steps, coverage } = aggregation;
    assert.deepEqual({ damping, steps, coverage }, { damping: 0, steps: 'normalise', coverage: 'ignored' });
  });

  it('asks of granted rounds how long one may be silent, in seconds, and how the model travels with one', async () => {
    const { page } = editor;
    type Granted = { aggregation: { participation: object }; encoding: { catchUp?: string } };
    await editor.editConfig('ftte-task', idOf('ftte-task'));
    await openTab('federation');
    const all = () =>
      Promise.all(['timeout', 'catch-up-encoding'].map((id) => page.locator(`#ftte-task-${id}`).isVisible()));
    assert.deepEqual(await all(), [false, false]);
    await page.selectOption('#ftte-task-participation', 'granted');
    assert.deepEqual(await all(), [true, true]);
    await page.fill('#ftte-task-timeout', '0.5');
    await page
      .locator('.ftte-task-preview-problem')
      .filter({ hasText: 'Federation › A gateway trains: ' })
      .waitFor();
    assert.match((await page.getAttribute('#ftte-task-timeout', 'class')) ?? '', /input-error/);
    await page.fill('#ftte-task-timeout', '90');
    await page.selectOption('#ftte-task-catch-up-encoding', 'float16');
    await editor.settled();
    await editor.screenshot('ftte-task-granted');
    await editor.close('ok');
    const granted = await savedTask<Granted>();
    assert.deepEqual(granted.aggregation.participation, { kind: 'granted', timeoutMs: 90_000 });
    assert.equal(granted.encoding.catchUp, 'float16');

    await editor.editConfig('ftte-task', idOf('ftte-task'));
    await openTab('federation');
    assert.equal(await page.inputValue('#ftte-task-timeout'), '90');
    await page.selectOption('#ftte-task-participation', 'free');
    await editor.close('ok');
    assert.deepEqual((await savedTask<Granted>()).aggregation.participation, { kind: 'free' });
  });

  it('lets rounds end by time, in seconds, and slow gateways train less', async () => {
    const { page } = editor;
    const saved = () =>
      page.evaluate(() => RED.nodes.node('one-ftte-task')['task']) as Promise<{
        training: { round: object };
        selection: { maxRoundMs?: number };
      }>;
    await editor.editConfig('ftte-task', idOf('ftte-task'));
    await openTab('training');
    assert.equal(await page.locator('#ftte-task-round-seconds').isVisible(), false);
    await page.selectOption('#ftte-task-round', 'time');
    await page.fill('#ftte-task-max-round', '45');
    // An empty field means the grey value in it.
    assert.equal(await page.getAttribute('#ftte-task-round-seconds', 'placeholder'), '60');
    await editor.close('ok');
    assert.deepEqual((await saved()).training.round, { kind: 'time', ms: 60_000 });
    assert.equal((await saved()).selection.maxRoundMs, 45_000);

    await editor.editConfig('ftte-task', idOf('ftte-task'));
    await openTab('training');
    assert.equal(await page.inputValue('#ftte-task-round-seconds'), '60');
    await page.fill('#ftte-task-round-seconds', '0');
    await page
      .locator('.ftte-task-preview-problem')
      .filter({ hasText: 'Training › A round ends: ' })
      .waitFor();
    assert.match((await page.getAttribute('#ftte-task-round-seconds', 'class')) ?? '', /input-error/);
    await page.selectOption('#ftte-task-round', 'epochs');
    await page.fill('#ftte-task-max-round', '');
    await editor.close('ok');
    assert.deepEqual((await saved()).training.round, { kind: 'epochs' });
    assert.equal((await saved()).selection.maxRoundMs, undefined);
  });
});
