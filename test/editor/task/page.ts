import type { Editor, EditorApi } from '../../support/node-red/editor';

declare const RED: EditorApi;

/** Steps that the tests of a task's dialog share. `editorOf` gives the editor once it is open. */
export function taskPage(editorOf: () => Editor) {
  /** Clicks until the tab is there: the editor takes a second click within 0.4 s for a double click. */
  async function openTab(name: string): Promise<void> {
    const { page } = editorOf();
    const content = page.locator(`#ftte-task-tab-${name}`);
    while (!(await content.isVisible()))
      await page.locator(`[id="red-ui-tab-ftte-task-tab-${name}"]`).click();
  }

  /** Clicks on a preset, and on the answer that what was typed may go, if it asks. */
  async function startFrom(index: number): Promise<void> {
    const { page } = editorOf();
    await page.locator('#ftte-task-presets button').nth(index).click();
    const replace = page.locator('#ftte-task-preset-question .primary');
    if ((await replace.count()) > 0) await replace.click();
  }

  /** The task as the last Done left it. */
  const savedTask = <T>() =>
    editorOf().page.evaluate(() => RED.nodes.node('one-ftte-task')['task']) as Promise<T>;

  return { openTab, startFrom, savedTask };
}
