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

  it('marks a new federation node that lacks its name, and says why', async () => {
    const reason = await editor.page.evaluate(
      (questions) => {
        const { defaults } = RED.nodes.getType('ftte-federation') as unknown as {
          defaults: Record<string, { validate(this: object, value: unknown, opt?: object): unknown }>;
        };
        const node = { broker: 'url' };
        return questions.map(([name, value]) => defaults[name as string]?.validate.call(node, value, {}));
      },
      [
        ['federation', ''],
        ['federation', 'clinic-3'],
        ['url', 'http://x'],
        ['url', 'wss://x:8084/mqtt'],
        ['gateway', 'a/b'],
      ],
    );
    const [name, goodName, url, goodUrl, gateway] = reason;
    assert.match(String(name), /^A federation's name has 1 to 64 letters/);
    assert.match(String(url), /^An address looks like mqtts:/);
    assert.match(String(gateway), /^A gateway id has 1 to 64 letters/);
    assert.deepEqual([goodName, goodUrl], [true, true]);
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

  const ofCoordinator = ['above', 'task', 'start', 'storage', 'logUrl'];
  const visibleOfCoordinator = async () => {
    const shown = await Promise.all(
      ofCoordinator.map((field) => editor.page.locator(`#node-input-${field}`).isVisible()),
    );
    return ofCoordinator.filter((_, i) => shown[i]);
  };

  it('shows newcomers where a coordinator stores and what it starts from, and not that it may be part of another', async () => {
    const { page } = editor;
    await harness.dialog('ftte-coordinate');
    await page.uncheck('#node-input-expert-view');
    try {
      assert.deepEqual(await visibleOfCoordinator(), ['task', 'start', 'storage']);
      await page.selectOption('#node-input-storage', 'postgres');
      assert.deepEqual(await visibleOfCoordinator(), ['task', 'start', 'storage', 'logUrl']);
      await editor.screenshot('ftte-coordinate-simple');
    } finally {
      // The choice of view is kept for the other dialogs.
      await page.check('#node-input-expert-view');
    }
    await editor.close();
  });

  it('keeps storage and start of a region hidden from newcomers, and says that it is one', async () => {
    const { page } = editor;
    await harness.dialog('ftte-coordinate');
    await page.selectOption('#node-input-above', idOf('ftte-federation'));
    await page.uncheck('#node-input-expert-view');
    try {
      assert.deepEqual(await visibleOfCoordinator(), ['task']);
      const tip = page.locator('.ftte-view .ftte-tip');
      assert.equal(await tip.innerText(), 'Hidden here, and not at their defaults: Part of');
    } finally {
      await page.check('#node-input-expert-view');
    }
    await editor.close();
  });

  it('lets a coordinator be a part of a federation above, which has model and task', async () => {
    const { page } = editor;
    await harness.dialog('ftte-coordinate');
    const [fields, visible] = [ofCoordinator, visibleOfCoordinator];
    assert.deepEqual(await visible(), ['above', 'task', 'start', 'storage']);
    await page.selectOption('#node-input-storage', 'postgres');
    assert.deepEqual(await visible(), fields);
    await page.selectOption('#node-input-above', idOf('ftte-federation'));
    assert.deepEqual(await visible(), ['above', 'task']);
    await editor.screenshot('ftte-coordinate-region');
    await editor.close();
    const errorsWith = (above: string) =>
      page.evaluate(
        ([id, larger]) => {
          const node = RED.nodes.node(id);
          const before = { above: node['above'], task: node['task'], storage: node['storage'] };
          Object.assign(node, { above: larger, task: '', storage: 'postgres' });
          RED.editor.validateNode(node);
          const found = (node['validationErrors'] as string[]).join();
          Object.assign(node, before);
          RED.editor.validateNode(node);
          return found;
        },
        [idOf('ftte-coordinate'), above] as const,
      );
    assert.match(await errorsWith(idOf('ftte-federation')), /part of another federation than its own/);
    assert.match(await errorsWith('gone'), /The federation above is not set up yet/);
    const larger = { id: 'larger', type: 'ftte-federation', configVersion: 2, federation: 'hospital' };
    await page.evaluate(`RED.nodes.import(${JSON.stringify([larger])})`);
    const errors = await errorsWith('larger');
    await page.evaluate('RED.nodes.remove("larger")');
    assert.equal(errors, '');
  });

  it('asks for user and password if the broker is open to the network', async () => {
    await editor.editConfig('ftte-federation', idOf('ftte-federation'));
    const tip = editor.page.locator('#node-config-input-open');
    assert.equal(await tip.isVisible(), false);
    await editor.page.selectOption('#node-config-input-reach', 'network');
    assert.equal(await tip.isVisible(), true);
    await editor.page.selectOption('#node-config-input-broker', 'url');
    assert.equal(await editor.page.locator('#node-config-input-url').isVisible(), true);
    assert.equal(await tip.isVisible(), false);
    await editor.close();
  });

  it('offers the brokers of the MQTT nodes, whose address and login need no fields, and says that none is chosen', async () => {
    await editor.editConfig('ftte-federation', idOf('ftte-federation'));
    const shown = (field: string) => editor.page.locator(`#node-config-input-${field}`).isVisible();
    assert.equal(await shown('existing'), false);
    await editor.page.selectOption('#node-config-input-broker', 'existing');
    const fields = ['existing', 'largest', 'url', 'tls', 'user', 'password', 'port'];
    const visible = await Promise.all(fields.map(shown));
    assert.deepEqual(
      fields.filter((_, i) => visible[i]),
      ['existing', 'largest'],
    );
    await editor.screenshot('ftte-federation-existing');
    await editor.close();
    const reasons = await editor.page.evaluate(() => {
      const { defaults } = RED.nodes.getType('ftte-federation') as unknown as {
        defaults: Record<string, { validate(this: object, value: unknown, opt?: object): unknown }>;
      };
      return ['existing', 'hosted'].map((broker) => defaults['existing']?.validate.call({ broker }, '', {}));
    });
    assert.deepEqual(reasons, ['Choose the MQTT broker, or another way to reach one', true]);
  });

  it('shows each label of the federation in one line, those of its policy included', async () => {
    await editor.editConfig('ftte-federation', idOf('ftte-federation'));
    await editor.page.selectOption('#node-config-input-never', 'shown');
    const labels = await editor.page
      .locator('.red-ui-tray-body .form-row > label:visible')
      .evaluateAll((all) =>
        all.map((label) => ({
          text: label.textContent?.trim(),
          lines: Math.round(
            label.getBoundingClientRect().height / Number.parseFloat(getComputedStyle(label).lineHeight),
          ),
        })),
      );
    assert.ok(labels.some(({ text }) => text === 'Encoding'));
    assert.deepEqual(
      labels.filter(({ lines }) => lines !== 1),
      [],
    );
    await editor.screenshot('ftte-federation-policy');
    await editor.close();
  });

  it('checks broker and machine with the settings of the dialog, and shows what to do', async () => {
    const { page } = editor;
    await editor.editConfig('ftte-federation', idOf('ftte-federation'));
    await page.selectOption('#node-config-input-broker', 'url');
    await page.fill('#node-config-input-url', 'mqtt://nowhere.invalid');
    await page.click('#ftte-diagnosis');
    const failure = page.locator('.ftte-diagnosis .ftte-failed');
    await failure.waitFor();
    assert.match(await failure.innerText(), /address: no machine of the name nowhere\.invalid is known/);
    assert.match(await failure.locator('.ftte-advice').innerText(), /correct the name/);
    assert.ok((await page.locator('.ftte-diagnosis .ftte-ok').count()) >= 2);
    await page.selectOption('#node-config-input-broker', 'hosted');
    await page.click('#ftte-diagnosis');
    await page
      .locator('.ftte-diagnosis .ftte-warning')
      .filter({ hasText: 'coordinator' })
      .or(page.locator('.ftte-diagnosis .ftte-ok').filter({ hasText: 'coordinator:' }))
      .first()
      .waitFor();
    await editor.screenshot('ftte-federation-diagnosis');
    await page.fill('#node-config-input-federation', 'a/b');
    await page.click('#ftte-diagnosis');
    await failure.waitFor();
    assert.match(await failure.innerText(), /^\s*Federation: A federation's name has 1 to 64 letters/);
    await editor.close();
  });

  it('shows the gateway id that this machine draws for a new federation node, and leaves the field empty', async () => {
    await editor.editConfig('ftte-federation', '_ADD_');
    await editor.page.waitForFunction(() =>
      /^[a-z0-9-]+-[a-z0-9]{6}$/.test(
        (document.querySelector('#node-config-input-gateway') as HTMLInputElement).placeholder,
      ),
    );
    assert.equal(await editor.page.inputValue('#node-config-input-gateway'), '');
    await editor.close();
  });

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

describe('the storage in the dialog of the coordinate node', () => {
  const opened = harnessForTests();
  let harness: EditorHarness;
  before(() => {
    harness = opened();
  });

  /** Chooses a server, and an address. @returns the example in the empty field, and what is said about the address */
  const choose = (storage: string, address: string) =>
    harness.editor.page.evaluate(
      ([server, url, id]) => {
        type Check = (value: string, options: object) => true | string;
        const { RED, $ } = window as unknown as {
          RED: { nodes: { node(id: string): { _def: { defaults: { logUrl: { validate: Check } } } } } };
          $: (selector: string) => { val(value: string): { trigger(name: string): void } };
        };
        $('#node-input-storage').val(server!).trigger('change');
        const node = RED.nodes.node(id!);
        const problem = node._def.defaults.logUrl.validate.call(node, url!, {});
        return {
          example: document.querySelector<HTMLInputElement>('#node-input-logUrl')!.placeholder,
          problem,
        };
      },
      [storage, address, idOf('ftte-coordinate')],
    );

  it('shows an address of the server that is chosen, and takes no other', async () => {
    await harness.dialog('ftte-coordinate');
    const inPostgres = await choose('postgres', 'nats://nats.example.com:4222');
    assert.equal(inPostgres.example, 'postgres://host:5432/database');
    assert.match(String(inPostgres.problem), /^An address of Postgres looks like postgres:/);
    assert.doesNotMatch(String(inPostgres.problem), /nats/);
    const inNats = await choose('nats', 'postgres://db.example.com:5432/ftte');
    assert.equal(inNats.example, 'nats://host:4222');
    assert.match(String(inNats.problem), /^An address of NATS looks like nats:/);
    assert.equal((await choose('nats', 'nats://nats.example.com:4222')).problem, true);
    assert.equal((await choose('postgres', 'postgresql://db.example.com/ftte')).problem, true);
    assert.equal((await choose('machine', '')).problem, true);
  });
});
