import assert from 'node:assert/strict';
import { Editor } from '../support/node-red/editor';
import { harnessForTests, idOf } from './harness';

/** The elements of the open dialog that reach beyond its tray, or scroll sideways in it. */
function overflowing(): string[] {
  const body = document.querySelector('.red-ui-tray-body-wrapper') as HTMLElement;
  const found: string[] = [];
  if (body.scrollWidth > body.clientWidth) found.push(`tray: ${body.scrollWidth} in ${body.clientWidth}`);
  const end = body.getBoundingClientRect().left + body.clientLeft + body.clientWidth;
  for (const each of Array.from(body.querySelectorAll('.ftte-task-dialog, .ftte-task-dialog *'))) {
    // The editor's own tabs cut their labels off; a select and an input, too.
    if (each.closest('.ftte-task-tabs, select')) continue;
    const name = `${each.tagName.toLowerCase()}#${each.id}.${each.className}`;
    const { right, width } = each.getBoundingClientRect();
    if (width > 0 && right > end + 1) found.push(`${name}: ends at ${right}, the tray at ${end}`);
    if (each.tagName !== 'INPUT' && each.clientWidth > 0 && each.scrollWidth > each.clientWidth + 1)
      found.push(`${name}: ${each.scrollWidth} in ${each.clientWidth}`);
  }
  return found;
}

/** Letters wider than those of any font, so that the fonts of this machine do not matter. */
const looks: [string, string, dark: boolean][] = [
  ["in the editor's font", '', false],
  ['in a wide font, in the dark', 'letter-spacing: 0.25em !important;', true],
  ['in large letters', 'font-size: 20px !important;', false],
  ['in small letters', 'font-size: 9px !important;', false],
];

describe('the layout of the task dialog', function () {
  this.timeout(300_000);
  const opened = harnessForTests();
  let editor: Editor;
  before(() => {
    editor = opened().editor;
  });

  /** Every tab, with every field of every choice at once. */
  async function check(what: string, { page } = editor): Promise<void> {
    for (const tab of ['data', 'model', 'training', 'federation']) {
      await page.evaluate((open) => {
        for (const each of Array.from(document.querySelectorAll<HTMLElement>('.ftte-task-content')))
          each.style.display = each.id === `ftte-task-tab-${open}` ? '' : 'none';
        for (const each of Array.from(document.querySelectorAll<HTMLElement>('.form-row, .ftte-part')))
          each.style.display = '';
      }, tab);
      assert.deepEqual(await page.evaluate(overflowing), [], `${what}, ${tab}`);
    }
  }

  for (const [name, style, dark] of looks) {
    it(`fits every width ${name}, with the fields of every choice and the figures of every preset`, async () => {
      const { page } = editor;
      const added = await page.addStyleTag({ content: `.red-ui-tray, .red-ui-tray * { ${style} }` });
      const setDark = (on: boolean) =>
        page.evaluate((it) => document.documentElement.classList.toggle('nr-theme-dark', it), on);
      try {
        await setDark(dark);
        for (const width of [1024, 640]) {
          await page.setViewportSize({ width, height: 900 });
          await editor.editConfig('ftte-task', idOf('ftte-task'));
          await editor.settled();
          await check(`${width}`);
          if (width === 1024) {
            const presets = page.locator('#ftte-task-presets button');
            for (let i = 0; i < (await presets.count()); i++) {
              const answered = page.waitForResponse(/ftte\/task\/preview/);
              await presets.nth(i).evaluate((button) => {
                (button as HTMLElement).click();
                document.querySelector<HTMLElement>('#ftte-task-preset-question .primary')?.click();
              });
              await answered;
              await editor.settled();
              await check(`${width}, preset ${i}`);
            }
            // A window that gets narrower while the dialog is open.
            await page.setViewportSize({ width: 760, height: 900 });
            await check('from 1024 to 760');
          }
          await editor.close();
        }
      } finally {
        await added.evaluate((each) => (each as Element).remove());
        await setDark(false);
      }
    });
  }

  it('fits every width in German, whose words are long', async () => {
    const { browser, red } = opened();
    const german = await Editor.open(browser, red.url, false, 'de');
    try {
      for (const width of [1024, 640]) {
        await german.page.setViewportSize({ width, height: 900 });
        await german.editConfig('ftte-task', idOf('ftte-task'));
        await german.settled();
        assert.ok((await german.page.locator('label', { hasText: 'Seltene Labels' }).count()) > 0);
        await check(`${width}`, german);
        await german.close();
      }
    } finally {
      await german.page.close();
    }
  });
});
