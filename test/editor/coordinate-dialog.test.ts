import assert from 'node:assert/strict';
import type { Editor, EditorApi } from '../support/node-red/editor';
import { type EditorHarness, harnessForTests, idOf } from './harness';

declare const RED: EditorApi;

describe('the dialog of the coordinate node', () => {
  const opened = harnessForTests();
  let harness: EditorHarness;
  let editor: Editor;
  before(() => {
    harness = opened();
    editor = harness.editor;
  });

  const fields = ['above', 'task', 'start', 'storage', 'logUrl'];
  const visibleFields = async () => {
    const shown = await Promise.all(
      fields.map((field) => editor.page.locator(`#node-input-${field}`).isVisible()),
    );
    return fields.filter((_, i) => shown[i]);
  };

  it('shows newcomers where a coordinator stores and what it starts from, and not that it may be part of another', async () => {
    const { page } = editor;
    await harness.dialog('ftte-coordinate');
    await page.uncheck('#node-input-expert-view');
    try {
      assert.deepEqual(await visibleFields(), ['task', 'start', 'storage']);
      await page.selectOption('#node-input-storage', 'postgres');
      assert.deepEqual(await visibleFields(), ['task', 'start', 'storage', 'logUrl']);
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
      assert.deepEqual(await visibleFields(), ['task']);
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
    assert.deepEqual(await visibleFields(), ['above', 'task', 'start', 'storage']);
    await page.selectOption('#node-input-storage', 'postgres');
    assert.deepEqual(await visibleFields(), fields);
    await page.selectOption('#node-input-above', idOf('ftte-federation'));
    assert.deepEqual(await visibleFields(), ['above', 'task']);
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

  /** Chooses a server, and an address. @returns the example in the empty field, and what is said about the address */
  const choose = (storage: string, address: string) =>
    editor.page.evaluate(
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
