import assert from 'node:assert/strict';
import type { Browser, Page } from 'playwright-core';
import { Editor, startBrowser } from '../support/node-red/editor';
import { type NodeRedProcess, startNodeRed } from '../support/node-red/node-red-process';
import { EditorHarness } from './harness';
import { openSidebar } from './sidebar-page';

const gateways = 50;
const versions = 5000;
const labels = ['a', 'b', 'c', 'd', 'e', 'f'];

/** A snapshot as the runtime gives it. */
function snapshot() {
  return {
    nowMs: Date.now(),
    watchMs: 600_000,
    roles: [
      {
        ...{ id: 'c', kind: 'coordinator', name: '', federation: 'large', gateway: 'coordinator' },
        task: { name: 'load', kind: 'classification', labels, parameters: 1000 },
        look: { fill: 'green', shape: 'dot', key: 'version', words: { version: versions, gateways } },
        status: statusOf(versions),
        ...{ best: { version: 4000 }, windows: 100 },
        confusion: labels.map(() => labels.map(() => 5)),
        curve: pointsOf(numbersOf(1, versions)),
        gateways: rowsOf(versions),
        events: [],
      },
    ],
  };
}

function pointsOf(version: readonly number[]) {
  // Real measures swing; each 0.003 is half a pixel of the curve.
  const accuracy = version.map((number) => 1 - 1 / (1 + number / 500) + 0.005 * Math.sin(number * number));
  return {
    ...{
      version,
      timeMs: version,
      accuracy,
      current: accuracy,
      loss: accuracy,
      error: version.map(() => null),
    },
    ...{ lossBefore: accuracy, lossAfter: accuracy, updateBytes: version, patchBytes: version },
    ...{ durationMs: version, online: version.map(() => gateways) },
    recalls: Object.fromEntries(labels.map((label) => [label, accuracy])),
  };
}

const statusOf = (version: number) => ({
  ...{
    phase: 'collecting',
    version,
    lineage: 'l',
    buffered: 1,
    bufferSize: 10,
    heldOut: 100,
    missingWindows: 0,
  },
  ...{ online: gateways, known: gateways, accepted: version * 10, refused: 0 },
});

const rowsOf = (version: number) =>
  Array.from({ length: gateways }, (_, i) => ({
    ...{
      id: `gateway-${i}`,
      online: true,
      budgetBytes: 196_608,
      contributions: version,
      lastHeardMs: version,
    },
    last: {
      ...{ version, timeMs: Date.now(), samples: 64, age: 1, bytes: 3000 },
      ...{ trainedShare: 0.3, lossBefore: 1 / version, lossAfter: 0.5 / version },
    },
  }));

const numbersOf = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

/** A message about versions that changed every gateway. */
const message = (from: number, version: number) => ({
  ids: ['c'],
  begun: [],
  nowMs: Date.now(),
  changes: {
    c: {
      status: statusOf(version),
      confusion: labels.map(() => labels.map(() => version)),
      points: pointsOf(numbersOf(from, version)),
      changedGateways: rowsOf(version),
    },
  },
});

interface Stage extends Window {
  texts: readonly string[];
  receive(topic: string, message: unknown): void;
  RED: { comms: { subscribe(topic: string, callback: Stage['receive']): void } };
}

/** Gives the sidebar messages as the web socket does: texts, each of which is parsed in a task of its own and drawn in a frame. */
const give = (page: Page) =>
  page.evaluate(async () => {
    const stage = window as unknown as Stage;
    for (const text of stage.texts) {
      await new Promise((resolve) => setTimeout(resolve));
      stage.receive('ftte/live', JSON.parse(text));
      await new Promise(requestAnimationFrame);
    }
  });

/** Hands messages over before they are given, so that the control of the browser is no part of what is measured. */
const prepare = (page: Page, messages: readonly object[]) =>
  page.evaluate(
    (texts) => Object.assign(window, { texts }),
    messages.map((one) => JSON.stringify(one)),
  );

/** Parts of the processor time of the page's thread, ms. */
type Parts = Record<'all' | 'scripts' | 'styles' | 'layout', number>;

/** @returns gives the processor time of the page's thread since this call */
async function processorTime(page: Page): Promise<() => Promise<Parts>> {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  return async () => {
    const { metrics } = await session.send('Performance.getMetrics');
    const ms = (name: string) => 1000 * (metrics.find((one) => one.name === name)?.value ?? Number.NaN);
    return {
      ...{ all: ms('TaskDuration'), scripts: ms('ScriptDuration') },
      ...{ styles: ms('RecalcStyleDuration'), layout: ms('LayoutDuration') },
    };
  };
}

describe('the sidebar of a large federation', () => {
  let red: NodeRedProcess;
  let browser: Browser;
  let editor: Editor;
  before(async function () {
    if (!EditorHarness.possible) return this.skip();
    red = await startNodeRed({ settings: { editorTheme: { tours: false, palette: { editable: false } } } });
    browser = await startBrowser();
    editor = await Editor.open(browser, red.url);
    await editor.page.route(/\/ftte\/sidebar$/, (route) => route.fulfill({ json: snapshot() }));
    await editor.page.evaluate(() => {
      const stage = window as unknown as Stage;
      const subscribe = stage.RED.comms.subscribe;
      stage.RED.comms.subscribe = (topic, callback) => {
        if (topic === 'ftte/live') stage.receive = callback;
        subscribe(topic, callback);
      };
    });
    await openSidebar(editor);
    await editor.page.waitForFunction(() =>
      /to 5000\./.test(document.querySelector('.ftte-curve')?.getAttribute('aria-label') ?? ''),
    );
  });
  after(async () => {
    await browser?.close();
    await red?.stop();
  });
  afterEach(() => assert.deepEqual(editor?.problems ?? [], [], 'errors in the browser'));

  it('has one page of 50 gateways in the document, and turns it', async () => {
    const rows = editor.page.locator('#ftte-section-gateways tbody tr');
    assert.equal(await rows.count(), 25);
    assert.match((await rows.first().textContent()) ?? '', /^gateway-0/);
    const pager = editor.page.locator('#ftte-section-gateways .ftte-pager button');
    await pager.last().click();
    assert.match((await rows.first().textContent()) ?? '', /^gateway-25/);
    assert.equal(await pager.last().isDisabled(), true);
    await pager.first().click();
  });

  it('draws each version of a stream, with every gateway changed', async () => {
    const { page } = editor;
    await prepare(
      page,
      numbersOf(versions + 1, versions + 200).map((version) => message(version, version)),
    );
    const time = await processorTime(page);
    const before = await time();
    await give(page);
    const after = await time();
    assert.match((await page.locator('.ftte-curve').getAttribute('aria-label')) ?? '', /to 5200\./);
    assert.match(
      (await page.locator('#ftte-section-gateways tbody tr').first().textContent()) ?? '',
      /5,200/,
    );
    // Read by people: how fast a browser is says more about the machine than about the page.
    const ms = (part: keyof Parts) => ((after[part] - before[part]) / 200).toFixed(1);
    const parts = `${ms('scripts')} for scripts, ${ms('styles')} for styles, ${ms('layout')} for layout`;
    console.log(`      a version in the browser: ${ms('all')} ms of its processor time, of them ${parts}`);
    await editor.screenshot('sidebar-large');
  });

  it('keeps the curve bounded, with its whole range', async () => {
    const { page } = editor;
    await prepare(
      page,
      [200, 500, 800].map((from) => message(versions + from + 1, versions + from + 300)),
    );
    await give(page);
    await page.waitForFunction(() =>
      / from 1 to 6100\./.test(document.querySelector('.ftte-curve')?.getAttribute('aria-label') ?? ''),
    );
    await page.locator('.ftte-rows > summary').click();
    const place = page.locator('.ftte-rows .ftte-pager span[aria-live]');
    await place.waitFor();
    const points = Number(/, (\d+) rows/.exec((await place.textContent()) ?? '')?.[1]);
    assert.ok(points > 4000 && points <= 6000, String(points));
  });
});
