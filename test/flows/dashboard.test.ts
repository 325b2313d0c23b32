import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { freePort } from '../../tools/support/free-port';
import { isBuilt } from '../../tools/support/linked-package';
import { chromiumPath, startBrowser } from '../support/node-red/editor';
import { type NodeRedProcess, startNodeRed } from '../support/node-red/node-red-process';

/** Folder of FlowFuse Dashboard 2.0: no dependency, because each Node-RED beside it would load it. */
const dashboard = process.env['FTTE_DASHBOARD'] ?? '';
const name = '@flowfuse/node-red-dashboard';
const example = join(__dirname, '..', '..', 'examples', '06 - FlowFuse Dashboard.json');

/** The flow of the example with a broker of its own. */
function flows(port: number): object[] {
  return (JSON.parse(readFileSync(example, 'utf8')) as Record<string, unknown>[]).map((node) => {
    if (node['type'] !== 'ftte-federation') return node;
    const isHosted = node['broker'] === 'hosted';
    return { ...node, ...(isHosted ? { port: String(port) } : { url: `mqtt://127.0.0.1:${port}` }) };
  });
}

describe('the example with FlowFuse Dashboard', function () {
  this.timeout(120_000);
  let userDir: string | undefined;
  let red: NodeRedProcess | undefined;
  let browser: Browser | undefined;
  let page: Page;
  before(async function () {
    if (!isBuilt() || !chromiumPath() || !dashboard) return this.skip();
    userDir = mkdtempSync(join(tmpdir(), 'ftte-dashboard-'));
    const place = join(userDir, 'node_modules', name);
    mkdirSync(dirname(place), { recursive: true });
    symlinkSync(dashboard, place, 'junction');
    red = await startNodeRed({ userDir, flows: flows(await freePort()) });
    browser = await startBrowser();
    page = await browser.newPage({ viewport: { width: 1280, height: 860 } });
    page.setDefaultTimeout(0);
  });
  after(async () => {
    await browser?.close();
    await red?.stop();
    if (userDir) rmSync(userDir, { recursive: true, force: true });
  });

  it('shows versions as they come, the gateways and a prediction, and its buttons pause and resume', async () => {
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(String(error)));
    await page.goto(`${red!.url}/dashboard/learning`);
    await page.getByText(/^version [1-9]\d*, /).waitFor();
    for (const id of ['gateway-a', 'gateway-b']) await page.locator('tr', { hasText: id }).waitFor();
    await page.getByText(/^(WALKING|SITTING|STANDING|LAYING)/).waitFor();
    await page.locator('canvas').first().waitFor();
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByText(/^version \d+, paused/).waitFor();
    await page.getByRole('button', { name: 'Resume' }).click();
    await page.getByText(/^version \d+, (collecting|applying)/).waitFor();
    const stored = await fetch(`${red!.url}/dashboard/_debug/datastore/f06achart`);
    const points = (await stored.json()) as { payload: { line: string; accuracy: number } }[];
    const accuracies = points.filter(({ payload }) => payload.line === 'average');
    assert.ok(accuracies.length > 0);
    for (const { payload } of accuracies) assert.ok(payload.accuracy > 0 && payload.accuracy <= 1);
    const folder = process.env['FTTE_SCREENSHOTS'];
    if (folder) {
      await page.getByText(/^version \d\d+, /).waitFor();
      await page.screenshot({ path: join(folder, 'dashboard.png') });
    }
    assert.deepEqual(problems, []);
    assert.doesNotMatch(red!.output(), /\[error\]/);
  });
});
