import assert from 'node:assert/strict';
import { Editor } from '../../support/node-red/editor';
import { type EditorHarness, harnessForTests, idOf } from '../harness';
import { taskPage } from './page';

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

const tabs = ['data', 'model', 'training', 'federation', 'privacy'];

describe('the panel of figures of the task dialog', () => {
  const opened = harnessForTests();
  let harness: EditorHarness;
  let editor: Editor;
  const { openTab } = taskPage(() => editor);
  before(async () => {
    harness = opened();
    editor = await Editor.open(harness.browser, harness.red.url, false, 'de');
    const answered = editor.page.waitForResponse(/ftte\/task\/preview/);
    await editor.editConfig('ftte-task', idOf('ftte-task'));
    await answered;
    await editor.settled();
  });
  after(() => editor?.page.close());

  /** Fields of the open tab that the panel lies on, wherever the tab is scrolled to. */
  const covered = () =>
    editor.page.evaluate(() => {
      const panel = document.querySelector('.ftte-task-preview')!;
      const tray = document.querySelector('.red-ui-tray-body-wrapper .red-ui-tray-body')!;
      const scroller = [tray, ...Array.from(tray.querySelectorAll('*'))].find(
        (each) =>
          each.scrollHeight > each.clientHeight + 1 && /auto|scroll/.test(getComputedStyle(each).overflowY),
      );
      const found = new Set<string>();
      for (const part of [0, 0.5, 1]) {
        if (scroller) scroller.scrollTop = part * (scroller.scrollHeight - scroller.clientHeight);
        const box = panel.getBoundingClientRect();
        for (const field of Array.from(
          document.querySelectorAll('.ftte-task-content input, .ftte-task-content select'),
        )) {
          const { top, bottom, width } = field.getBoundingClientRect();
          if (width > 0 && bottom > box.top + 1 && top < box.bottom - 1) found.add(field.id);
        }
      }
      if (scroller) scroller.scrollTop = 0;
      return [...found];
    });

  it('covers no field on the tabs beside that of the model', async () => {
    for (const tab of tabs.filter((name) => name !== 'model')) {
      await openTab(tab);
      assert.deepEqual(await covered(), [], tab);
      await editor.screenshot(`panel-${tab}`);
    }
  });

  it('writes what was learned with a comma', async () => {
    const { page } = editor;
    await openTab('data');
    const rows = Array.from({ length: 60 }, (_, i) => `${(i % 7) / 10},${i < 30 ? 'on' : 'off'}`);
    await page.setInputFiles('#ftte-task-learn-file', {
      ...{ name: 'pump.csv', mimeType: 'text/csv' },
      buffer: Buffer.from(['flow,label', ...rows].join('\n')),
    });
    const row = page.locator('#ftte-task-learned tbody tr').filter({ hasText: 'flow' });
    await row.waitFor();
    const [, , centre, spread] = await row.locator('td').allInnerTexts();
    assert.match(centre!, /^0,\d+$/);
    assert.match(spread!, /^0,\d+$/);
    await page.locator('#ftte-task-learned button').last().click();
  });

  it('shows what is wrong on every tab, by the labels and options of the fields, in the language of the editor', async () => {
    const { page } = editor;
    const problem = page.locator('.ftte-task-preview-problem');
    await page.evaluate(() => {
      const { $ } = window as unknown as {
        $: (selector: string) => { val(value: string): { trigger(name: string): void } };
      };
      $('#ftte-task-masked').val('yes').trigger('change');
      $('#ftte-task-robust').val('krum').trigger('change');
    });
    await problem.filter({ hasText: 'Feindliche Gateways' }).waitFor();
    assert.equal(
      await problem.textContent(),
      'Föderation › Feindliche Gateways: „fallen weg: eines steht für alle“ passt nicht zu Masken: „ja: er sieht nur Summen“. Möglich ist hier: „auto: Quarantäne ab fünf Gateways“ oder „zählen wie alle anderen“',
    );
    for (const tab of tabs) {
      await openTab(tab);
      assert.equal(await problem.isVisible(), true, tab);
    }
    await editor.screenshot('panel-problem');
  });
});
