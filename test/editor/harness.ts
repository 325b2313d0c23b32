import assert from 'node:assert/strict';
import type { Browser } from 'playwright-core';
import { freePort } from '../../tools/support/free-port';
import { isBuilt } from '../../tools/support/linked-package';
import { chromiumPath, Editor, startBrowser } from '../support/node-red/editor';
import { type NodeRedProcess, startNodeRed } from '../support/node-red/node-red-process';

export const flowTypes = [
  'ftte-label',
  'ftte-window',
  'ftte-train',
  'ftte-predict',
  'ftte-coordinate',
  'ftte-replay',
];
const configTypes = ['ftte-federation', 'ftte-task'];
export const allTypes = [...configTypes, ...flowTypes];

/** Of the task node. */
export const task = {
  input: {
    channels: ['x', 'y', 'z'].map((name) => ({ name: `acc_${name}`, unit: 'g', centre: 0, spread: 0.4 })),
    rateHz: 50,
    length: 128,
    hop: 64,
  },
  labels: ['WALKING', 'SITTING', 'LAYING'],
  model: { preset: 'cnn1d', size: 'S' },
};

/** A node's id in the test flow. An id that equals another property's value would be a reference. */
export const idOf = (type: string) => `one-${type}`;

/** One node of each type, the flow nodes with nothing filled in but what they refer to. */
async function flows() {
  const at = (type: string, x: number, y: number, more: object = {}) => ({
    id: idOf(type),
    type,
    z: 'tab',
    x,
    y,
    wires: [[], []],
    ...more,
  });
  const port = await freePort();
  return [
    { id: 'tab', type: 'tab', label: 'Flow 1' },
    {
      id: idOf('ftte-federation'),
      type: 'ftte-federation',
      name: '',
      federation: 'wearables',
      gateway: 'pi-a1b2c3',
      broker: 'hosted',
      port: String(port),
      bind: '127.0.0.1',
      url: '',
      tls: '',
    },
    { id: idOf('ftte-task'), type: 'ftte-task', name: 'wearable activity', problem: '', task },
    at('ftte-window', 160, 100, { federation: idOf('ftte-federation') }),
    at('ftte-train', 360, 100, { federation: idOf('ftte-federation') }),
    at('ftte-predict', 360, 180, { federation: idOf('ftte-federation') }),
    at('ftte-coordinate', 360, 260, { federation: idOf('ftte-federation'), task: idOf('ftte-task') }),
    at('ftte-replay', 160, 260),
    at('ftte-label', 160, 180),
  ];
}

/** A browser at the editor of a Node-RED that has one node of each type. */
export class EditorHarness {
  private constructor(
    readonly red: NodeRedProcess,
    readonly browser: Browser,
    readonly editor: Editor,
  ) {}

  /** Whether there is a browser, and a package to show in it. */
  static get possible(): boolean {
    return chromiumPath() !== undefined && isBuilt();
  }

  static async open(): Promise<EditorHarness> {
    const red = await startNodeRed({
      flows: await flows(),
      // The catalogue of the palette manager is on the internet.
      settings: { editorTheme: { tours: false, palette: { editable: false } } },
      // The tests fill in settings that the simple view hides.
      userSettings: { ftte: { view: 'expert' } },
    });
    let browser: Browser | undefined;
    try {
      browser = await startBrowser();
      return new EditorHarness(red, browser, await Editor.open(browser, red.url));
    } catch (error) {
      // The caller has no harness yet to close.
      await browser?.close();
      await red.stop();
      throw error;
    }
  }

  /** Opens the dialog of a node of the flow. */
  async dialog(type: string, editor = this.editor): Promise<void> {
    if (configTypes.includes(type)) await editor.editConfig(type, idOf(type));
    else await editor.edit(idOf(type));
  }

  async close(): Promise<void> {
    await this.browser.close();
    await this.red.stop();
  }
}

/**
 * Opens a harness for the tests of a `describe`, which are skipped if none is possible. After each test its dialogs are
 * closed, and it fails if there was an error in the browser.
 * @returns gives the harness while the tests run
 */
export function harnessForTests(): () => EditorHarness {
  let harness: EditorHarness | undefined;
  before(async function () {
    if (!EditorHarness.possible) return this.skip();
    harness = await EditorHarness.open();
  });
  after(() => harness?.close());

  beforeEach(() => {
    if (harness) harness.editor.problems.length = 0;
  });
  afterEach(async () => {
    await harness?.editor.reset();
    assert.deepEqual(harness?.editor.problems ?? [], [], 'errors in the browser');
  });
  return () => {
    if (!harness) throw new Error('the harness is open only while tests run');
    return harness;
  };
}
