import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { everyFinding } from '../support/every-finding';
import { Editor } from '../support/node-red/editor';
import { allTypes, type EditorHarness, harnessForTests } from './harness';
import { type Flaw, flawsIn } from './legibility';
import { openSidebar } from './sidebar-page';
import { sidebarSnapshot } from './sidebar-snapshot';

const all = ['en-US', 'de', 'fr', 'es', 'ja', 'zh-CN'];
/**
 * The languages, as Node-RED calls them: that with the longest words and that with the widest characters, each in one version of
 * Node-RED. All of them take two minutes, with FTTE_LANGUAGES=all.
 */
const languages =
  process.env['FTTE_LANGUAGES'] === 'all' ? all : [process.env['FTTE_NODE_RED'] ? 'ja' : 'de'];
/** Roles that take a value or start something. */
const controls = [
  'button',
  'checkbox',
  'combobox',
  'link',
  'listbox',
  'radio',
  'spinbutton',
  'tab',
  'textbox',
];

/** The texts below an element that cannot be read, in the light and in the dark. */
async function flawsOf({ page }: Editor, selector: string): Promise<Flaw[]> {
  const found: Flaw[] = [];
  for (const dark of [false, true]) {
    await page.evaluate((on) => document.documentElement.classList.toggle('nr-theme-dark', on), dark);
    const flaws = await page.evaluate(
      ([find, at]) => {
        // The compiler marks functions with their names by a function that the page lacks.
        const flawsBelow = new Function('__name', `return ${find}`)(<T>(each: T) => each) as typeof flawsIn;
        return Array.from(document.querySelectorAll(at!)).flatMap((root) => flawsBelow(root));
      },
      [flawsIn.toString(), selector],
    );
    // Lengths are the same in the dark.
    found.push(...flaws.filter(({ flaw }) => !dark || flaw === 'contrast'));
  }
  return found;
}

/** The controls below an element that a screen reader has no name for. */
async function nameless({ page }: Editor, selector: string): Promise<string[]> {
  const protocol = await page.context().newCDPSession(page);
  const { root } = await protocol.send('DOM.getDocument');
  const { nodeIds } = await protocol.send('DOM.querySelectorAll', { nodeId: root.nodeId, selector });
  const found: string[] = [];
  for (const nodeId of nodeIds) {
    const { nodes } = await protocol.send('Accessibility.queryAXTree', { nodeId });
    for (const { ignored, role, name, backendDOMNodeId } of nodes) {
      if (ignored || !controls.includes(String(role?.value)) || String(name?.value ?? '').trim() !== '')
        continue;
      const { outerHTML } = await protocol.send('DOM.getOuterHTML', { backendNodeId: backendDOMNodeId! });
      // Fields of the editor's own that catch what a browser would fill in.
      if (!outerHTML.includes('red-ui-trap-')) found.push(outerHTML.slice(0, 160));
    }
  }
  await protocol.detach();
  return found;
}

/** Shows every tab and the fields of every choice at once. */
const showAll = (page: Page) =>
  page.evaluate(() => {
    for (const each of document.querySelectorAll<HTMLElement>(
      '.ftte-task-content, .red-ui-tray-body .form-row, .red-ui-tray-body .ftte-part',
    ))
      each.style.display = '';
  });

/**
 * Shows every place for an error with a text in it: those that wait for one, and, as the scripts add them, one at the top of a
 * dialog and one as a tip. @returns how many
 */
const showErrors = (page: Page, words: string) =>
  page.evaluate((text) => {
    const form = document.querySelector('.red-ui-tray-body form');
    for (const name of ['form-tips ftte-problem', 'form-tips ftte-tip ftte-problem', 'ftte-wrong']) {
      const added = document.createElement('div');
      added.className = name;
      form?.prepend(added);
    }
    const places = document.querySelectorAll<HTMLElement>(
      '.ftte-problem, .ftte-wrong, .ftte-task-preview-problem, #ftte-task-import-problem, .ftte-sidebar .ftte-failed',
    );
    for (const place of places) {
      place.style.display = 'block';
      place.textContent = text;
    }
    return places.length;
  }, words);

/** Lets dialogs slide in and out at once: the editor waits up to 300 ms for each. */
async function hurry(page: Page): Promise<void> {
  await page.addStyleTag({ content: '.red-ui-tray { transition: none !important; }' });
  const hurried = '(work, ms = 0) => later(work, ms >= 150 && ms <= 300 ? 0 : ms)';
  await page.addScriptTag({ content: `{ const later = setTimeout; window.setTimeout = ${hurried}; }` });
}

/** The beginning of the sentence about a full disk. */
const fullDisk: Readonly<Record<string, RegExp>> = {
  'en-US': /^The disk is full\. Free some space/,
  de: /^Die Festplatte ist voll\. Schaffen Sie dort Platz/,
  fr: /^Le disque est plein\. Libérez-y de la place/,
  es: /^El disco está lleno\. Libere espacio/,
  ja: /^ディスクがいっぱいです。空き容量を増やす/,
  'zh-CN': /^磁盘已满。请释放一些空间/,
};

/** Opens the newest notice by keys: the text of the runtime is below the sentence, and was not before. */
async function readNotice(editor: Editor, language: string, picture: string): Promise<void> {
  const { page } = editor;
  const detail = page.locator('.ftte-events li').first().locator('[lang="en"]');
  assert.equal(await detail.textContent(), 'cannot write state.json: ENOSPC');
  assert.equal(await detail.isVisible(), false);
  await page.locator('.ftte-events summary').first().press('Enter');
  await detail.waitFor({ state: 'visible' });
  // The cause has a sentence of its own, with what to do; so has the problem among the facts.
  const sentence = await page.locator('.ftte-events summary').first().innerText();
  assert.match(sentence, fullDisk[language]!);
  assert.match(await page.locator('.ftte-facts summary').first().innerText(), fullDisk[language]!);
  await editor.screenshot(picture);
}

/** Lets the check of broker and machine find everything at once, in the dialog that is open. @returns the lines */
async function findAll(editor: Editor): Promise<string[]> {
  const { page } = editor;
  await page.route(/\/ftte\/federation\/diagnosis$/, (route) =>
    route.fulfill({ json: { findings: everyFinding() } }),
  );
  await page.click('#ftte-diagnosis');
  await page.locator('.ftte-diagnosis .ftte-advice').first().waitFor();
  return page.locator('.ftte-diagnosis li').allInnerTexts();
}

describe('what a person reads in the editor', () => {
  const opened = harnessForTests();
  let harness: EditorHarness;
  before(() => {
    harness = opened();
  });

  it('is measured by what finds a text that is cut off, one that is pale, and a field without a name', async () => {
    const { editor } = harness;
    await editor.page.evaluate(() => {
      const bad = document.createElement('div');
      bad.id = 'ftte-bad';
      bad.style.cssText = 'position: fixed; background: #fff; color: #888; width: 40px; overflow: hidden';
      bad.innerHTML = '<p style="white-space: nowrap">much too long for this</p><input>';
      document.body.append(bad);
    });
    const flaws = await flawsOf(editor, '#ftte-bad');
    assert.deepEqual(flaws.map(({ flaw }) => flaw).sort(), ['contrast', 'contrast', 'cut off']);
    assert.deepEqual(await nameless(editor, '#ftte-bad'), ['<input>']);
    await editor.page.evaluate(() => document.querySelector('#ftte-bad')?.remove());
  });

  for (const language of languages)
    it(`is whole, has contrast, and names its controls in the language ${language}`, async () => {
      const editor = await Editor.open(harness.browser, harness.red.url, false, language);
      const found: string[] = [];
      const look = async (selector: string, place: string) => {
        for (const { flaw, text, why } of await flawsOf(editor, selector))
          found.push(`${place}: ${flaw}: "${text}" (${why})`);
        for (const control of await nameless(editor, selector)) found.push(`${place}: no name: ${control}`);
      };
      try {
        const { page } = editor;
        await hurry(page);
        await page.route(/\/ftte\/sidebar$/, (route) => route.fulfill({ json: sidebarSnapshot() }));
        await openSidebar(editor);
        for (const role of ['c', 'p']) {
          await page.selectOption('#ftte-role', role);
          await page.locator('.ftte-events li').first().waitFor();
          await editor.screenshot(`sidebar-${language}-${role}`);
          if (role === 'c') await readNotice(editor, language, `sidebar-${language}-notice`);
          await page.route(/\/ftte\/sidebar\/.*\/action$/, (route) => route.fulfill({ status: 403 }));
          await page.click(role === 'c' ? '#ftte-action-checkpoint' : '#ftte-action-train');
          await page.locator('.ftte-sidebar .ftte-failed').waitFor();
          // The browser reports the answer by itself.
          editor.problems.length = 0;
          await look('.ftte-sidebar', `sidebar, role ${role}`);
        }
        for (const type of allTypes) {
          await harness.dialog(type, editor);
          await editor.settled();
          await showAll(page);
          if (type === 'ftte-federation') {
            const lines = await findAll(editor);
            assert.equal(lines.length, everyFinding().length);
            // A key that a catalog lacks, and a place without a value, are shown as they are.
            for (const line of lines) assert.doesNotMatch(line, /diagnosis\.|__/);
            await page.locator('.ftte-diagnosis').scrollIntoViewIfNeeded();
            await editor.screenshot(`${type}-${language}-found`);
          }
          await editor.screenshot(`${type}-${language}`);
          await look('.red-ui-tray-body', type);
          assert.ok((await showErrors(page, 'Node-RED')) >= 3);
          await look('.red-ui-tray-body', `${type}, errors`);
          await editor.close();
        }
        assert.deepEqual(found, []);
        assert.deepEqual(editor.problems, []);
      } finally {
        await editor.page.close();
      }
    });
});
