import assert from 'node:assert/strict';
import type { Browser } from 'playwright-core';
import { writeLayersModel } from '../../gateway/interchange';
import { initialParameters, type LayerSpec, resolveModel } from '../../gateway/task';
import { chromiumPath, Editor, type EditorApi, startBrowser } from '../support/editor';
import { freePort, isBuilt, type NodeRedProcess, startNodeRed } from '../support/node-red-process';

declare const RED: EditorApi;

const flowTypes = ['ftte-window', 'ftte-train', 'ftte-predict', 'ftte-coordinate', 'ftte-replay'];
const configTypes = ['ftte-federation', 'ftte-task'];
const allTypes = [...configTypes, ...flowTypes];

const task = {
  input: {
    channels: ['x', 'y', 'z'].map((name) => ({ name: `acc_${name}`, unit: 'g', centre: 0, spread: 0.4 })),
    rateHz: 50,
    length: 128,
    hop: 64,
  },
  labels: ['WALKING', 'SITTING', 'LAYING'],
  model: { preset: 'cnn1d', size: 'S' },
};

/** A node's id in the test flow. An id that equals another property's value would be a reference. */
const idOf = (type: string) => `one-${type}`;

/** One node of each type, the flow nodes with nothing filled in but what they refer to. */
async function flows() {
  const at = (type: string, x: number, y: number, more: object = {}) => ({
    id: idOf(type),
    type,
    z: 'tab',
    x,
    y,
    wires: [[], []],
    ...more,
  });
  const port = await freePort();
  return [
    { id: 'tab', type: 'tab', label: 'Flow 1' },
    {
      id: idOf('ftte-federation'),
      type: 'ftte-federation',
      name: '',
      federation: 'wearables',
      gateway: 'pi-a1b2c3',
      broker: 'hosted',
      port: String(port),
      bind: '127.0.0.1',
      url: '',
      tls: '',
    },
    { id: idOf('ftte-task'), type: 'ftte-task', name: 'wearable activity', problem: '', task },
    at('ftte-window', 160, 100, { federation: idOf('ftte-federation') }),
    at('ftte-train', 360, 100, { federation: idOf('ftte-federation') }),
    at('ftte-predict', 360, 180, { federation: idOf('ftte-federation') }),
    at('ftte-coordinate', 360, 260, { federation: idOf('ftte-federation'), task: idOf('ftte-task') }),
    at('ftte-replay', 160, 260),
  ];
}

describe('the editor', function () {
  this.timeout(120_000);
  let red: NodeRedProcess;
  let browser: Browser;
  let editor: Editor;

  before(async function () {
    if (!chromiumPath() || !isBuilt()) return this.skip();
    red = await startNodeRed({
      flows: await flows(),
      // The catalogue of the palette manager is on the internet.
      settings: { editorTheme: { tours: false, palette: { editable: false } } },
    });
    browser = await startBrowser();
    editor = await Editor.open(browser, red.url);
  });

  after(async () => {
    await browser?.close();
    await red?.stop();
  });

  beforeEach(() => {
    editor.problems.length = 0;
  });

  afterEach(() => {
    assert.deepEqual(editor.problems, [], 'errors in the browser');
  });

  it('shows the five flow nodes in the palette under "federated learning"', async () => {
    const shown = await editor.page
      .locator('#red-ui-palette-container-ftte .red-ui-palette-node')
      .evaluateAll((nodes) => nodes.map((node) => node.getAttribute('data-palette-type')));
    assert.deepEqual(shown.sort(), [...flowTypes].sort());
    const title = editor.page.locator('#red-ui-palette-header-ftte span');
    assert.equal(await title.textContent(), 'federated learning');
    await title.scrollIntoViewIfNeeded();
    await editor.screenshot('palette');
  });

  it('has an icon of our own for each node', async () => {
    for (const type of allTypes) {
      const icon = await editor.page.evaluate((name) => RED.nodes.getType(name)?.['icon'], type);
      assert.equal(icon, `${type}.svg`);
      const answer = await editor.page.request.get(`${red.url}/icons/@ftte/node-red-ftte/${icon}`);
      assert.equal(answer.status(), 200, type);
      assert.match(await answer.text(), /<svg/);
    }
  });

  for (const type of allTypes) {
    it(`opens the dialog of ${type} with every word translated, and closes it`, async () => {
      if (configTypes.includes(type)) await editor.editConfig(type, idOf(type));
      else await editor.edit(idOf(type));
      await editor.settled();
      const form = editor.page.locator('.red-ui-tray-body').last();
      const text = (await form.textContent()) ?? '';
      assert.ok(text.trim().length > 20);
      assert.doesNotMatch(text, /ftte-[a-z]+\.[a-z]/, 'a key instead of its text');
      const placeholders = await form
        .locator('[placeholder]')
        .evaluateAll((inputs) => inputs.map((input) => input.getAttribute('placeholder') ?? ''));
      for (const each of placeholders) assert.doesNotMatch(each, /ftte-[a-z]+\.[a-z]/);
      await editor.screenshot(type);
      await editor.close();
    });

    it(`renders the help of ${type}, its first paragraph fit for a tooltip`, async () => {
      await editor.page.evaluate((name) => RED.sidebar.help.show(name), type);
      // The innermost: the frames around it have the same class.
      const help = editor.page.locator('.red-ui-help').last();
      await help.locator('h3').first().waitFor();
      const first = ((await help.locator('p').first().textContent()) ?? '').trim();
      assert.ok(first.length > 40 && first.length < 250, `${first.length} characters: ${first}`);
      const text = (await help.textContent()) ?? '';
      assert.doesNotMatch(text, /\*\*|###|undefined/);
      // A property whose text holds a colon or a brace is torn by the editor's markdown.
      assert.doesNotMatch(text, /`/);
    });
  }

  it('marks a new federation node that lacks its name, and tells why', async () => {
    const reason = await editor.page.evaluate(
      (questions) => {
        const { defaults } = RED.nodes.getType('ftte-federation') as unknown as {
          defaults: Record<string, { validate(this: object, value: unknown, opt?: object): unknown }>;
        };
        const node = { broker: 'url', _: String };
        return questions.map(([name, value]) => defaults[name as string]?.validate.call(node, value, {}));
      },
      [
        ['federation', ''],
        ['federation', 'ward-3'],
        ['url', 'http://x'],
        ['url', 'wss://x:8084/mqtt'],
        ['gateway', 'a/b'],
      ],
    );
    assert.deepEqual(reason, [
      'ftte-federation.error.federation-name',
      true,
      'ftte-federation.error.url',
      true,
      'ftte-federation.error.gateway-id',
    ]);
  });

  it('asks for user and password where the broker is opened to the network', async () => {
    await editor.editConfig('ftte-federation', idOf('ftte-federation'));
    const tip = editor.page.locator('.ftte-federation-open');
    assert.equal(await tip.isVisible(), false);
    await editor.page.selectOption('#ftte-federation-reach', '0.0.0.0');
    assert.equal(await tip.isVisible(), true);
    await editor.page.selectOption('#node-config-input-broker', 'url');
    assert.equal(await editor.page.locator('#node-config-input-url').isVisible(), true);
    assert.equal(await tip.isVisible(), false);
    await editor.close();
  });

  it('proposes a gateway id for a new federation node', async () => {
    await editor.editConfig('ftte-federation', '_ADD_');
    await editor.page.waitForFunction(() =>
      /^[a-z0-9-]+-[a-z0-9]{6}$/.test(
        (document.querySelector('#node-config-input-gateway') as HTMLInputElement).value,
      ),
    );
    await editor.close();
  });

  /** The editor takes a second click within 0.4 s for a double click: clicked until it is there. */
  async function openTab(name: string): Promise<void> {
    const content = editor.page.locator(`#ftte-task-tab-${name}`);
    while (!(await content.isVisible()))
      await editor.page.locator(`[id="red-ui-tab-ftte-task-tab-${name}"]`).click();
  }

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

  it('shows the settings that a rule has a use for, and saves the rule with its own', async () => {
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

  it('asks for what a kind of task needs, and begins with a model that suits it', async () => {
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
    await page.fill('#ftte-task-false-alarms', '2.5');
    await page.selectOption('#ftte-task-kind', 'forecast');
    assert.deepEqual(await shown(), [false, true, false]);
    assert.equal(await page.inputValue('#ftte-task-model'), 'mlp');
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
    await page.locator('#ftte-task-presets button').last().click();
    assert.deepEqual(await shown(), [false, false, true]);
    assert.equal(await page.inputValue('#ftte-task-false-alarms'), '1');
    await editor.settled();
    await editor.screenshot('ftte-task-anomaly');
    await page.locator('#ftte-task-presets button').first().click();
    assert.equal(await page.inputValue('#ftte-task-model'), 'cnn1d');
    await editor.close('ok');
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

  it('names the layer and its shapes where layers do not fit, and what is wrong with their JSON', async () => {
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
    await problem.filter({ hasText: /layer 0 \(dense\) gets \[128,\d\], wants \[features\]/ }).waitFor();
    await field.waitFor();
    await editor.screenshot('ftte-task-layers');
    await write('[{ "type": "flatten" }, { "type": "dense" }]');
    await problem.filter({ hasText: 'model.layers.1.units' }).waitFor();
    await write('[{ "type"');
    await problem.filter({ hasText: /model\.layers: .*JSON/ }).waitFor();
    await field.waitFor();
    await editor.close();
  });

  it('takes the layers of a model.json into a task, and says what of one does not fit', async () => {
    await editor.editConfig('ftte-task', idOf('ftte-task'));
    // A window of 128 x 6 and six labels.
    await editor.page.click('#ftte-task-presets button:first-child');
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
    await editor.page.locator('.ftte-task-if-layers').waitFor();
    assert.match(await editor.page.inputValue('#ftte-task-layers'), /"name":"mean"/);
    assert.equal(await problem.textContent(), '');
    await editor.close();
  });

  it('names the field that is wrong in a task, and keeps the node marked until it is right', async () => {
    await editor.editConfig('ftte-task', idOf('ftte-task'));
    await editor.page.fill('#ftte-task-rate', '0');
    const problem = editor.page.locator('.ftte-task-preview-problem');
    await problem.filter({ hasText: 'input.rateHz' }).waitFor();
    assert.match((await editor.page.getAttribute('#ftte-task-rate', 'class')) ?? '', /input-error/);
    await editor.screenshot('ftte-task-problem');
    await editor.close('ok');
    assert.equal(
      await editor.page.evaluate(() => RED.editor.validateNode(RED.nodes.node('one-ftte-task'))),
      false,
    );
    await editor.editConfig('ftte-task', idOf('ftte-task'));
    await editor.page.fill('#ftte-task-rate', '50');
    await problem.filter({ hasText: 'input.rateHz' }).waitFor({ state: 'hidden' });
    await editor.close('ok');
    assert.equal(
      await editor.page.evaluate(() => RED.editor.validateNode(RED.nodes.node('one-ftte-task'))),
      true,
    );
  });

  it('fills channels and labels from a preset', async () => {
    await editor.editConfig('ftte-task', idOf('ftte-task'));
    await editor.page.locator('#ftte-task-presets button').nth(1).click();
    const summary = editor.page.locator('.ftte-task-preview-summary');
    await summary.filter({ hasText: '1.5' }).waitFor();
    assert.equal(await editor.page.inputValue('#ftte-task-rate'), '125');
    assert.equal(await editor.page.locator('.ftte-task-label').count(), 5);
    assert.equal(await editor.page.inputValue('#ftte-task-kind'), 'classification');
    await editor.close();
  });

  it('opens every dialog in the dark, too', async () => {
    const dark = await Editor.open(browser, red.url, true);
    for (const type of allTypes) {
      if (configTypes.includes(type)) await dark.editConfig(type, idOf(type));
      else await dark.edit(idOf(type));
      await dark.settled();
      await dark.screenshot(`${type}-dark`);
      await dark.close();
    }
    assert.deepEqual(dark.problems, []);
    await dark.page.close();
  });
});
