import assert from 'node:assert/strict';
import type { Browser, Locator } from 'playwright-core';
import { freePort } from '../../tools/support/free-port';
import { Editor, type EditorApi, startBrowser } from '../support/node-red/editor';
import { type NodeRedProcess, startNodeRed } from '../support/node-red/node-red-process';
import { EditorHarness } from './harness';
import { versionsShown } from './sidebar-page';

declare const RED: EditorApi;

/** A made-up sensor: three channels at 50 readings per second, with what it goes through in turns of 3 s. */
const sensor = `
const begun = Date.now();
let sent = 0;
setInterval(() => {
  for (; sent * 20 < Date.now() - begun; sent++) {
    const t = sent / 50;
    const label = ['still', 'shaken', 'turned'][Math.floor(t / 3) % 3];
    const noise = () => 0.05 * (Math.random() - 0.5);
    node.send({
      payload: {
        acc_x: noise() + (label === 'shaken' ? Math.sin(2 * Math.PI * 4 * t) : 0),
        acc_y: noise() + (label === 'turned' ? 1 : 0),
        acc_z: noise() + (label === 'turned' ? 0 : 1),
      },
      label,
    });
  }
}, 20);`;

/** A hand at mouse and keyboard. It counts what it does. */
class Hand {
  clicks = 0;
  fields = 0;

  constructor(private readonly editor: Editor) {}

  async click(target: Locator): Promise<void> {
    this.clicks++;
    await target.click();
  }

  async doubleClick(target: Locator): Promise<void> {
    this.clicks++;
    await target.dblclick();
  }

  /** Types into the field that has the focus. */
  async type(text: string): Promise<void> {
    this.fields++;
    await this.editor.page.keyboard.insertText(text);
  }

  /** Puts a node of the palette on the flow. @returns its id */
  async drop(type: string, x: number, y: number): Promise<string> {
    const { page } = this.editor;
    const known = await nodeIds(this.editor);
    const entry = page.locator(`.red-ui-palette-node[data-palette-type="${type}"]`);
    await entry.scrollIntoViewIfNeeded();
    const canvas = (await page.locator('#red-ui-workspace-chart').boundingBox())!;
    await this.drag(entry, { x: canvas.x + x, y: canvas.y + y });
    const made = (await nodeIds(this.editor)).filter((id) => !known.includes(id));
    assert.equal(made.length, 1, type);
    return made[0]!;
  }

  /** Draws a wire from the first output of a node to the input of another. */
  async wire(from: string, to: string): Promise<void> {
    const { page } = this.editor;
    const input = (await page.locator(`[id="${to}"] .red-ui-flow-port-input rect`).first().boundingBox())!;
    await this.drag(page.locator(`[id="${from}"] .red-ui-flow-port-output rect`).first(), {
      x: input.x + input.width / 2,
      y: input.y + input.height / 2,
    });
  }

  private async drag(from: Locator, to: { readonly x: number; readonly y: number }): Promise<void> {
    const { mouse } = this.editor.page;
    // Waits until nothing lies above it: a deploy shades the editor for a moment.
    await from.hover();
    await mouse.down();
    await mouse.move(to.x - 15, to.y - 5, { steps: 4 });
    await mouse.move(to.x, to.y, { steps: 4 });
    await mouse.up();
  }
}

const nodeIds = ({ page }: Editor) =>
  page.evaluate(() => {
    const ids: string[] = [];
    (RED.nodes as unknown as { eachNode(each: (node: { id: string }) => void): void }).eachNode(({ id }) =>
      ids.push(id),
    );
    return ids;
  });

describe('a flow from scratch', () => {
  let red: NodeRedProcess;
  let browser: Browser;
  let editor: Editor;
  let hand: Hand;
  before(async function () {
    if (!EditorHarness.possible) return this.skip();
    // The code editor that Node-RED comes with: a person fills in a function node.
    const editorTheme = { tours: false, palette: { editable: false }, codeEditor: { lib: 'monaco' } };
    red = await startNodeRed({ settings: { editorTheme } });
    browser = await startBrowser();
    editor = await Editor.open(browser, red.url);
    hand = new Hand(editor);
  });
  after(async () => {
    await browser?.close();
    await red?.stop();
  });
  afterEach(() => assert.deepEqual(editor?.problems ?? [], [], 'errors in the browser'));

  /** A node's group on the flow. */
  const node = (id: string) => editor.page.locator(`[id="${id}"]`);
  const done = () => editor.page.locator('.red-ui-tray').last().locator('[id$="-ok"]').first();
  /** Resolves when the dialog with this element stands still. */
  const opened = async (selector: string) => {
    await editor.page.locator(selector).waitFor();
    await editor.trayOpen();
  };
  const closed = () => editor.page.waitForFunction(() => document.querySelector('.red-ui-tray') === null);
  /** Moves the focus by the key. */
  const focusByTab = async (target: Locator) => {
    await target.waitFor();
    const isInside = () => target.evaluate((element) => element.contains(document.activeElement));
    for (let i = 0; i < 20 && !(await isInside()); i++) await editor.page.keyboard.press('Tab');
    assert.ok(await isInside(), 'the focus has not come to the editor');
  };
  /** By its button; in a narrow sidebar it is in the list of the others. */
  const showSidebar = async () => {
    const { page } = editor;
    // The second is the button of Node-RED 5.
    const buttons = page.locator('#red-ui-tab-ftte-link-button, button[data-tab-id="ftte"]');
    const button = buttons.filter({ visible: true });
    if (await button.count()) return hand.click(button);
    await hand.click(page.locator('#red-ui-sidebar .red-ui-tab-link-buttons a').last());
    await hand.click(page.locator('.red-ui-menu-dropdown:visible a', { hasText: 'Federated learning' }));
  };
  const deploy = async () => {
    await hand.click(editor.page.locator('#red-ui-header-button-deploy'));
    await editor.page.waitForFunction(() => !(RED.nodes as unknown as { dirty(): boolean }).dirty());
  };

  it('learns from a made-up sensor within twelve clicks and three fields, and shows its accuracy', async () => {
    const { page } = editor;
    const source = await hand.drop('function', 200, 100);
    const shown = await hand.drop('debug', 420, 60);
    await hand.wire(source, shown);
    await hand.doubleClick(node(source));
    await opened('#red-ui-tab-func-tab-init');
    await hand.click(page.locator('#red-ui-tab-func-tab-init'));
    await page.locator('#func-tab-init .monaco-editor').waitFor();
    await focusByTab(page.locator('#func-tab-init .monaco-editor').first());
    await page.keyboard.press('Control+A');
    await hand.type(sensor);
    await hand.click(done());
    await closed();
    await deploy();

    const coordinator = await hand.drop('ftte-coordinate', 620, 220);
    const window = await hand.drop('ftte-window', 420, 160);
    const train = await hand.drop('ftte-train', 620, 160);
    await hand.wire(source, window);
    await hand.wire(window, train);
    const port = await freePort();
    // The test's machine may have a broker at the usual port.
    await page.evaluate((free) => {
      (
        RED.nodes as unknown as { eachConfig(each: (node: Record<string, unknown>) => void): void }
      ).eachConfig((config) => {
        if (config['type'] === 'ftte-federation') config['port'] = String(free);
      });
    }, port);
    await editor.screenshot('first-steps-wired');
    await hand.doubleClick(node(coordinator));
    await opened('#node-input-btn-task-add');
    await hand.click(page.locator('#node-input-btn-task-add'));
    await opened('#ftte-task-learn');
    await hand.click(page.locator('#ftte-task-learn'));
    const learned = page.locator('#ftte-task-learned');
    await learned.filter({ hasText: 'Listens to "function 1 → window"' }).waitFor();
    await editor.screenshot('learn-listening');
    await learned.filter({ hasText: /50 per second/ }).waitFor();
    const values = await page
      .locator('#ftte-task-channels input')
      .evaluateAll((all) => all.map((each) => (each as HTMLInputElement).value));
    assert.deepEqual(
      values.filter((_, i) => i % 5 < 2),
      ['acc_x', 'g', 'acc_y', 'g', 'acc_z', 'g'],
    );
    // A label lasts for 3 s, so windows are shorter than the usual 2.56 s.
    assert.equal(await page.inputValue('#ftte-task-length'), '64');
    // The figures follow the fields.
    await page.locator('.ftte-task-preview-words').filter({ hasText: 'windows of 1.28 s' }).waitFor();
    await editor.screenshot('first-steps-learned');
    await hand.click(done());
    await opened('#node-input-btn-task-add');
    await hand.click(done());
    await closed();
    const startedMs = Date.now();
    await deploy();
    await showSidebar();
    await versionsShown(editor, 1);
    // Read by people.
    if (Editor.takesPictures)
      process.stdout.write(`      first version after ${((Date.now() - startedMs) / 1000).toFixed(1)} s\n`);
    // The sidebar shows the accuracy as soon as a gateway has measured one.
    await page.waitForFunction(() =>
      /^Accuracy .* Newest of gateways' held-out windows: [01]/.test(
        document.querySelector('.ftte-curve')?.getAttribute('aria-label') ?? '',
      ),
    );
    if (Editor.takesPictures) await versionsShown(editor, 5);
    await editor.screenshot('first-steps-sidebar');
    assert.ok(hand.clicks <= 12 && hand.fields <= 3, `${hand.clicks} clicks, ${hand.fields} fields`);
  });

  describe('learns nothing', () => {
    const wire = { window: 'win', outputs: [], seconds: 1, label: 'label', time: 'timestamp' };
    const post = async (path: string, body: unknown, type = 'application/json') => {
      const answer = await fetch(`${red.url}/ftte/task/${path}`, {
        method: 'POST',
        headers: { 'content-type': type },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      });
      return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
    };
    /** Listens once the flows run: a deploy answers before they do. */
    const listenTo = async (seconds: number) => {
      for (;;) {
        const { body } = await post('listen', { ...wire, seconds });
        if ((body['problem'] as { key: string } | undefined)?.key !== 'not-deployed') return body;
      }
    };
    /** Node-RED with a function node that is wired to a window node of no federation. */
    const flowOf = (code: string) => [
      { id: 'tab', type: 'tab', label: 'Flow 1' },
      { id: 'fn', type: 'function', z: 'tab', func: '', initialize: code, outputs: 1, wires: [['win']] },
      { id: 'win', type: 'ftte-window', z: 'tab', shape: 'federation', federation: '', wires: [[]] },
    ];
    const cases: [title: string, code: string, key: string][] = [
      ['from silence', '', 'nothing'],
      ['from text', 'setInterval(() => node.send({ payload: "hello" }), 20);', 'text'],
      ['from JSON as text', "setInterval(() => node.send({ payload: '{}' }), 20);", 'json'],
      ['from nested objects', 'setInterval(() => node.send({ payload: { a: { x: 1 } } }), 20);', 'nested'],
    ];
    for (const [title, code, key] of cases)
      it(`${title}, and says why`, async () => {
        await red.deploy(flowOf(code));
        const body = await listenTo(1);
        assert.equal((body['problem'] as { key: string }).key, key);
      });

    it('from a node that is not deployed, from a form of another site, and from a wrong request', async () => {
      const { body } = await post('listen', { ...wire, window: 'none' });
      assert.deepEqual(body, { problem: { key: 'not-deployed' } });
      for (const path of ['listen', 'table'])
        assert.equal((await post(path, 'window=win', 'application/x-www-form-urlencoded')).status, 415);
      const { status, body: refused } = await post('listen', { ...wire, seconds: 1e9 });
      assert.deepEqual([status, refused['text']], [400, 'seconds: expected 1 to 60, got 1000000000']);
    });

    it('of what comes after a flood, and goes on over a deploy', async () => {
      await red.deploy(
        flowOf(
          'setInterval(() => { node.send({ payload: Array.from({ length: 2000 }, (_, i) => ({ x: i })) }); }, 5);',
        ),
      );
      const begun = Date.now();
      const flooded = await listenTo(60);
      assert.ok(Date.now() - begun < 60_000);
      assert.equal((flooded['notes'] as { key: string }[])[0]!.key, 'flood');
      const slow = flowOf('setInterval(() => node.send({ payload: { x: 1 } }), 20);');
      await red.deploy(slow);
      await listenTo(1);
      const listening = listenTo(4);
      await red.deploy(slow);
      const body = await listening;
      assert.equal((body['notes'] as { key: string }[])[0]!.key, 'deployed');
      assert.ok((body['readings'] as number) > 0);
    });

    it('from a file that is no table, and reads the beginning of one that is', async () => {
      const data = (text: string) => ({ name: 'data.csv', data: Buffer.from(text).toString('base64') });
      const none = (await post('table', data('hello'))).body['problem'] as { words: { text: string } };
      assert.match(none.words.text, /^data\.csv/);
      const rows = Array.from(
        { length: 300 },
        (_, i) => `${1.7e12 + 20 * i},${Math.sin(i)},${i % 2 ? 'a' : 'b'}`,
      );
      const { body } = await post('table', data(['time,acc_x,label', ...rows, '17000000'].join('\n')));
      const { input, labels } = body['proposal'] as { input: { rateHz: number }; labels: string[] };
      assert.equal(input.rateHz, 50);
      assert.deepEqual(labels, ['b', 'a']);
      assert.equal((body['notes'] as { key: string }[])[0]!.key, 'beginning');
      assert.equal((await post('table', { name: 'x.csv', data: 'A'.repeat(4_300_000) })).status, 400);
    });
  });
});
