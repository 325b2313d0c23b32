import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import type { Browser } from 'playwright-core';
import { demonstrationFlows, type FlowNode, withNodes } from '../../tools/support/demonstration';
import { freePort } from '../../tools/support/free-port';
import { readExposition } from '../support/exposition';
import { Editor, startBrowser } from '../support/node-red/editor';
import { type NodeRedProcess, startNodeRed } from '../support/node-red/node-red-process';
import { EditorHarness } from './harness';
import { chooseRole, openSidebar, statusShown, versionsShown } from './sidebar-page';

const settings = { editorTheme: { tours: false, palette: { editable: false } } };

describe('the sidebar "Federated learning"', () => {
  let red: NodeRedProcess;
  let browser: Browser;
  let editor: Editor;
  let flows: FlowNode[];
  before(async function () {
    if (!EditorHarness.possible) return this.skip();
    flows = demonstrationFlows(await freePort());
    red = await startNodeRed({ flows, settings });
    browser = await startBrowser();
    editor = await Editor.open(browser, red.url);
    await openSidebar(editor);
    await versionsShown(editor, 3);
  });
  after(async () => {
    await browser?.close();
    await red?.stop();
  });
  afterEach(() => assert.deepEqual(editor?.problems ?? [], [], 'errors in the browser'));

  it('shows the curve of a federation that learns, and its newest value for screen readers', async () => {
    const label = await editor.page.locator('.ftte-curve').getAttribute('aria-label');
    assert.match(
      label ?? '',
      /^Accuracy \(balanced\) from \d+ to \d+\. Newest of published average: 0\.\d+\./,
    );
    assert.equal(await editor.page.locator('.ftte-curve canvas').count(), 1);
    const words = (await editor.page.locator('.ftte-sidebar').textContent()) ?? '';
    assert.doesNotMatch(
      words,
      /ftte-sidebar|\b[a-z]+\.[a-z]+[A-Z]|undefined|NaN|__/,
      'a key instead of its text',
    );
    await editor.screenshot('sidebar');
  });

  it('lists the gateways, each with what it trains, its loss and its samples', async () => {
    const rows = editor.page.locator('#ftte-section-gateways tbody tr');
    assert.equal(await rows.count(), 3);
    await editor.page.waitForFunction(() =>
      Array.from(document.querySelectorAll('#ftte-section-gateways tbody tr')).every((row) =>
        /→/.test(row.textContent ?? ''),
      ),
    );
    const titles = await editor.page.locator('#ftte-section-gateways thead th').allTextContents();
    for (const cells of await rows.evaluateAll((all) =>
      all.map((row) => Array.from(row.children).map((cell) => cell.textContent ?? '')),
    )) {
      const cell = (title: string) => cells[titles.indexOf(title)] ?? '';
      assert.match(cells[0]!, /^gateway-/);
      assert.equal(cell('Last seen'), 'online');
      assert.match(cell('Samples'), /^\d+ of \d labels$/);
      assert.match(cell('Budget'), /^\d+ KB$/);
      assert.match(cell('Trains'), /^\d+ %$/);
      assert.match(cell('Loss'), /^[\d.]+ → [\d.]+$/);
    }
    const sort = editor.page.locator('#ftte-section-gateways th button', { hasText: 'Updates' });
    await sort.click();
    await sort.click();
    const place = titles.indexOf('Updates') + 1;
    const counts = (await rows.locator(`td:nth-child(${place})`).allTextContents()).map(Number);
    assert.deepEqual(
      counts,
      [...counts].sort((a, b) => b - a),
    );
  });

  it('shows measures and the same values as a table', async () => {
    const { page } = editor;
    for (const measure of ['recall', 'loss', 'bytes', 'time', 'accuracy']) {
      await page.selectOption('#ftte-measure', measure);
      assert.equal(await page.locator('.ftte-curve').isVisible(), true, measure);
      if (measure === 'recall') await editor.screenshot('sidebar-recall');
    }
    await page.locator('.ftte-rows > summary').click();
    const first = page.locator('.ftte-rows tbody tr').first();
    await first.waitFor();
    assert.match((await first.textContent()) ?? '', /^\d+.*0\.\d+/);
    await page.locator('.ftte-rows > summary').click();
  });

  it('zooms by keys, and keeps them from the editor', async () => {
    const { page } = editor;
    // Of fewer versions the smallest range is the whole one.
    await versionsShown(editor, 8);
    const shown = page.locator('#ftte-zoom-shown');
    await page.locator('.ftte-curve').focus();
    assert.equal(await shown.textContent(), '');
    await page.keyboard.press('+');
    assert.match((await shown.textContent()) ?? '', /^\d+ to \d+ are shown\.$/);
    await page.keyboard.press('0');
    assert.equal(await shown.textContent(), '');
  });

  it('pauses the coordinator, and resumes it', async () => {
    const { page } = editor;
    await page.click('#ftte-action-pause');
    // What arrives meanwhile is accepted, and waits.
    await statusShown(
      editor,
      /^paused at version \d+: [1-9]\d* updates? waits? for Resume, and more may arrive$/,
    );
    await page
      .locator('#ftte-section-gateways td', {
        hasText: 'what it sends waits: the coordinator is paused',
      })
      .first()
      .waitFor();
    await page.locator('#ftte-action-resume').waitFor();
    assert.equal(await page.locator('#ftte-action-pause').isVisible(), false);
    await page.click('#ftte-action-resume');
    await statusShown(editor, /^version \d+, 3 of 3 gateways online$/);
  });

  it('makes a version, writes a checkpoint, and says that it did', async () => {
    const { page } = editor;
    const outcome = page.locator('.ftte-section > p[role=status]');
    await page.click('#ftte-action-checkpoint');
    await outcome.filter({ hasText: 'A checkpoint was written.' }).waitFor();
    await page.click('#ftte-action-pause');
    await statusShown(editor, /^paused/);
    await page
      .locator('#ftte-section-facts')
      .filter({ hasText: /[1-9]\d* updates? waits?; \d+ makes? a version/ })
      .waitFor();
    await page.click('#ftte-action-apply');
    await outcome.filter({ hasText: 'Done: what waited is in a version now.' }).waitFor();
    await page.click('#ftte-action-resume');
    await statusShown(editor, /^version/);
  });

  it('rolls back only after a question, and says why a version cannot be had', async () => {
    const { page } = editor;
    const question = page.locator('.ftte-question');
    await page.click('#ftte-action-rollback');
    await page.keyboard.press('Escape');
    assert.equal(await question.isVisible(), false);
    await page.click('#ftte-action-rollback');
    const choice = page.locator('#ftte-rollback-version');
    const offered = await choice
      .locator('option')
      .evaluateAll((all) => all.map((each) => (each as HTMLOptionElement).value));
    assert.ok(offered.length >= 1);
    for (const version of offered) assert.match(version, /^\d+$/);
    // A version may go while the question is open.
    await choice.evaluate((select: HTMLSelectElement) => {
      select.append(new Option('999999'));
      select.value = '999999';
    });
    await page.click('#ftte-rollback-confirm');
    await page
      .locator('.ftte-failed')
      .filter({ hasText: /^Version 999999 is not stored any more\. Stored: \d+(, \d+)*\.$/ })
      .waitFor();
    // The browser reports the answer 409 by itself.
    assert.match(editor.problems.splice(0).join('\n'), /409/);
    await page.click('#ftte-action-pause');
    await statusShown(editor, /^paused/);
    await page.click('#ftte-action-rollback');
    await page.click('#ftte-rollback-confirm');
    await page
      .locator('.ftte-section > p[role=status]')
      .filter({ hasText: 'Done: the model is back' })
      .waitFor();
    await page.locator('#ftte-section-events').filter({ hasText: 'went back to version' }).waitFor();
    await page.click('#ftte-action-resume');
    await statusShown(editor, /^version/);
  });

  it('has the same numbers for Prometheus, and says that all is well', async () => {
    const answer = await fetch(`${red.url}/ftte/metrics`);
    assert.equal(answer.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
    const families = readExposition(await answer.text());
    const value = (name: string, labels: string) => families.get(name)?.values.get(`${name}{${labels}}`);
    const of = 'federation="wearables"';
    assert.equal(value('ftte_coordinator_gateways_online', of), 3);
    assert.equal(value('ftte_gateway_broker_connected', of), 3);
    assert.ok((value('ftte_coordinator_model_version', of) ?? 0) >= 3);
    assert.ok((value('ftte_coordinator_balanced_accuracy_ratio', `${of},source="average"`) ?? 0) > 0);
    assert.ok((value('ftte_gateway_rounds_total', of) ?? 0) > 0);
    const named = readExposition(await (await fetch(`${red.url}/ftte/metrics?gateways=yes`)).text());
    assert.equal(named.get('ftte_gateway_samples')?.values.size, 3);
    assert.equal(named.get('ftte_coordinator_gateway_online')?.values.size, 3);
    const health = await fetch(`${red.url}/ftte/health`);
    const found = (await health.json()) as { roles: { role: string; reason: string }[] };
    assert.equal(health.status, 200, JSON.stringify(found));
    assert.deepEqual(
      found.roles.map(({ role }) => role),
      ['coordinator', 'gateway', 'gateway', 'gateway'],
    );
  });

  it('downloads the published model', async () => {
    const { page } = editor;
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('#ftte-action-export')]);
    assert.match(download.suggestedFilename(), /^wearables-v\d+\.zip$/);
    const archive = await readFile(await download.path());
    assert.equal(archive.toString('latin1', 0, 4), 'PK\u0003\u0004');
    assert.ok(archive.includes('model.json') && archive.includes('weights.bin'));
  });

  it('shows a gateway: its rounds, its samples by label, its budget', async () => {
    const { page } = editor;
    await chooseRole(editor, /gateway gateway-a/);
    const facts = page.locator('#ftte-section-facts');
    await facts.filter({ hasText: /which trains \d+ % of the parameters/ }).waitFor();
    assert.match((await facts.textContent()) ?? '', /By label.*[A-Z]+ \d+/);
    assert.match((await page.locator('.ftte-curve').getAttribute('aria-label')) ?? '', /^Loss from 1 to/);
    assert.equal(await page.locator('#ftte-section-gateways').isVisible(), false);
    await page.click('#ftte-action-pause');
    await statusShown(editor, /^paused v\d+$/);
    await page.click('#ftte-action-resume');
    await editor.screenshot('sidebar-gateway');
    await chooseRole(editor, /: coordinator/);
  });

  it('names every control, and every one can be reached by keys', async () => {
    const nameless = await editor.page.locator('.ftte-sidebar').evaluate((root) =>
      Array.from(root.querySelectorAll<HTMLElement>('button, input, select, [tabindex], table, meter'))
        .filter((each) => each.offsetParent !== null)
        .filter((each) => {
          const label = each.id && root.querySelector(`label[for="${each.id}"]`);
          const named = each.getAttribute('aria-label') || label || each.textContent?.trim();
          return !named || (each.tabIndex < 0 && !/^(TABLE|METER)$/.test(each.tagName));
        })
        .map((each) => each.outerHTML.slice(0, 100)),
    );
    assert.deepEqual(nameless, []);
  });

  it('sends nothing while another tab of the sidebar is shown, and goes on where it is', async () => {
    const { page } = editor;
    const hidden = page.waitForRequest(
      (request) => request.url().endsWith('/ftte/sidebar/watch') && request.postDataJSON().shown === false,
    );
    await page.evaluate('RED.sidebar.show("info")');
    await hidden;
    const shown = page.waitForResponse((response) => response.url().endsWith('/ftte/sidebar'));
    await page.evaluate('RED.sidebar.show("ftte")');
    await shown;
    await statusShown(editor, /^version \d+/);
  });

  it('leaks nothing in 100 openings', async () => {
    const { page } = editor;
    const protocol = await page.context().newCDPSession(page);
    await protocol.send('HeapProfiler.enable');
    const counts = async () => {
      await protocol.send('HeapProfiler.collectGarbage');
      const { nodes, jsEventListeners } = await protocol.send('Memory.getDOMCounters');
      return { nodes, listeners: jsEventListeners };
    };
    await page.evaluate(() => {
      const { comms } = (window as unknown as { RED: { comms: Record<string, (...all: unknown[]) => void> } })
        .RED;
      const counted = window as unknown as { subscriptions: number };
      counted.subscriptions = 0;
      for (const [name, change] of [
        ['subscribe', 1],
        ['unsubscribe', -1],
      ] as const) {
        const original = comms[name]!;
        comms[name] = (...all) => {
          counted.subscriptions += change;
          original(...all);
        };
      }
    });
    const open = async (times: number) => {
      for (let i = 0; i < times; i++) {
        const shown = page.waitForResponse((response) => response.url().endsWith('/ftte/sidebar'));
        const hidden = page.waitForResponse((response) => response.url().endsWith('/ftte/sidebar/watch'));
        await page.evaluate('RED.sidebar.show("info")');
        await hidden;
        await page.evaluate('RED.sidebar.show("ftte")');
        await shown;
      }
    };
    // What grows with a federation that learns must not be taken for a leak, and its work would slow the openings down.
    await page.click('#ftte-action-pause');
    await statusShown(editor, /^paused/);
    const quiet = withNodes(flows, 'ftte-replay', () => ({ d: true }));
    await red.deploy(quiet, 'nodes');
    await open(10);
    // One listener that stays with each opening makes 100, every time. The editor's own come and go, by more on a busy machine.
    const growth = async () => {
      const before = await counts();
      await open(100);
      const after = await counts();
      return { listeners: after.listeners - before.listeners, nodes: after.nodes - before.nodes };
    };
    const leaks = ({ listeners, nodes }: Awaited<ReturnType<typeof growth>>) =>
      listeners >= 80 || nodes >= 500;
    const grown = [await growth()];
    if (leaks(grown[0]!)) grown.push(await growth());
    assert.ok(!grown.every(leaks), JSON.stringify(grown));
    assert.equal(
      await page.evaluate(() => (window as unknown as { subscriptions: number }).subscriptions),
      0,
    );
    await page.click('#ftte-action-resume');
  });

  it('shows a coordinator that was disabled, and goes on when it is back', async () => {
    const { page } = editor;
    const disabled = withNodes(flows, 'ftte-coordinate', () => ({ d: true }));
    await red.deploy(disabled);
    await statusShown(editor, /^not running/);
    assert.equal(await page.locator('#ftte-action-pause').isDisabled(), true);
    assert.doesNotMatch(await page.locator('#ftte-section-gateways').innerText(), /online/);
    assert.equal(await page.locator('.ftte-curve').isVisible(), true, 'the curve stays');
    await red.deploy(flows);
    await statusShown(editor, /^version \d+, \d of 3 gateways online$/);
    await page.waitForFunction(
      () => !(document.querySelector('#ftte-action-pause') as HTMLButtonElement).disabled,
    );
  });

  it('closes a question and drops an answer when their role stops, also while nobody looks', async () => {
    const { page } = editor;
    const question = page.locator('.ftte-question');
    const outcome = page.locator('.ftte-section > p[role=status]');
    const disabled = withNodes(flows, 'ftte-coordinate', () => ({ d: true }));
    await page.click('#ftte-action-rollback');
    await question.waitFor();
    await red.deploy(disabled, 'nodes');
    await statusShown(editor, /^not running/);
    assert.equal(await question.isVisible(), false, 'the question is open');
    await red.deploy(flows, 'nodes');
    await statusShown(editor, /^version \d+/);
    await page.click('#ftte-action-checkpoint');
    await outcome.filter({ hasText: 'A checkpoint was written.' }).waitFor();
    await page.click('#ftte-action-rollback');
    assert.equal(await outcome.textContent(), '', 'the answer to the action before');
    await page.keyboard.press('Escape');
    await page.click('#ftte-action-checkpoint');
    await outcome.filter({ hasText: 'A checkpoint was written.' }).waitFor();
    const hidden = page.waitForResponse((response) => response.url().endsWith('/ftte/sidebar/watch'));
    await page.evaluate('RED.sidebar.show("info")');
    await hidden;
    await red.deploy(disabled, 'nodes');
    await red.deploy(flows, 'nodes');
    await page.evaluate('RED.sidebar.show("ftte")');
    await outcome.filter({ hasText: /^$/ }).waitFor({ state: 'attached' });
  });

  it('says that no updates wait when it is asked for a version and there is none to make', async () => {
    const { page } = editor;
    const outcome = page.locator('.ftte-section > p[role=status]');
    await red.deploy(
      withNodes(flows, 'ftte-train', () => ({ d: true })),
      'nodes',
    );
    await statusShown(editor, /\b0 of 3 gateways online|no gateway/i);
    await page.click('#ftte-action-apply');
    await outcome.filter({ hasText: /^(Done|No updates wait)/ }).waitFor();
    await page.click('#ftte-action-apply');
    await outcome.filter({ hasText: 'No updates wait: there is no new version.' }).waitFor();
    await red.deploy(flows, 'nodes');
    await statusShown(editor, /^version \d+, 3 of 3 gateways online$/);
  });

  it('is readable in the dark, too', async () => {
    const dark = await Editor.open(browser, red.url, true);
    try {
      await openSidebar(dark);
      await versionsShown(dark, 3);
      await dark.screenshot('sidebar-dark');
      assert.deepEqual(dark.problems, []);
    } finally {
      await dark.page.close();
    }
  });
});
