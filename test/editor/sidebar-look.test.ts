import assert from 'node:assert/strict';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Editor } from '../support/node-red/editor';
import { root } from '../support/source-files';
import { type EditorHarness, harnessForTests } from './harness';
import { chooseRole, openSidebar, statusShown } from './sidebar-page';
import { sidebarSnapshot } from './sidebar-snapshot';

interface LineStyles {
  colourOf(line: number): string;
  dashOf(line: number): { readonly style: string };
  widthOf(line: number, isMain?: boolean): number;
}

/** The backgrounds of the sidebar: of the light editor, and of the dark one of Node-RED 5. */
const backgrounds = { light: '#ffffff', dark: '#1b1b23' };

const channelsOf = (colour: string) =>
  [1, 3, 5]
    .map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255)
    .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)) as [
    number,
    number,
    number,
  ];

/** Luminance as WCAG 2 defines it. */
function luminance(colour: string): number {
  const [r, g, b] = channelsOf(colour);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(one: string, other: string): number {
  const [less, more] = [luminance(one), luminance(other)].sort((a, b) => a - b) as [number, number];
  return (more + 0.05) / (less + 0.05);
}

/** A colour in Oklab (Ottosson 2020), where distances are as people see them. */
function oklab(colour: string): readonly number[] {
  const [r, g, b] = channelsOf(colour);
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

/** The editor's page, in which the test sends the messages of the runtime to the sidebar. */
interface LivePage {
  readonly RED: {
    readonly nodes: { node(id: string): object | undefined };
    readonly comms: {
      subscribe(topic: string, listener: (topic: string, message: object) => void): void;
    };
  };
  receiveLive(message: object): void;
}

const withoutTask = ({ task: _, ...role }: object & { readonly task?: unknown }) => role;

const distance = (one: string, other: string) => {
  const [from, to] = [oklab(one), oklab(other)];
  return Math.hypot(...from.map((value, i) => value - to[i]!));
};

describe('the lines of a curve', () => {
  let styles: LineStyles;
  before(async () => {
    styles = await import(pathToFileURL(join(root, 'resources', 'sidebar', 'line-styles.mjs')).href);
  });

  it('have eight colours that nobody takes for one another, and that are seen in the light and in the dark', () => {
    const colours = Array.from({ length: 8 }, (_, line) => styles.colourOf(line));
    for (const colour of colours)
      for (const [name, background] of Object.entries(backgrounds))
        assert.ok(
          contrast(colour, background) >= 3,
          `${colour}, ${name}: ${contrast(colour, background).toFixed(2)}`,
        );
    for (const [i, one] of colours.entries())
      for (const other of colours.slice(i + 1))
        assert.ok(distance(one, other) > 0.12, `${one} and ${other}: ${distance(one, other).toFixed(3)}`);
  });

  it('have a dash of their own beyond the eighth, and are thicker beyond all dashes', () => {
    const looks = Array.from({ length: 32 }, (_, line) =>
      [styles.colourOf(line), styles.dashOf(line).style, styles.widthOf(line)].join(),
    );
    assert.equal(new Set(looks).size, 32, looks.join('\n'));
    assert.equal(new Set(looks.slice(0, 8).map((look) => look.split(',')[1])).size, 1);
  });
});

describe('the sidebar at its usual width, in German', () => {
  const opened = harnessForTests();
  let harness: EditorHarness;
  let editor: Editor;
  const labels = Array.from({ length: 10 }, (_, i) => `LABEL ${i + 1}`);

  before(async () => {
    harness = opened();
    editor = await Editor.open(harness.browser, harness.red.url, false, 'de');
    // The snapshots are not of the roles that run here: what these send would stop those.
    await editor.page.evaluate(() => {
      const page = window as unknown as LivePage;
      page.RED.comms.subscribe = (topic, listener) => {
        if (topic === 'ftte/live') page.receiveLive = (message) => listener(topic, message);
      };
    });
    await show(false);
  });
  after(() => editor?.page.close());

  type Snapshot = ReturnType<typeof sidebarSnapshot>;
  const asItIs = (snapshot: Snapshot): object => snapshot;

  async function show(isStuck: boolean, changed = asItIs): Promise<void> {
    const { page } = editor;
    await page.unroute(/\/ftte\/sidebar$/);
    await page.route(/\/ftte\/sidebar$/, (route) =>
      route.fulfill({ json: changed(sidebarSnapshot(labels, isStuck)) }),
    );
    if (await page.locator('.ftte-head select').isVisible()) {
      const hidden = page.waitForRequest(/\/ftte\/sidebar\/watch$/);
      await page.evaluate('RED.sidebar.show("info")');
      await hidden;
    }
    const loaded = page.waitForResponse(/\/ftte\/sidebar$/);
    await openSidebar(editor);
    await loaded;
    await page
      .locator('#ftte-section-gateways tbody tr')
      .nth(isStuck ? 4 : 0)
      .waitFor();
    await page.waitForFunction(
      (rows) => document.querySelectorAll('#ftte-section-gateways tbody tr').length === rows,
      isStuck ? 5 : 1,
    );
  }

  /** Titles of the columns that can be seen whole without scrolling. */
  const visibleColumns = () =>
    editor.page.locator('#ftte-section-gateways .ftte-scroll').evaluate((place) => {
      place.scrollLeft = 0;
      const { right } = place.getBoundingClientRect();
      return Array.from(place.querySelectorAll('thead th'))
        .filter((head) => head.getBoundingClientRect().right <= right + 1)
        .map((head) => head.textContent ?? '');
    });

  it('shows four columns of gateways at once, and their loss before all else', async () => {
    const columns = await visibleColumns();
    assert.deepEqual(columns.slice(0, 2), ['Gateway', 'Verlust']);
    await editor.screenshot('sidebar-usual-width');
    assert.ok(columns.length >= 4, columns.join());
    const all = await editor.page.locator('#ftte-section-gateways thead th').allTextContents();
    assert.equal(all.at(-1), 'Steht still, weil');
    assert.equal(all.length, 11);
  });

  it('says why a gateway stands still in the second column, as soon as one does', async () => {
    await show(true);
    assert.deepEqual((await visibleColumns()).slice(0, 2), ['Gateway', 'Steht still, weil']);
    const rows = await editor.page.locator('#ftte-section-gateways tbody').innerText();
    assert.match(rows, /zum 2\. Mal in Quarantäne, bis Version 29: Prüfen Sie/);
    await editor.screenshot('sidebar-usual-width-stuck');
    await show(false);
    assert.equal(
      (await editor.page.locator('#ftte-section-gateways thead th').allTextContents()).at(-1),
      'Steht still, weil',
    );
  });

  it('has one scroll bar', async () => {
    const scrolling = await editor.page.locator('.ftte-sidebar').evaluate((place) => {
      const found: string[] = [];
      for (let each: Element | null = place; each; each = each.parentElement)
        if (each.scrollHeight > each.clientHeight + 1 && /auto|scroll/.test(getComputedStyle(each).overflowY))
          found.push(each.className || each.id);
      return found;
    });
    assert.deepEqual(scrolling, ['ftte-sidebar']);
  });

  it('explains each title of the table, and scrolls it by keys', async () => {
    const titles = await editor.page
      .locator('#ftte-section-gateways thead th')
      .evaluateAll((heads) => heads.map((head) => head.getAttribute('title') ?? ''));
    for (const title of titles) assert.match(title, /^\S+ .+/, titles.join('\n'));
    const place = editor.page.locator('#ftte-section-gateways .ftte-scroll');
    await place.focus();
    await editor.page.keyboard.press('ArrowRight');
    await editor.page.waitForFunction(
      () => (document.querySelector('#ftte-section-gateways .ftte-scroll')?.scrollLeft ?? 0) > 0,
    );
  });

  it('writes numbers with a comma, and large ones in groups', async () => {
    const words = await editor.page.locator('.ftte-sidebar').innerText();
    const withPoint = words.match(/\d+\.\d{1,2}(?!\d)/g) ?? [];
    assert.deepEqual(withPoint, []);
    assert.match(words, /0,91 \(0,88 bis 0,94|0,910/);
    assert.match(words, /1\.200/);
    assert.match(words, /8\.099/);
  });

  it('writes the counts of a status in groups, and a version as the name it is', async () => {
    await chooseRole(editor, /pi-1/);
    await statusShown(editor, /^1\.020 \D+12$/);
    await chooseRole(editor, /Koordinator/);
  });

  it('says what protects the model now', async () => {
    const facts = await editor.page.locator('#ftte-section-facts').innerText();
    assert.match(facts, /Schutz\s+beobachtet nur: .*wenn fünf beigetragen haben/);
  });

  it('names the versions that gateways measured, and one by itself', async () => {
    const { page } = editor;
    const facts = page.locator('#ftte-section-facts');
    await facts.filter({ hasText: /Versionen 10 bis 12/ }).waitFor();
    await show(false, (snapshot) => {
      const [coordinator, gateway] = snapshot.roles;
      const federated = { ...(coordinator as { federated?: object }).federated, from: 12, to: 12 };
      return { ...snapshot, roles: [{ ...coordinator, federated }, gateway] };
    });
    try {
      assert.match(await facts.innerText(), /95 % Konfidenz\), Version 12$/m);
    } finally {
      await show(false);
    }
  });

  it('says what to do about a port that another program has', async () => {
    const look = { fill: 'red', shape: 'ring', key: 'broker-port-taken' };
    await show(false, (snapshot) => ({
      ...snapshot,
      roles: snapshot.roles.map((role) => ({ ...role, look })),
    }));
    try {
      await statusShown(editor, /Port belegt: .* anderes Programm .* anderen Port/);
      await chooseRole(editor, /pi-1/);
      await statusShown(editor, /Port belegt: .* anderes Programm .* anderen Port/);
      await chooseRole(editor, /Koordinator/);
    } finally {
      await show(false);
    }
  });

  it('shows a region that the federation above has sent no task, and says that there is none', async () => {
    const { page } = editor;
    await show(false, (snapshot) => {
      const [coordinator, gateway] = snapshot.roles;
      return { ...snapshot, roles: [withoutTask(coordinator!), gateway] };
    });
    try {
      const facts = page.locator('#ftte-section-facts');
      await facts.filter({ hasText: /Aufgabe\s*keine ist gekommen/ }).waitFor();
      assert.equal(await page.locator('#ftte-section-confusion').isVisible(), false);
      // The last of the sections: nothing before it has failed.
      assert.equal(await page.locator('.ftte-events li').count(), 3);
      assert.deepEqual(editor.problems, []);
    } finally {
      await show(false);
    }
  });

  it('gives no advice about labels for a task without labels, also as the federation goes on', async () => {
    const { page } = editor;
    await show(false, (snapshot) => {
      const [coordinator, gateway] = snapshot.roles;
      const task = { name: 'pump', kind: 'anomaly', parameters: 500 };
      return { ...snapshot, roles: [{ ...coordinator, task, confusion: null }, gateway] };
    });
    try {
      const confusion = page.locator('#ftte-section-confusion');
      await page.locator('#ftte-section-facts', { hasText: 'pump' }).waitFor();
      assert.equal(await confusion.isVisible(), false);
      await page.evaluate(() => {
        const event = { sequence: 9, timeMs: 1, level: 'info', count: 1, code: 'news', text: 'it goes on' };
        const changes = { c: { newEvents: [event] } };
        (window as unknown as LivePage).receiveLive({
          ...{ ids: ['c', 'p'], begun: [], nowMs: Date.now(), changes },
        });
      });
      await page.locator('.ftte-events li', { hasText: 'it goes on' }).waitFor();
      assert.equal(await confusion.isVisible(), false, 'it is shown again');
    } finally {
      await show(false);
    }
  });

  it('says the one reason why a role does not run, and not every one there may be', async () => {
    const { page } = editor;
    const stopWith = (node: object | undefined) =>
      page.evaluate((standIn) => {
        const { RED, receiveLive } = window as unknown as LivePage;
        const { node: original } = RED.nodes;
        RED.nodes.node = (id) => (id === 'c' ? standIn : original.call(RED.nodes, id));
        for (const ids of [['c', 'p'], ['p']])
          receiveLive({ ids, begun: [], nowMs: Date.now(), changes: {} });
        // It is drawn with the next frame.
        return new Promise<void>((drawn) =>
          requestAnimationFrame(() =>
            requestAnimationFrame(() => {
              RED.nodes.node = original;
              drawn();
            }),
          ),
        );
      }, node);
    const shown = () => page.locator('.ftte-status').innerText();
    await stopWith(undefined);
    assert.equal(await shown(), 'läuft nicht: Sein Node wurde entfernt');
    await stopWith({ d: true, status: { fill: 'red', text: 'Angaben prüfen' } });
    assert.equal(await shown(), 'läuft nicht: Sein Node oder sein Flow ist abgeschaltet');
    await stopWith({ status: { fill: 'red', text: 'Angaben prüfen' } });
    assert.equal(await shown(), 'läuft nicht, wie sein Node sagt: Angaben prüfen');
    await stopWith({ status: { fill: 'green', text: 'v3' } });
    assert.match(await shown(), /^läuft nicht: Sein Node wird gerade übernommen/);
    await show(false);
  });

  it('says events in words, and has their codes below for people who look them up', async () => {
    const events = editor.page.locator('.ftte-events li');
    const said = await events.allInnerTexts();
    for (const words of said) assert.doesNotMatch(words, /gateway-joined|no-updates|storage/);
    const joined = events.filter({ hasText: 'gateway-joined' });
    await joined.locator('summary').click();
    await joined.locator('code', { hasText: 'gateway-joined' }).waitFor({ state: 'visible' });
    await editor.screenshot('sidebar-event-open');
    await joined.locator('summary').click();
  });

  it('names the gateway of an event', async () => {
    const event = editor.page.locator('.ftte-events li', { hasText: 'gateway-joined' });
    assert.match((await event.locator('summary').textContent()) ?? '', /^pi-1: Ein neues Gateway/);
  });

  it('has the colon of the language after the gateway of an event', async () => {
    const french = await Editor.open(harness.browser, harness.red.url, false, 'fr');
    try {
      await french.page.route(/\/ftte\/sidebar$/, (route) =>
        route.fulfill({ json: sidebarSnapshot(labels, false) }),
      );
      await openSidebar(french);
      const summary = french.page
        .locator('.ftte-events li', { hasText: 'gateway-joined' })
        .locator('summary');
      assert.match((await summary.textContent()) ?? '', /^pi-1 : Une nouvelle passerelle/);
    } finally {
      await french.page.close();
    }
  });

  it('shows in the legend which line is which, with the dashes of those beyond eight', async () => {
    const { page } = editor;
    await page.selectOption('#ftte-measure', 'recall');
    const markers = await page.locator('.ftte-curve .u-legend .u-marker:visible').evaluateAll((all) =>
      all.map((marker) => {
        const { borderTopColor, borderTopStyle, borderTopWidth, borderLeftWidth } = getComputedStyle(marker);
        return { look: `${borderTopColor} ${borderTopStyle}`, borderTopWidth, borderLeftWidth };
      }),
    );
    assert.equal(markers.length, labels.length);
    assert.equal(new Set(markers.map(({ look }) => look)).size, labels.length, JSON.stringify(markers));
    for (const { borderTopWidth, borderLeftWidth } of markers) {
      assert.ok(Number.parseFloat(borderTopWidth) >= 1.9, borderTopWidth);
      assert.equal(borderLeftWidth, '0px');
    }
    await editor.screenshot('sidebar-ten-labels');
    await page.evaluate(() => document.documentElement.classList.add('nr-theme-dark'));
    await editor.screenshot('sidebar-ten-labels-dark');
    await page.evaluate(() => document.documentElement.classList.remove('nr-theme-dark'));
    await page.selectOption('#ftte-measure', 'accuracy');
  });
});
