import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';

/** Path of a browser: `FTTE_CHROMIUM`, or Debian's. */
export function chromiumPath(): string | undefined {
  return [process.env['FTTE_CHROMIUM'], '/usr/bin/chromium', '/usr/bin/chromium-browser']
    .filter((path) => path !== undefined && path !== '')
    .find((path) => existsSync(path as string));
}

export async function startBrowser(): Promise<Browser> {
  const executablePath = chromiumPath();
  if (!executablePath) throw new Error('no chromium; set FTTE_CHROMIUM');
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

const windowSize = { width: 1280, height: 900 };

/** The Node-RED editor in a browser tab. */
export class Editor {
  /** Uncaught errors and console errors of the page. */
  readonly problems: string[] = [];

  private constructor(readonly page: Page) {
    page.on('pageerror', (error) => this.problems.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error') this.problems.push(`${message.text()} ${message.location().url}`);
    });
  }

  /** @param language as Node-RED calls it; otherwise that of the browser, which is English */
  static async open(browser: Browser, url: string, dark = false, language?: string): Promise<Editor> {
    const page = await browser.newPage({
      viewport: windowSize,
      colorScheme: dark ? 'dark' : 'light',
    });
    if (language !== undefined)
      await page.addInitScript((it) => localStorage.setItem('editor-language', it), language);
    // On a busy machine the editor takes its time to load; the test's own limit says when it is too long.
    page.setDefaultTimeout(0);
    const editor = new Editor(page);
    await page.goto(url);
    await page.waitForSelector('#red-ui-palette-container .red-ui-palette-node', { state: 'attached' });
    await page.waitForFunction(() => {
      const loading = document.querySelector('#red-ui-loading-progress, .red-ui-loading');
      return !loading || getComputedStyle(loading).display === 'none';
    });
    // Node-RED 5 puts its dark theme on by this class; 4.1 has none, and stays light.
    if (dark) await page.evaluate(() => document.documentElement.classList.add('nr-theme-dark'));
    return editor;
  }

  /** Opens the dialog of a node in the flow, with its defaults in what the flow left out, as from the palette. */
  async edit(id: string): Promise<void> {
    await this.page.evaluate((nodeId) => {
      const { RED } = window as unknown as { RED: EditorApi };
      const node = RED.nodes.node(nodeId);
      const defaults = (node['_def'] as { defaults: Record<string, { value?: unknown }> }).defaults;
      for (const name of Object.keys(defaults)) node[name] ??= structuredClone(defaults[name]?.value);
      RED.editor.edit(node);
    }, id);
    await this.trayOpen();
  }

  /** Opens the dialog of a config node. */
  async editConfig(type: string, id: string): Promise<void> {
    await this.page.evaluate(
      ([nodeType, node]) => {
        const { RED } = window as unknown as { RED: EditorApi };
        RED.editor.editConfig('', nodeType as string, node as string);
      },
      [type, id],
    );
    await this.trayOpen();
  }

  /** Closes the open dialog, with Done or Cancel. */
  async close(button: 'ok' | 'cancel' = 'cancel'): Promise<void> {
    const trays = await this.page.locator('.red-ui-tray').count();
    const id = button === 'ok' ? 'ok' : 'cancel';
    await this.page
      .locator(`.red-ui-tray >> nth=${trays - 1}`)
      .locator(`[id$="-${id}"]`)
      .first()
      .click();
    await this.page.waitForFunction(
      (count) => document.querySelectorAll('.red-ui-tray').length < count,
      trays,
    );
  }

  /** Cancels every open dialog and gives the window its size: what a test left, failed ones included, is gone. */
  async reset(): Promise<void> {
    await this.page.waitForFunction(() => {
      const tray = Array.from(document.querySelectorAll('.red-ui-tray')).at(-1);
      // A tray stays in the page while it slides out.
      if (tray && !tray.hasAttribute('data-cancelled')) {
        tray.setAttribute('data-cancelled', '');
        tray.querySelector<HTMLElement>('[id$="-cancel"]')?.click();
      }
      return !tray;
    });
    await this.page.setViewportSize(windowSize);
  }

  /** Resolves when the page has no request on its way: figures that a dialog asked for are there. */
  async settled(): Promise<void> {
    await this.page.waitForFunction(
      () => (window as unknown as { jQuery: { active: number } }).jQuery.active === 0,
    );
  }

  /** Whether pictures are saved: `FTTE_SCREENSHOTS` is set. */
  static get takesPictures(): boolean {
    return Boolean(process.env['FTTE_SCREENSHOTS']);
  }

  /** Saves a picture of the page to `FTTE_SCREENSHOTS`, where that is set. */
  async screenshot(name: string): Promise<void> {
    const folder = process.env['FTTE_SCREENSHOTS'];
    if (!folder) return;
    mkdirSync(folder, { recursive: true });
    await this.page.screenshot({ path: join(folder, `${name}.png`) });
  }

  /** Resolves when the newest dialog stands still: before, the editor ignores clicks that open another. */
  async trayOpen(): Promise<void> {
    await this.page.waitForSelector('.red-ui-tray-body .form-row', { state: 'attached' });
    // The tray slides in: it is there once it stands still.
    let before = Number.NaN;
    for (;;) {
      const left = await this.page.evaluate(
        () =>
          new Promise<number>((resolve) => {
            const trays = document.querySelectorAll<HTMLElement>('.red-ui-tray');
            requestAnimationFrame(() => resolve(trays[trays.length - 1]?.getBoundingClientRect().left ?? 0));
          }),
      );
      if (left === before) return;
      before = left;
    }
  }
}

/** The part of the editor's own API that is used. */
export interface EditorApi {
  readonly editor: {
    edit(node: unknown): void;
    editConfig(name: string, type: string, id: string): void;
    validateNode(node: unknown): boolean;
  };
  readonly nodes: {
    node(id: string): Record<string, unknown>;
    getType(type: string): Record<string, unknown> | undefined;
    import(flow: unknown): void;
  };
  readonly sidebar: { help: { show(type: string): void } };
}
