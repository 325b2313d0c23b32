import assert from 'node:assert/strict';
import { Editor, type EditorApi } from '../support/node-red/editor';
import { allTypes, type EditorHarness, flowTypes, harnessForTests, idOf } from './harness';

declare const RED: EditorApi;

describe('the editor', () => {
  const opened = harnessForTests();
  let harness: EditorHarness;
  let editor: Editor;
  before(() => {
    harness = opened();
    editor = harness.editor;
  });

  it('shows the six flow nodes in the palette under "federated learning"', async () => {
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
      const answer = await editor.page.request.get(`${harness.red.url}/icons/@ftte/node-red-ftte/${icon}`);
      assert.equal(answer.status(), 200, type);
      assert.match(await answer.text(), /<svg/);
    }
  });

  for (const type of allTypes) {
    it(`opens the dialog of ${type} with every word translated, and closes it`, async () => {
      await harness.dialog(type);
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

  for (const type of flowTypes)
    it(`leaves a ${type} node as it is when nothing was changed, also if it lacks settings`, async () => {
      const { page } = editor;
      const id = idOf(type);
      await page.evaluate((nodeId) => {
        const node = RED.nodes.node(nodeId);
        // Other tests have filled in what the flow leaves out.
        for (const name of ['name', 'start', 'storage', 'above', 'heldOut', 'capacity', 'hold', 'people'])
          delete node[name];
        const { defaults } = RED.nodes.getType(node['type'] as string) as unknown as {
          defaults: { configVersion: { value: number } };
        };
        // A node that lacks its version is of the first one.
        if (defaults.configVersion.value > 1) node['configVersion'] = defaults.configVersion.value;
        node['changed'] = false;
      }, id);
      const stateOf = () =>
        page.evaluate((nodeId) => {
          const { changed, federation, above } = RED.nodes.node(nodeId);
          return { changed: changed === true, federation, above };
        }, id);
      const before = await stateOf();
      // As a person opens it: what the flow leaves out is not filled in before.
      await page.evaluate((nodeId) => RED.editor.edit(RED.nodes.node(nodeId)), id);
      await editor.trayOpen();
      await editor.settled();
      const blank = await page
        .locator('.red-ui-tray-body select:visible')
        .evaluateAll((all) =>
          all.filter((each) => (each as HTMLSelectElement).selectedIndex < 0).map(({ id }) => id),
        );
      assert.deepEqual(blank, [], 'a choice that shows nothing');
      await editor.close('ok');
      const changes = await page.evaluate('RED.history.peek()?.changes');
      assert.deepEqual(await stateOf(), before, JSON.stringify(changes));
    });

  const mistakes: [string, Record<string, string>, RegExp][] = [
    ['ftte-window', { shape: 'federation', federation: '' }, /choose a federation/],
    ['ftte-window', { shape: 'own', channels: 'a, a' }, /"a" appears twice/],
    ['ftte-window', { shape: 'own', channels: 'a', rate: '0' }, /at least 0\.001/],
    ['ftte-label', { hold: '3601' }, /from 0 to 3600/],
    ['ftte-train', { budget: 'much' }, /a number of at least 1\b/],
    ['ftte-train', { trigger: 'interval', interval: '0' }, /at least 0\.1/],
    ['ftte-train', { capacity: '16.5' }, /a whole number of at least 16/],
    ['ftte-predict', { threshold: '60' }, /from 0 to 1/],
    ['ftte-coordinate', { heldOut: '0' }, /from 1 to 100000/],
    ['ftte-coordinate', { task: '', above: '' }, /Choose a task, or the federation above/],
    ['ftte-coordinate', { task: 'gone' }, /The chosen task is missing or has a mistake: open its node/],
    ['ftte-replay', { sourceType: 'csv', source: '' }, /a path/],
    ['ftte-replay', { people: '4/3' }, /a share such as 1\/3/],
    ['ftte-replay', { speedType: 'num', speed: '0' }, /above 0/],
    ['ftte-replay', { output: 'windows', federation: '' }, /choose a federation/],
  ];
  for (const [type, changes, reason] of mistakes) {
    it(`marks a node ${type} with ${JSON.stringify(changes)}, and says what is expected`, async () => {
      const validate = (values: object) =>
        editor.page.evaluate(
          ([id, its]) => {
            const node = RED.nodes.node(id as string);
            const before = Object.fromEntries(Object.keys(its as object).map((name) => [name, node[name]]));
            Object.assign(node, its);
            RED.editor.validateNode(node);
            const errors = (node['validationErrors'] as string[]).join();
            Object.assign(node, before);
            RED.editor.validateNode(node);
            return errors;
          },
          [idOf(type), values] as const,
        );
      assert.equal(await validate({}), '');
      assert.match(await validate(changes), reason);
      const variable = ['$', '{FTTE_VALUE}'].join('');
      // What the environment will say cannot be known here.
      const [last] = Object.keys(changes).slice(-1);
      if (last !== 'federation' && last !== 'source')
        assert.equal(await validate({ ...changes, [last!]: variable }), '');
    });
  }

  it('shows the default of a setting that a flow lacks, as the runtime takes it, and saves it only if it is changed', async () => {
    const { page } = editor;
    const lacking = ['engine', 'keep', 'capacity'];
    const id = idOf('ftte-train');
    const stored = () =>
      page.evaluate(([node, names]) => names.map((name) => RED.nodes.node(node)[name] ?? null), [
        id,
        lacking,
      ] as const);
    // As a person opens it: what the flow leaves out is not filled in before.
    const open = async () => {
      await page.evaluate(
        ([node, names]) => {
          for (const name of names) delete RED.nodes.node(node)[name];
          RED.editor.edit(RED.nodes.node(node));
        },
        [id, lacking] as const,
      );
      await editor.trayOpen();
      await editor.settled();
      assert.equal(await page.inputValue('#node-input-engine'), 'auto');
      assert.equal(await page.isChecked('#node-input-keep'), true);
    };
    await open();
    await editor.close('ok');
    assert.deepEqual(await stored(), [null, null, null]);
    await open();
    // Newcomers do not see the field.
    await page.selectOption('#node-input-engine', 'tensorflow', { force: true });
    await editor.close('ok');
    assert.equal((await stored())[0], 'tensorflow');
    await page.evaluate((node) => Object.assign(RED.nodes.node(node), { engine: 'auto' }), id);
  });

  it('marks a memory budget in which nothing can be trained, until it is large enough', async () => {
    const { page } = editor;
    const plan = {
      ...{ peakBytes: 61_440, denseBytes: 307_200, share: 1, microBatch: 8, tensors: [] },
      ...{ updateBytes: 2048, stepCost: 1 },
    };
    const answer = (url: string) => ({ ...plan, fits: Number(new URL(url).searchParams.get('kb')) >= 60 });
    const budgets = /\/ftte\/train\/.+\/budget/;
    await page.route(budgets, (route) => route.fulfill({ json: answer(route.request().url()) }));
    try {
      await harness.dialog('ftte-train');
      const field = page.locator('#node-input-budget');
      const problem = page.locator('#node-input-plan.ftte-problem[role=alert]');
      await field.fill('16');
      await field.dispatchEvent('change');
      await problem.filter({ hasText: 'the least that can be trained needs 60 KB' }).waitFor();
      assert.equal(await field.getAttribute('aria-invalid'), 'true');
      await editor.screenshot('ftte-train-too-small');
      await field.fill('300');
      await field.dispatchEvent('change');
      await page.locator('#node-input-plan', { hasText: 'trains the whole model' }).waitFor();
      assert.equal(await problem.count(), 0);
      assert.equal(await field.getAttribute('aria-invalid'), null);
      await editor.close();
    } finally {
      await page.unroute(budgets);
    }
  });

  it('writes the size of an update as the language of the editor writes numbers', async () => {
    const german = await Editor.open(harness.browser, harness.red.url, false, 'de');
    const plan = {
      ...{ peakBytes: 61_440, denseBytes: 307_200, share: 1, microBatch: 8, tensors: [], fits: true },
      ...{ updateBytes: 1536, stepCost: 1 },
    };
    try {
      await german.page.route(/\/ftte\/train\/.+\/budget/, (route) => route.fulfill({ json: plan }));
      await harness.dialog('ftte-train', german);
      const tip = german.page.locator('#node-input-plan', { hasText: 'Ein Update braucht' });
      await tip.waitFor();
      assert.match(await tip.innerText(), /Ein Update braucht 1,5 KB/);
    } finally {
      await german.page.close();
    }
  });

  it('opens every dialog in the dark, too', async () => {
    const dark = await Editor.open(harness.browser, harness.red.url, true);
    try {
      for (const type of allTypes) {
        await harness.dialog(type, dark);
        await dark.settled();
        await dark.screenshot(`${type}-dark`);
        await dark.close();
      }
      assert.deepEqual(dark.problems, []);
    } finally {
      await dark.page.close();
    }
  });
});
