import assert from 'node:assert/strict';
import type { Browser } from 'playwright-core';
import { demonstrationFlows } from '../../tools/support/demonstration';
import { freePort } from '../../tools/support/free-port';
import { Editor, startBrowser } from '../support/node-red/editor';
import { type NodeRedProcess, startNodeRed } from '../support/node-red/node-red-process';
import { EditorHarness } from './harness';
import { openSidebar, versionsShown } from './sidebar-page';

const settings = { editorTheme: { tours: false, palette: { editable: false } } };

describe('the sidebar "Federated learning"', () => {
  let red: NodeRedProcess;
  let browser: Browser;
  let editor: Editor;
  let flows: Record<string, unknown>[];
  before(async function () {
    if (!EditorHarness.possible) return this.skip();
    flows = demonstrationFlows(await freePort());
    red = await startNodeRed({ flows, settings });
    browser = await startBrowser();
    editor = await Editor.open(browser, red.url);
    await openSidebar(editor);
  });
  after(async () => {
    await browser?.close();
    await red?.stop();
  });
  afterEach(() => assert.deepEqual(editor?.problems ?? [], [], 'errors in the browser'));

  it('shows the curve of a federation that learns, and its newest value for screen readers', async () => {
    await versionsShown(editor, 3);
    const label = await editor.page.locator('.ftte-curve').getAttribute('aria-label');
    assert.match(
      label ?? '',
      /^Accuracy \(balanced\) from \d+ to \d+\. Newest of published average: 0\.\d+\./,
    );
    assert.ok((await editor.page.locator('.ftte-curve canvas').count()) === 1);
    await editor.screenshot('sidebar');
  });
});
