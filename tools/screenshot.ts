import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { VersionReport } from '../gateway';
import { Editor, startBrowser } from '../test/support/node-red/editor';
import { demonstrationFlows } from './support/demonstration';
import { freePort } from './support/free-port';
import { startNodeRed } from './support/node-red-host';

/** Takes the picture of the README: the demonstration in the editor after some versions. It needs Chromium. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      out: { type: 'string', default: join(__dirname, '..', 'docs', 'images', 'demonstration.png') },
      versions: { type: 'string', default: '30' },
      dark: { type: 'boolean', default: false },
    },
  });
  const flows = demonstrationFlows(await freePort());
  let reached: () => void = () => undefined;
  const versions = new Promise<void>((resolve) => {
    reached = resolve;
  });
  const host = await startNodeRed({
    port: 0,
    flows,
    onSend: ({ nodeType, port, msg }) => {
      const { version } = msg['payload'] as VersionReport;
      if (nodeType === 'ftte-coordinate' && port === 0 && version >= Number(values.versions)) reached();
    },
  });
  const browser = await startBrowser();
  try {
    const editor = await Editor.open(browser, String(host.url), values.dark);
    await editor.page.setViewportSize({ width: 1600, height: 860 });
    await editor.page.locator('#red-ui-palette-search input').pressSequentially('ftte');
    await editor.page.evaluate('RED.sidebar.show("ftte")');
    await widenSidebar(editor, 150);
    await versions;
    await editor.settled();
    await editor.page.screenshot({ path: values.out });
    process.stdout.write(`${values.out}\n`);
  } finally {
    await browser.close();
    await host.stop();
  }
  process.exit(0);
}

/** Makes the sidebar wider, as a person does: by its separator. */
async function widenSidebar({ page }: Editor, pixels: number): Promise<void> {
  const place = await page.locator('#red-ui-sidebar-separator').boundingBox();
  if (!place) return;
  const [x, y] = [place.x + place.width / 2, place.y + place.height / 4];
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x - pixels, y, { steps: 5 });
  await page.mouse.up();
}

main().catch((error: Error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exit(1);
});
