import assert from 'node:assert/strict';
import type { Editor, EditorApi } from '../support/node-red/editor';
import { harnessForTests, idOf } from './harness';

declare const RED: EditorApi;

describe('the dialog of a federation', () => {
  const opened = harnessForTests();
  let editor: Editor;
  before(() => {
    editor = opened().editor;
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
});
