import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { VersionReport } from '../gateway';
import { Editor, startBrowser } from '../test/support/node-red/editor';
import { demonstrationFlows } from './support/demonstration';
import { freePort } from './support/free-port';
import { type Frame, movingPicture } from './support/moving-picture';
import { startNodeRed } from './support/node-red-host';

/** The window of the browser, and the part of it in which the flow and the sidebar are, pixels. */
const whole = { x: 0, y: 0, width: 1600, height: 860 };
const changing = { x: 180, y: 80, width: 1420, height: 740 };
/** Time for which a frame of the moving picture is shown, and the last one, milliseconds. */
const frameMs = 700;
const lastFrameMs = 4000;

/**
 * Takes the pictures of the README: the demonstration in the editor while it learns, and after some versions. It needs
 * Chromium.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      out: { type: 'string', default: join(__dirname, '..', 'docs', 'images', 'demonstration.png') },
      versions: { type: 'string', default: '30' },
      /** Moving picture of the versions before; empty: none. */
      moving: { type: 'string', default: '' },
      dark: { type: 'boolean', default: false },
    },
  });
  const flows = demonstrationFlows(await freePort());
  const versions = new VersionCounter();
  const host = await startNodeRed({
    port: 0,
    flows,
    onSend: ({ nodeType, port, msg }) => {
      const { version } = msg['payload'] as VersionReport;
      if (nodeType === 'ftte-coordinate' && port === 0) versions.take(version);
    },
  });
  const browser = await startBrowser();
  try {
    const editor = await Editor.open(browser, String(host.url), values.dark);
    await editor.page.setViewportSize({ width: whole.width, height: whole.height });
    await editor.page.locator('#red-ui-palette-search input').pressSequentially('ftte');
    await editor.page.evaluate('RED.sidebar.show("ftte")');
    await widenSidebar(editor, 150);
    const last = Number(values.versions);
    const frames: Frame[] = [];
    for (const version of values.moving ? framesBefore(last) : []) {
      await versions.reached(version);
      // Only the first frame has what never changes: the header, the palette and the footer.
      const clip = frames.length === 0 ? whole : changing;
      const png = await editor.page.screenshot({ clip });
      frames.push({ png, x: clip.x, y: clip.y, milliseconds: frameMs });
    }
    await versions.reached(last);
    await editor.settled();
    await editor.page.screenshot({ path: values.out });
    if (values.moving) {
      const clip = frames.length === 0 ? whole : changing;
      frames.push({
        png: await editor.page.screenshot({ clip }),
        x: clip.x,
        y: clip.y,
        milliseconds: lastFrameMs,
      });
      await writeFile(values.moving, movingPicture(frames));
    }
    process.stdout.write(`${values.out}\n`);
  } finally {
    await browser.close();
    await host.stop();
  }
  process.exit(0);
}

/** Versions that have a frame: more of the first ones, in which most is learned. */
const framesBefore = (last: number): number[] => [1, 2, 3, 5, 8, 13, 20].filter((version) => version < last);

/** Versions as they come. */
class VersionCounter {
  private newest = 0;
  private wake: () => void = () => undefined;

  take(version: number): void {
    this.newest = Math.max(this.newest, version);
    this.wake();
  }

  /** Resolves when a version is there. */
  async reached(version: number): Promise<void> {
    while (this.newest < version)
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
  }
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
