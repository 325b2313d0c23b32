import assert from 'node:assert/strict';
import { writeLayersModel } from '../../gateway/interchange';
import { initialParameters, type LayerSpec, resolveModel } from '../../gateway/model';
import { Editor, type EditorApi } from '../support/node-red/editor';
import { type EditorHarness, harnessForTests, idOf, task } from './harness';

declare const RED: EditorApi;

describe('the dialog of a task', () => {
  const opened = harnessForTests();
  let harness: EditorHarness;
  let editor: Editor;
  before(() => {
    harness = opened();
    editor = harness.editor;
  });

  /** Clicks until the tab is there: the editor takes a second click within 0.4 s for a double click. */
  async function openTab(name: string): Promise<void> {
    const content = editor.page.locator(`#ftte-task-tab-${name}`);
    while (!(await content.isVisible()))
      await editor.page.locator(`[id="red-ui-tab-ftte-task-tab-${name}"]`).click();
  }

  /** Clicks on a preset, and on the answer that what was typed may go, if it asks. */
  async function startFrom(index: number): Promise<void> {
    await editor.page.locator('#ftte-task-presets button').nth(index).click();
    const replace = editor.page.locator('#ftte-task-preset-question .primary');
    if ((await replace.count()) > 0) await replace.click();
  }

  /** The task as the last Done left it. */
  const savedTask = <T>() =>
    editor.page.evaluate(() => RED.nodes.node('one-ftte-task')['task']) as Promise<T>;

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
    await costs.filter({ hasText: 'the noise would destroy the model' }).waitFor();
    assert.equal(await editor.page.locator('#ftte-task-privacy-rounds').isVisible(), false);
    await editor.page.fill('#ftte-task-privacy-gateways', '20000');
    await costs.filter({ hasText: 'a small loss is expected' }).waitFor();
    await costs.filter({ hasText: 'version of 100 updates' }).waitFor();
    await costs.filter({ hasText: 'Delta is 0.00001, expected less than a hundredth of one' }).waitFor();
    await editor.page.fill('#ftte-task-privacy-gateways', '0');
    await costs.filter({ hasText: 'gateways: expected a number of at least 1, got 0' }).waitFor();
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
    await summary.filter({ hasText: '1.5' }).waitFor();
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
});
