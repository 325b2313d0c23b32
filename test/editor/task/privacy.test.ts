import assert from 'node:assert/strict';
import type { Editor } from '../../support/node-red/editor';
import { type EditorHarness, harnessForTests, idOf } from '../harness';
import { taskPage } from './page';

describe('privacy in the dialog of a task', () => {
  const opened = harnessForTests();
  let harness: EditorHarness;
  let editor: Editor;
  const { openTab, savedTask } = taskPage(() => editor);
  before(() => {
    harness = opened();
    editor = harness.editor;
  });

  it('shows while it is edited what privacy costs, and saves what goes with its level', async () => {
    await editor.editConfig('ftte-task', idOf('ftte-task'));
    await openTab('privacy');
    const costs = editor.page.locator('.ftte-task-privacy');
    assert.equal(await costs.isVisible(), false);
    await editor.page.selectOption('#ftte-task-privacy-level', 'record');
    await costs.filter({ hasText: /30 rounds of a gateway spend an epsilon of [\d.]+ of 8\./ }).waitFor();
    await editor.page.fill('#ftte-task-privacy-rounds', '200');
    await costs.filter({ hasText: 'lasts for 200 days' }).waitFor();
    await editor.page.selectOption('#ftte-task-privacy-level', 'gateway');
    await costs
      .filter({ hasText: 'would destroy the model. Privacy of each gateway is for hundreds' })
      .waitFor();
    assert.equal(await editor.page.locator('#ftte-task-privacy-rounds').isVisible(), false);
    await editor.page.fill('#ftte-task-privacy-gateways', '20000');
    await costs.filter({ hasText: 'a small loss is expected' }).waitFor();
    await costs.filter({ hasText: 'version of 100 updates' }).waitFor();
    await costs
      .filter({
        hasText:
          'Delta is 0.00001, expected less than 0.0000005: a hundredth of one in the number of gateways (20,000).',
      })
      .waitFor();
    await editor.page.fill('#ftte-task-privacy-epsilon', '0');
    await editor.page
      .locator('.ftte-task-preview-problem')
      .filter({ hasText: 'at least 0.01, got 0' })
      .waitFor();
    assert.equal(await costs.isVisible(), false, 'they are those of another budget');
    await editor.page.fill('#ftte-task-privacy-epsilon', '');
    await editor.page.fill('#ftte-task-privacy-gateways', '0');
    await costs
      .filter({ hasText: 'gateways: expected a whole number from 1 to 1,000,000, got 0.' })
      .waitFor();
    await editor.page.fill('#ftte-task-privacy-gateways', '20000');
    await costs.filter({ hasText: 'version of 100 updates' }).waitFor();
    const auto = editor.page.locator('#ftte-task-robust option[value="auto"]');
    assert.equal(await auto.textContent(), 'auto: count alike, for privacy');
    await editor.screenshot('ftte-task-privacy');
    await editor.close('ok');
    type Saved = { privacy?: object; aggregation: { variance?: string; participation: { kind: string } } };
    const saved = await savedTask<Saved>();
    assert.deepEqual(saved.privacy, { level: 'gateway' });
    assert.equal(saved.aggregation.variance, 'none');
    assert.equal(saved.aggregation.participation.kind, 'granted');
    await editor.editConfig('ftte-task', idOf('ftte-task'));
    await openTab('privacy');
    await editor.page.selectOption('#ftte-task-privacy-level', 'none');
    await editor.close('ok');
    const plain = await savedTask<Saved>();
    assert.equal(plain.privacy, undefined);
    assert.equal(plain.aggregation.variance, undefined);
  });

  it('offers masks, shows what they cost and which setting does not go with them, and saves them', async () => {
    const masks = async (choice: string) => {
      await openTab('privacy');
      await editor.page.selectOption('#ftte-task-masked', choice);
    };
    const saved = async () => (await savedTask<{ aggregation: { masked?: true } }>()).aggregation.masked;
    await editor.editConfig('ftte-task', idOf('ftte-task'));
    await masks('yes');
    const costs = editor.page.locator('.ftte-task-privacy');
    await costs.filter({ hasText: /an update takes up to [\d.]+ kB, two bytes for each number/i }).waitFor();
    await openTab('federation');
    await editor.page.selectOption('#ftte-task-robust', 'trust');
    const problem = editor.page.locator('.ftte-task-preview-problem');
    const sentence = /Federation › Hostile gateways: ".*" does not go with Masks: ".*"\. Possible here: "/;
    await problem.filter({ hasText: sentence }).waitFor();
    await editor.page.locator('#ftte-task-robust.input-error').waitFor();
    await editor.page.selectOption('#ftte-task-robust', 'none');
    await costs.filter({ hasText: 'two bytes for each number' }).waitFor({ state: 'attached' });
    await editor.close('ok');
    assert.equal(await saved(), true);
    await editor.editConfig('ftte-task', idOf('ftte-task'));
    await masks('no');
    await editor.close('ok');
    assert.equal(await saved(), undefined);
  });
});
