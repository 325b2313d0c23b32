import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Clock, systemClock } from '../../../gateway/platform';
import { root } from '../source-files';
import { helper, logged } from './node-red-helper';

/** A way to stand still, as docs/troubleshooting.md describes it. */
export interface Standstill {
  readonly way: string;
  /** Id of the node whose status shows it. */
  readonly node: string;
  readonly fill: string;
  /** The text of the status; `…` stands for anything. */
  readonly status: string;
  readonly code: string;
  /** The sentence of the log; `…` stands for anything. */
  readonly sentence: string;
  /** Seconds until it is shown and said, at most. */
  readonly within: number;
}

/** Rows of the table: `| way | node | colour | *status* | [code] sentence | within |`. */
export function documentedStandstills(): Standstill[] {
  const page = readFileSync(join(root, 'docs', 'troubleshooting.md'), 'utf8');
  const [, section = ''] = page.split('\n## Standstills\n');
  const row =
    /^\| ([^|]+) \| ([a-z]+) \| (red|yellow) \| \*([^|*]+)\* \| `\[([a-z-]+)\] ([^|]+)` \| (\d+) s \|$/gm;
  return [...(section.split('\n## ')[0] ?? '').matchAll(row)].map(
    ([, way = '', node = '', fill = '', status = '', code = '', sentence = '', within]) => ({
      way,
      node,
      fill,
      status,
      code,
      sentence,
      within: Number(within),
    }),
  );
}

interface StatusSpy {
  getCalls(): { thisValue: unknown; args: [{ fill?: string; text?: string }?] }[];
}

const dictionary = new Map(documentedStandstills().map((row) => [row.way, row]));

/**
 * A test of one row: the standstill is made, and its status and its sentence are seen in time.
 * @param make makes it. If it takes `hurryUp`, the clock runs fast from that call on, and not while it is being prepared:
 * a busy machine would need minutes of that clock
 * @param speed of the clock of the nodes, for waits that are timers only; the time is then read from the texts
 */
export function standstill(way: string, make: (hurryUp: () => void) => Promise<void>, speed = 1): void {
  it(way, async () => {
    let restore = () => {};
    const hurryUp = () => {
      restore = hurry(speed);
    };
    if (make.length === 0) hurryUp();
    try {
      const startMs = performance.now();
      await make(hurryUp);
      const row = dictionary.get(way);
      if (process.env['SHOW_STANDSTILL']) await show(way);
      assert.ok(row, `docs/troubleshooting.md has no row "${way}"`);
      await seen(row);
      if (speed === 1) assert.ok(performance.now() - startMs < 60_000, `${row.within} s are documented`);
    } finally {
      restore();
    }
  });
}

async function seen(row: Standstill): Promise<void> {
  const [status, sentence] = [pattern(row.status), pattern(`[${row.code}] ${row.sentence}`)];
  const isShown = () => statuses(row.node).some(([fill, text]) => fill === row.fill && status.test(text));
  const isSaid = () => lines().some((line) => sentence.test(line));
  for (let tries = 0; !isShown() || !isSaid(); tries++) {
    assert.ok(
      tries < 1_500,
      `${row.way}: ${isShown() ? '' : `${status} is not shown; `}${isSaid() ? '' : `${sentence} is not said; `}${JSON.stringify([statuses(row.node), lines()], null, 1)}`,
    );
    await pause(20);
  }
}

const pattern = (text: string) =>
  new RegExp(
    `^${text
      .split('…')
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*')}$`,
    's',
  );

function statuses(id: string): [string, string][] {
  const node = helper.getNode(id);
  if (!node) return [];
  const calls = (node.status as unknown as StatusSpy).getCalls();
  return calls
    .filter(({ thisValue }) => thisValue === node)
    .map(({ args }) => [args[0]?.fill ?? '', inWords(node.type, args[0]?.text ?? '')]);
}

/** The text of a key, with `…` for its values: the test helper loads no catalogs. */
function inWords(type: string, text: string): string {
  const [, key = '', count = ''] = /^(\S+)( x.*)?$/.exec(text) ?? [];
  const catalogs = [catalog(type), catalog('ftte-federation')];
  // A long key is cut off as a text without a catalog is.
  const start = key.endsWith('…') ? key.slice(0, -1) : undefined;
  const whole = (texts: Record<string, string>) =>
    start ? Object.keys(texts).find((one) => one.startsWith(start)) : key;
  const found = catalogs.map((texts) => texts[whole(texts) ?? '']).find((text) => text !== undefined) ?? key;
  return `${found.replace(/__\w+__/g, '…')}${count && ' x …'}`;
}

const catalogs = new Map<string, Record<string, string>>();
function catalog(type: string): Record<string, string> {
  const known = catalogs.get(type);
  if (known) return known;
  const path = join(root, 'nodes', type, 'locales', 'en-US', `${type}.json`);
  const { status } = JSON.parse(readFileSync(path, 'utf8'))[type];
  catalogs.set(type, status);
  return status;
}

const lines = () => [...logged('warn'), ...logged('error'), ...logged('info')];

/** Shows what is seen, for the author of a row. */
async function show(way: string): Promise<void> {
  await pause(Number(process.env['SHOW_STANDSTILL']));
  process.stdout.write(`\n=== ${way}\n`);
  for (const id of ['train', 'coordinate', 'predict', 'window', 'play'])
    if (helper.getNode(id)) process.stdout.write(`${id}: ${JSON.stringify(statuses(id))}\n`);
  process.stdout.write(`${[...new Set(lines())].filter((line) => line.startsWith('[')).join('\n')}\n`);
}

/** Lets the machine's clock run `speed` times as fast for all nodes. @returns ends it */
function hurry(speed: number): () => void {
  const { now, after } = systemClock;
  const startMs = now();
  const clock = systemClock as { -readonly [Key in keyof Clock]: Clock[Key] };
  clock.now = () => Math.floor(startMs + (now() - startMs) * speed);
  clock.after = (delayMs, action, options) => after(delayMs / speed, action, options);
  return () => Object.assign(clock, { now, after });
}
