import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { freePort } from '../../tools/support/free-port';
import { Editor, type EditorApi, startBrowser } from '../support/node-red/editor';
import { type NodeRedProcess, startNodeRed } from '../support/node-red/node-red-process';
import { EditorHarness } from './harness';

declare const RED: EditorApi & { readonly actions: { invoke(name: string): void } };

const task = {
  input: { channels: ['acc_x', 'acc_y', 'acc_z'].map((name) => ({ name })), rateHz: 50, length: 32, hop: 16 },
  labels: ['WALKING', 'WALKING_UPSTAIRS', 'WALKING_DOWNSTAIRS', 'SITTING', 'STANDING', 'LAYING'],
  model: { preset: 'mlp', size: 'S' },
  training: { epochs: 1, minSamples: 8 },
  aggregation: { bufferSize: 2, maxWaitMs: 2_000 },
};
const at = (node: object) => ({ z: 'tab', x: 200, y: 100, wires: [[], []], ...node });
const tab = { id: 'tab', type: 'tab', label: 'Flow 1' };

describe('an invitation, from one editor to another', function () {
  this.timeout(300_000);
  let browser: Browser;
  const running: NodeRedProcess[] = [];
  before(async function () {
    if (!EditorHarness.possible) return this.skip();
    browser = await startBrowser();
  });
  after(async () => {
    await browser?.close();
    await Promise.all(running.map((red) => red.stop()));
  });

  const start = async (flows: object[]) => {
    const red = await startNodeRed({
      flows,
      settings: { editorTheme: { tours: false, palette: { editable: false } } },
      env: { FTTE_DATA: '' },
    });
    running.push(red);
    return { red, editor: await Editor.open(browser, red.url) };
  };
  const deploy = async (page: Page) => {
    const deployed = page.waitForResponse(
      (answer) => answer.url().endsWith('/flows') && answer.request().method() === 'POST',
    );
    await page.evaluate(() => RED.actions.invoke('core:deploy-flows'));
    const answer = await deployed;
    assert.ok(answer.ok(), await answer.text());
  };
  const member = (page: Page) => page.locator('.ftte-members tr[data-member="bed-7"]');

  it('is made in the dialog of the coordinator, pasted at the gateway, which joins, trains, is listed, and is revoked', async () => {
    const port = await freePort();
    const hub = await start([
      tab,
      {
        id: 'fed',
        type: 'ftte-federation',
        configVersion: 2,
        membership: 'invited',
        federation: 'lab',
        gateway: 'coordinator',
        broker: 'hosted',
        port: String(port),
        bind: '127.0.0.1',
      },
      { id: 'task', type: 'ftte-task', name: 'activity', problem: '', task },
      at({
        id: 'coordinate',
        type: 'ftte-coordinate',
        federation: 'fed',
        task: 'task',
        wires: [['versions'], [], []],
      }),
      at({
        id: 'versions',
        type: 'debug',
        active: true,
        console: 'true',
        complete: 'payload',
        targetType: 'msg',
      }),
    ]);
    const { page } = hub.editor;
    await hub.editor.editConfig('ftte-federation', 'fed');
    await page.locator('#ftte-invite').waitFor();
    // Markup in a note is text.
    const note = 'room 3 <img src=x onerror="window.hurt = true">';
    await page.fill('#ftte-invite-note', note);
    await page.fill('#ftte-invite-id', 'bed-7');
    await page.fill('#ftte-invite-expires', 'soon');
    await page.click('#ftte-invite');
    await page
      .locator('.ftte-members .ftte-problem')
      .filter({ hasText: 'expires: expected a later time' })
      .waitFor();
    await page.fill('#ftte-invite-expires', '2h');
    await page.click('#ftte-invite');
    const field = page.locator('#ftte-invitation-line');
    await field.waitFor();
    const line = await field.inputValue();
    assert.match(line, /^ftte1:[\w-]+$/);
    assert.equal(await page.locator('.ftte-members tr[data-invitation]').count(), 1);
    await hub.editor.screenshot('ftte-federation-members');
    await hub.editor.close();

    const edge = await start([
      tab,
      {
        id: 'edge',
        type: 'ftte-federation',
        configVersion: 2,
        membership: 'invitation',
        federation: 'unknown',
      },
      at({ id: 'train', type: 'ftte-train', federation: 'edge', newWindows: '16', wires: [['rounds'], []] }),
      at({
        id: 'rounds',
        type: 'debug',
        active: true,
        console: 'true',
        complete: 'payload',
        targetType: 'msg',
      }),
      at({ id: 'people', type: 'ftte-replay', federation: 'edge', source: '', sourceType: 'synthetic', people: '1/2', peopleType: 'str', split: 'all', seed: '1', speed: '30', speedType: 'num', output: 'windows', auto: true, loop: true, wires: [['train'], []] }), // biome-ignore format: one line
    ]);
    const gateway = edge.editor.page;
    await edge.editor.editConfig('ftte-federation', 'edge');
    const standing = gateway.locator('#node-config-input-standing');
    await standing.filter({ hasText: 'Paste the line' }).waitFor();
    await gateway.fill('#node-config-input-invitation', line.slice(0, -6));
    await standing.filter({ hasText: 'Copy the whole line to its end' }).waitFor();
    await gateway.fill('#node-config-input-invitation', line);
    await standing.filter({ hasText: 'Federation lab at mqtt://127.0.0.1' }).waitFor();
    assert.equal(await gateway.locator('#node-config-input-url').isVisible(), false);
    await edge.editor.screenshot('ftte-federation-invitation');
    await edge.editor.close('ok');
    await deploy(gateway);
    await edge.red.line(/updateBytes: \d+/);
    await hub.red.line(/^\s+version: \d/);
    // The line is in the credentials, and not in the flow.
    const stored = (name: string) => readFileSync(join(edge.red.userDir, name), 'utf8');
    assert.ok(!stored('flows.json').includes(line));
    assert.ok(stored('flows_cred.json').includes(line));
    assert.ok(stored('flows.json').includes('"lab"'));

    await hub.editor.editConfig('ftte-federation', 'fed');
    await member(page).waitFor();
    assert.ok((await member(page).innerText()).includes(note));
    assert.equal(await page.locator('.ftte-members img').count(), 0);
    assert.equal(await page.evaluate(() => 'hurt' in window), false);
    assert.equal(await page.locator('.ftte-members tr[data-invitation]').count(), 0);
    await member(page).locator('button', { hasText: 'Revoke' }).click();
    await member(page).locator('button', { hasText: 'Readmit' }).waitFor();
    await hub.editor.screenshot('ftte-federation-revoked');
    await edge.red.line(/\[join-refused\] the coordinator has revoked this gateway/);
    await edge.editor.editConfig('ftte-federation', 'edge');
    await standing.filter({ hasText: 'has revoked this gateway' }).waitFor();
    await edge.editor.screenshot('ftte-federation-out');
    const problems = [...hub.editor.problems, ...edge.editor.problems].filter(
      // The wrong span above.
      (text) => !/400 \(Bad Request\)/.test(text),
    );
    assert.deepEqual(problems, []);
  });

  it('is for new federations unless nobody else can reach their broker', async () => {
    const { editor } = await start([tab]);
    const { page } = editor;
    await editor.editConfig('ftte-federation', '_ADD_');
    const membership = () => page.inputValue('#node-config-input-membership');
    await page.waitForFunction(
      () => (document.querySelector('#node-config-input-membership') as HTMLSelectElement).value === 'open',
    );
    await page.locator('#node-config-input-demonstration').waitFor();
    await page.selectOption('#node-config-input-reach', 'network');
    await page.waitForFunction(
      () =>
        (document.querySelector('#node-config-input-membership') as HTMLSelectElement).value === 'invited',
    );
    assert.equal(await page.locator('#node-config-input-user').isVisible(), false);
    await page.selectOption('#node-config-input-membership', 'open');
    await page.locator('#node-config-input-strangers').waitFor();
    await page.selectOption('#node-config-input-reach', 'machine');
    await page.selectOption('#node-config-input-reach', 'network');
    await editor.settled();
    assert.equal(await membership(), 'open', 'what a person has chosen stays');
  });
});
