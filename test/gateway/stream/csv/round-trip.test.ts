import assert from 'node:assert/strict';
import fc from 'fast-check';
import { FtteError } from '../../../../gateway/platform';
import { useCsvFiles } from './csv-file';

/** A way to write a table, and the table. */
interface Written {
  readonly rows: readonly (readonly (number | undefined)[])[];
  readonly labels: readonly string[] | undefined;
  readonly note: boolean;
  /** Notation of the times. */
  readonly times: 'none' | 'ISO 8601' | 's' | 'ms' | 'dates' | 's in cells';
  readonly newestFirst: boolean;
  /** Behind each number of the first channel. */
  readonly behind: '' | ' %' | '%' | ' °C' | ' bpm';
  /** Words for 0 and 1 in a channel of their own; undefined if there is none. */
  readonly words: readonly [string, string] | undefined;
  /** Place of each column, a permutation by sorting. */
  readonly order: readonly number[];
  readonly separator: ',' | ';' | '\t' | '|';
  readonly decimal: '.' | ',';
  readonly quotes: 'needed' | 'all';
  readonly encoding: 'utf-8' | 'utf-8 with a mark' | 'utf-16le' | 'utf-16be' | 'latin1';
  readonly lineEnd: '\n' | '\r\n' | '\r';
  readonly endsWithLine: boolean;
  readonly preamble: readonly string[];
  readonly units: boolean;
  readonly missing: string;
  readonly trailing: boolean;
  /** A blank line comes before each row with such a number. */
  readonly blankEvery: number;
}

const names = ['acc_x', 'acc_y', 'Größe', 'druck (kPa)', 'temp'];
const bare = ['acc_x', 'acc_y', 'Größe', 'druck', 'temp'];
const startMs = Date.UTC(2026, 0, 5, 12);

/** Numbers with up to four decimals: none with three, which a comma leaves in doubt. */
const number = fc
  .tuple(fc.integer({ min: -9999, max: 9999 }), fc.constantFrom(1, 10, 100, 10_000))
  .map(([digits, scale]) => digits / scale);

const written: fc.Arbitrary<Written> = fc.integer({ min: 1, max: 5 }).chain((channels) => {
  // The first row has all values, so that every column shows what it holds.
  const full = fc.array(number, { minLength: channels, maxLength: channels });
  const cell = fc.option(number, { nil: undefined, freq: 6 });
  const others = fc.array(fc.array(cell, { minLength: channels, maxLength: channels }), {
    minLength: 3,
    maxLength: 30,
  });
  return fc.record({
    rows: fc.tuple(full, others).map(([first, rest]) => [first, ...rest, first]),
    labels: fc.option(fc.constant(['sitting', 'walking; fast, "very"', 'étage']), { nil: undefined }),
    note: fc.boolean(),
    times: fc.constantFrom('none', 'ISO 8601', 's', 'ms', 'dates', 's in cells'),
    newestFirst: fc.boolean(),
    behind: fc.constantFrom('', '', ' %', '%', ' °C', ' bpm'),
    words: fc.constantFrom(undefined, ['false', 'true'], ['Falsch', 'WAHR'], ['off', 'on'], ['non', 'oui']),
    order: fc.array(fc.nat(), { minLength: 9, maxLength: 9 }),
    separator: fc.constantFrom(',', ';', '\t', '|'),
    decimal: fc.constantFrom('.', ','),
    quotes: fc.constantFrom('needed', 'all'),
    encoding: fc.constantFrom('utf-8', 'utf-8 with a mark', 'utf-16le', 'utf-16be', 'latin1'),
    lineEnd: fc.constantFrom('\n', '\r\n', '\r'),
    endsWithLine: fc.boolean(),
    preamble: fc.constantFrom<string[]>([], ['# Logger 7'], ['Serial Number: A1', 'Start 10:00', '']),
    units: fc.boolean(),
    missing: fc.constantFrom('', 'NA', 'NaN', '?'),
    trailing: fc.boolean(),
    blankEvery: fc.integer({ min: 2, max: 50 }),
  });
});

const byOrder = <T>(items: readonly T[], order: readonly number[]) =>
  items
    .map((item, i) => [order[i] ?? 0, item] as const)
    .sort(([a], [b]) => a - b)
    .map(([, item]) => item);

/** Number of the channel of words; an entry of its own in `bare`. */
const stateChannel = bare.length;
const wordOf = (i: number) => (i % 3 === 1 ? 1 : 0);
const isTimed = ({ times }: Written) => times !== 'none';

/** Milliseconds of a row, whose number counts from the first of the file. */
const timeOf = ({ newestFirst, rows }: Written, i: number) =>
  startMs + 20 * (newestFirst ? rows.length - 1 - i : i);

function timeText(table: Written, i: number): string {
  const ms = timeOf(table, i);
  const iso = new Date(ms).toISOString();
  const { decimal } = table;
  switch (table.times) {
    case 's':
      return (ms / 1000).toFixed(2).replace('.', decimal);
    case 's in cells':
      return `${(ms / 1000).toFixed(2).replace('.', decimal)} s`;
    case 'ms':
      return String(ms);
    case 'dates':
      return `${iso.slice(8, 10)}.${iso.slice(5, 7)}.${iso.slice(0, 4)} ${iso.slice(11, 23)}`;
    default:
      return iso;
  }
}

/** The columns of a table: name, unit, and the text of each row. */
function columnsOf(table: Written) {
  const { rows, labels, note, order, decimal, missing, behind, words } = table;
  const timed = isTimed(table);
  // An empty line is no row.
  const isSingle = rows[0]!.length === 1 && !labels && !note && !timed && !words;
  const gap = isSingle && missing === '' ? 'NA' : missing;
  const text = (value: number | undefined) =>
    value === undefined ? gap : String(value).replace('.', decimal);
  const channels = rows[0]!.map((_, c) => ({
    name: names[c]!,
    unit: c === 0 ? 'g' : 'mV',
    channel: c as number | undefined,
    cells: rows.map((row) => text(row[c]) + (c === 0 && row[c] !== undefined ? behind : '')),
  }));
  const column = (name: string, cells: string[]) => ({
    name,
    unit: '',
    channel: undefined as number | undefined,
    cells,
  });
  const more = [
    ...(timed
      ? [
          column(
            'time',
            rows.map((_, i) => timeText(table, i)),
          ),
        ]
      : []),
    ...(words
      ? [
          {
            ...column(
              'state',
              rows.map((_, i) => words[wordOf(i)]),
            ),
            channel: stateChannel,
          },
        ]
      : []),
    ...(labels
      ? [
          column(
            'activity',
            rows.map((_, i) => labels[i % labels.length]!),
          ),
        ]
      : []),
    ...(note
      ? [
          column(
            'note',
            rows.map((_, i) => (i % 3 ? 'ok' : 'a, "b"; c')),
          ),
        ]
      : []),
  ];
  return byOrder([...channels, ...more], order);
}

function fileOf(table: Written): Buffer {
  const { separator, quotes, lineEnd, preamble, trailing, blankEvery, units, encoding } = table;
  const columns = columnsOf(table);
  const quoted = (cell: string) =>
    quotes === 'all' || cell.includes(separator) || /["\n]/.test(cell)
      ? `"${cell.replaceAll('"', '""')}"`
      : cell;
  const line = (cells: readonly string[]) => cells.map(quoted).join(separator) + (trailing ? separator : '');
  const rows = table.rows.flatMap((_, i) => [
    ...(i > 0 && i % blankEvery === 0 ? [''] : []),
    line(columns.map(({ cells }) => cells[i]!)),
  ]);
  const lines = [
    ...preamble,
    line(columns.map(({ name }) => name)),
    ...(units ? [line(columns.map(({ unit }) => unit))] : []),
    ...rows,
  ];
  const text = lines.join(lineEnd) + (table.endsWithLine ? lineEnd : '');
  if (encoding === 'latin1') return Buffer.from(text, 'latin1');
  if (encoding === 'utf-8') return Buffer.from(text, 'utf8');
  if (encoding === 'utf-8 with a mark') return Buffer.from(`\ufeff${text}`, 'utf8');
  const wide = Buffer.from(`\ufeff${text}`, 'utf16le');
  return encoding === 'utf-16le' ? wide : wide.swap16();
}

const nameOf = (channel: number) => (channel === stateChannel ? 'state' : bare[channel]!);

/** Rows as they are read: in the order of time, if the file gives it. */
const inOrder = <T>(table: Written, rows: readonly T[]) =>
  isTimed(table) && table.newestFirst ? rows.toReversed() : rows;

describe('a table in a CSV file', () => {
  const { read } = useCsvFiles();

  it('comes back the same, however it is written', async () => {
    await fc.assert(
      fc.asyncProperty(written, async (table) => {
        const all = columnsOf(table).flatMap(({ channel }) => (channel === undefined ? [] : [channel]));
        // Words are a channel if they are asked for.
        const channels = all.filter((channel) => channel !== stateChannel || all.length > 1);
        const asked = table.words ? { channels: channels.map((c) => nameOf(c)) } : {};
        const time = table.times === 'dates' ? ({ time: 'day-first' } as const) : {};
        const { source, readings, errors } = await read(fileOf(table), { ...asked, ...time });
        assert.deepEqual(
          source.channels,
          channels.map((c) => nameOf(c)),
        );
        assert.deepEqual(errors, []);
        assert.deepEqual(
          readings.map(({ values }) => [...values]),
          inOrder(table, table.rows).map((row, i) => {
            const at = isTimed(table) && table.newestFirst ? table.rows.length - 1 - i : i;
            return channels.map((c) => (c === stateChannel ? wordOf(at) : (row[c] ?? Number.NaN)));
          }),
        );
        const { labels } = table;
        const times = inOrder(
          table,
          table.rows.map((_, i) => timeOf(table, i)),
        );
        const said = inOrder(
          table,
          table.rows.map((_, i) => labels?.[i % labels.length]),
        );
        readings.forEach(({ label, timeMs }, i) => {
          assert.equal(label, said[i]);
          if (!isTimed(table)) assert.equal(timeMs, undefined);
          // A date is in the local time of the test, and a fraction of a second is rounded.
          else assert.ok(Math.abs(timeMs! - readings[0]!.timeMs! - (times[i]! - times[0]!)) < 1e-3);
          if (isTimed(table) && table.times !== 'dates') assert.ok(Math.abs(timeMs! - times[i]!) < 1e-3);
        });
      }),
      { numRuns: 300 },
    );
  });

  const odd = fc.array(
    fc.constantFrom(...'01,;\t|"\'\n\r .-+#%=eE\0\ufeff()[]abz', '1,5', '12:00', '\r\n', 'sep=;', '@data\n'),
    { maxLength: 200 },
  );

  it('may be anything else, and is read or refused by its name', async () => {
    const content = fc.oneof(
      odd.map((pieces) => Buffer.from(pieces.join(''))),
      odd.map((pieces) => Buffer.from(pieces.join(''), 'utf16le')),
      fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes)),
    );
    await fc.assert(
      fc.asyncProperty(content, async (bytes) => {
        try {
          const { source, readings } = await read(bytes);
          for (const { values } of readings) assert.equal(values.length, source.channels.length);
        } catch (error) {
          if (!(error instanceof FtteError)) throw error;
          assert.equal(error.code, 'recording-invalid');
          assert.match(error.message, /clinic\.csv/);
        }
      }),
      { numRuns: 500 },
    );
  });
});
