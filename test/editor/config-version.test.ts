import assert from 'node:assert/strict';
import type { Editor, EditorApi } from '../support/node-red/editor';
import { harnessForTests, idOf } from './harness';

declare const RED: EditorApi;

type Stored = { configVersion?: number; task: { aggregation?: Record<string, unknown> } };

describe('the dialog of a node of another version', function () {
  this.timeout(120_000);
  const opened = harnessForTests();
  let editor: Editor;
  before(() => {
    editor = opened().editor;
  });

  const id = idOf('ftte-task');
  const stored = (node = id) =>
    editor.page.evaluate((name) => {
      const { configVersion, task } = RED.nodes.node(name);
      return { configVersion, task } as Stored;
    }, node);
  const change = (node: string, changes: object) =>
    editor.page.evaluate(([name, its]) => Object.assign(RED.nodes.node(name as string), its), [
      node,
      changes,
    ] as const);
  const isValid = (node: string) =>
    editor.page.evaluate((name) => RED.editor.validateNode(RED.nodes.node(name)), node);
  const coverage = () => editor.page.inputValue('#ftte-task-coverage');

  /** The task as version 1 wrote it. */
  async function makeOld(): Promise<void> {
    const { task } = await stored();
    await change(id, {
      configVersion: undefined,
      task: { ...task, aggregation: { ...task.aggregation, support: 'ignored' } },
    });
  }

  it('shows the settings of an older version under their new names, and saves them with the version', async () => {
    await makeOld();
    await editor.editConfig('ftte-task', id);
    await editor.settled();
    assert.equal(await coverage(), 'ignored');
    await editor.close('ok');
    const { configVersion, task } = await stored();
    assert.equal(configVersion, 2);
    assert.equal(task.aggregation?.['coverage'], 'ignored');
    assert.ok(!('support' in (task.aggregation ?? {})));
    assert.equal(await isValid(id), true);

    await editor.editConfig('ftte-task', id);
    await editor.settled();
    assert.equal(await coverage(), 'ignored');
  });

  it('leaves a node of an older version as it is if it is cancelled', async () => {
    await makeOld();
    const before = await stored();
    await editor.editConfig('ftte-task', id);
    await editor.settled();
    await editor.close('cancel');
    assert.deepEqual(await stored(), before);
  });

  for (const type of ['ftte-train', 'ftte-task']) {
    it(`says that a newer version wrote a node of type ${type}, marks it, and keeps its version`, async () => {
      const { configVersion } = await stored(idOf(type));
      await change(idOf(type), { configVersion: 99 });
      try {
        assert.equal(await isValid(idOf(type)), false);
        await opened().dialog(type);
        await editor.page.locator('.ftte-problem').filter({ hasText: 'Update the package here' }).waitFor();
        await editor.close('ok');
        assert.equal((await stored(idOf(type))).configVersion, 99);
      } finally {
        await change(idOf(type), { configVersion });
      }
    });
  }
});
