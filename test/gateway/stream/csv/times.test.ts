import assert from 'node:assert/strict';
import { type CsvOptions, CsvSource } from '../../../../gateway/stream';
import { useCsvFiles } from './csv-file';

const steps = (of: (i: number) => string) => Array.from({ length: 10 }, (_, i) => `${of(i)},1`).join('\n');
const local = (...parts: [number, number, number, number, number, number, number]) =>
  new Date(...parts).getTime();

/** First time and step in milliseconds of files whose rows are a step apart. */
const cases: readonly [
  what: string,
  header: string,
  row: (i: number) => string,
  first: number,
  step: number,
  CsvOptions?,
][] = [
  ['milliseconds since 1970', 'time', (i) => `${1.7e12 + 20 * i}`, 1.7e12, 20],
  ['seconds since 1970', 'time', (i) => `${1.7e9 + i}`, 1.7e12, 1000],
  ['seconds since 1970 with a fraction', 'time', (i) => (1.7e9 + i / 50).toFixed(2), 1.7e12, 20],
  ['microseconds since 1970', 'time', (i) => `${1.7e15 + 20_000 * i}`, 1.7e12, 20],
  ['nanoseconds since 1970', 'time', (i) => `${1_700_000_000_000 + 20 * i}000000`, 1.7e12, 20],
  [
    '64-bit NTP times',
    'time',
    (i) => `${(BigInt(1_700_000_000_000 + 125 * i) * 2n ** 32n) / 1000n + 2_208_988_800n * 2n ** 32n}`,
    1.7e12,
    125,
  ],
  ['milliseconds from the start', 'time', (i) => `${20 * i}`, 0, 20],
  ['seconds from the start', 'time', (i) => (i / 50).toFixed(3), 0, 20],
  [
    'nanoseconds since the start of a phone',
    'timestamp',
    (i) => `${49_105_962_326_000 + 5e7 * i}`,
    49_105_962.326,
    50,
  ],
  ['a unit in the name', 'time_us', (i) => `${1000 * i}`, 0, 1],
  ['a unit behind the name', 'Time [s]', (i) => `${i}`, 0, 1000],
  ['a unit below the name', 'time,x\ns,g', (i) => `${i}`, 0, 1000],
  ['seconds by choice', 'time', (i) => `${i}`, 0, 1000, { time: 's' }],
  ['seconds by the rate', 'time', (i) => `${4 * i}`, 0, 4000, { rateHz: 0.25, timeColumn: 'time' }],
  ['ISO 8601', 'time', (i) => `2026-01-05T12:00:0${i}Z`, Date.UTC(2026, 0, 5, 12), 1000],
  [
    'ISO 8601 with a blank and an offset',
    'time',
    (i) => `2026-01-05 12:00:0${i} +0100`,
    Date.UTC(2026, 0, 5, 11),
    1000,
  ],
  ['years first between slashes', 'time', (i) => `2026/1/5 9:00:0${i}`, local(2026, 0, 5, 9, 0, 0, 0), 1000],
  [
    'milliseconds behind a colon',
    'time',
    (i) => `2026-01-05 12:00:00:0${i}0`,
    local(2026, 0, 5, 12, 0, 0, 0),
    10,
  ],
  [
    'days first by choice',
    'time',
    (i) => `05.01.2026 12:00:0${i}`,
    local(2026, 0, 5, 12, 0, 0, 0),
    1000,
    { time: 'day-first' },
  ],
  [
    'months first by choice',
    'time',
    (i) => `1/5/2026 1:00:0${i} PM`,
    local(2026, 0, 5, 13, 0, 0, 0),
    1000,
    { time: 'month-first' },
  ],
  ['seconds of a long uptime', 'time', (i) => (45_210.5 + i / 50).toFixed(2), 45_210_500, 20],
  [
    'seconds of a long uptime at 1 Hz',
    'uptime [s],x',
    (i) => `${45_210.5 + i}`,
    45_210_500,
    1000,
    { timeColumn: 'uptime' },
  ],
  ['minutes by the name', 'Time [min]', (i) => `${i / 2}`, 0, 30_000],
  ['hours by the name', 'time (h)', (i) => `${i / 4}`, 0, 900_000],
  ['seconds with the unit in each cell', 'time', (i) => `${(i / 50).toFixed(2)} s`, 0, 20],
  ['milliseconds with the unit in each cell', 'time', (i) => `${20 * i}ms`, 0, 20],
  ['times of day', 'time', (i) => `10:00:00.0${i}0`, 36_000_000, 10],
  ['minutes and seconds', 'Elapsed time', (i) => `1:05.0${i}0`, 65_000, 10],
];

describe('the times of a CSV file', () => {
  const { path, read, write } = useCsvFiles();

  for (const [what, header, row, first, step, options] of cases) {
    it(`are read as ${what}`, async () => {
      const { readings } = await read(
        `${header.includes(',') ? header : `${header},x`}\n${steps(row)}\n`,
        options,
      );
      const times = readings.map(({ timeMs }) => timeMs ?? Number.NaN);
      assert.equal(times.length, 10);
      assert.ok(Math.abs(times[0]! - first) < 1e-3, `${times[0]} begins at ${first}`);
      for (let i = 1; i < 10; i++)
        assert.ok(
          Math.abs(times[i]! - times[i - 1]! - step) < 1e-2,
          `${times[i]! - times[i - 1]!} is ${step}`,
        );
    });
  }

  it('are two columns together: dates and times of day', async () => {
    const text = 'Date;Time;P\n16/12/2006;17:24:00;4,2\n16/12/2006;17:25:00;4,3\n';
    const { readings, source } = await read(text, { time: 'day-first' });
    assert.equal(readings[1]?.timeMs, local(2006, 11, 16, 17, 25, 0, 0));
    assert.match(source.recognised, /time from "Date" and "Time"/);
    const chosen = { time: 'day-first', timeColumn: 'Day, Clock' } as const;
    const points = await read('Clock;Day;P\n18.00.00;10/03/2004;2,6\n19.00.00;10/03/2004;2\n', chosen);
    assert.equal(points.readings[0]?.timeMs, local(2004, 2, 10, 18, 0, 0, 0));
  });

  it('go on past midnight if they are times of day', async () => {
    const { readings } = await read('time,x\n23:59:59,1\n00:00:00,2\n00:00:01,3\n');
    assert.deepEqual(
      readings.map(({ timeMs }) => (timeMs ?? 0) - 86_399_000),
      [0, 1000, 2000],
    );
  });

  it('may be missing', async () => {
    const { readings } = await read('time,x\n0,1\n,2\nNA,3\n20,4\n');
    assert.deepEqual(
      readings.map(({ timeMs }) => timeMs),
      [0, undefined, undefined, 20],
    );
  });

  for (const text of [
    '12.01.2026 10:00:00',
    '12/01/2026 10:00',
    '20260112100000',
    'Mon Jan 05 2026 12:00:10',
  ]) {
    it(`are refused with an example if they are in no known or in an ambiguous form: ${text}`, async () => {
      const pattern =
        /line 2: time is ".*", expected .* such as 2026-12-31T23:59:59; for dates such as 31\.12\.2026 choose day first/;
      await assert.rejects(read(`time,x\n${text},1\n`), pattern);
      assert.deepEqual((await read(`time,x\n${text},1\n`, { timeColumn: '-' })).source.channels.at(-1), 'x');
    });
  }

  const day = 1 / 86_400;
  for (const [what, name, of] of [
    ['days of a spreadsheet', 'time', (i) => `${45_210.5 + (i * day) / 50}`],
    ['days of a spreadsheet', 'timestamp', (i) => (45_210.5 + i * day).toFixed(6)],
    ['days of a spreadsheet', 'time', (i) => (45_210.5 + 60 * i * day).toFixed(5)],
    ['days of a spreadsheet', 'Time', (i) => `${45_210.5 + i / 24}`],
    ['days of a spreadsheet', 'time', (i) => (45_210.5 + (7 * i * i) / 1440).toFixed(6)],
    ['days of a spreadsheet', 'Date', (i) => `${45_210 + i}`],
    ['days of a spreadsheet', 'time', (i) => `${(45_210.9 - i * day).toFixed(7)}`],
    ['days of MATLAB (datenum)', 'time', (i) => (739_987.5 + i * day).toFixed(7)],
    ['seconds since 1904 or since 1900 (NTP)', 'time', (i) => `${4_001_443_200 + i}`],
    ['seconds since 1904 or since 1900 (NTP)', 'time', (i) => `${3_855_211_200 + i}`],
    ['seconds since 1904 or since 1900 (NTP)', 'timestamp', (i) => (3_855_211_200 + i / 50).toFixed(2)],
    [
      'times of day without separators (hhmmss)',
      'time',
      (i) =>
        `12${String(30 + Math.floor((i + 55) / 60)).padStart(2, '0')}${String((i + 55) % 60).padStart(2, '0')}`,
    ],
    ['Julian days', 'time', (i) => (2_461_000.5 + 60 * i * day).toFixed(5)],
    ['ticks of .NET', 'timestamp', (i) => `${638_000_000_000_000_000n + 200_000n * BigInt(i)}`],
    ['Windows file times', 'timestamp', (i) => `${133_000_000_000_000_000n + 200_000n * BigInt(i)}`],
  ] as readonly [string, string, (i: number) => string][]) {
    it(`are refused with what to do if they look like ${what}: ${of(1)}`, async () => {
      const pattern = new RegExp(
        `line 2: ${name} is ".*", which looks like ${what.replace(/[().]/g, '\\$&')}; expected`,
      );
      await assert.rejects(read(`${name},x\n${steps(of)}\n`), pattern);
      const unread = await read(`${name},x\n${steps(of)}\n`, { timeColumn: '-' });
      assert.equal(unread.readings.length, 10);
      const chosen = await read(`${name},x\n${steps(of)}\n`, { time: 's' });
      assert.ok(chosen.readings.every(({ timeMs }) => timeMs !== undefined));
    });
  }

  it('are refused if they are days of a spreadsheet with a decimal comma, or one row per value', async () => {
    const comma = steps((i) => (45_210.5 + i * day).toFixed(7).replace('.', ','))
      .replaceAll(',1\n', ';1\n')
      .replace(/,1$/, ';1');
    await assert.rejects(
      read(`Zeit;x\n${comma}\n`),
      /line 2: Zeit is ".*", which looks like days of a spreadsheet/,
    );
    const long = Array.from({ length: 10 }, (_, i) => `hr,${45_210.5 + i * day},${60 + i}`).join('\n');
    await assert.rejects(read(`type,time,value\n${long}\n`), /line 2: time is ".*", which looks like days/);
  });

  for (const [kind, content] of [
    ['one row per reading', 'time,x\n12.01.2026 10:00:00,1\n'],
    ['one row per value', 'time,sensor,value\n12.01.2026 10:00:00,hr,1\n12.01.2026 10:00:00,spo2,1\n'],
  ])
    it(`are faults of values: a file with ${kind} opens, and the check and the readings say the same`, async () => {
      await write(content!);
      const source = await CsvSource.open(path());
      const fault = /clinic\.csv line 2: time is "12\.01\.2026 10:00:00", expected .* choose day first/;
      assert.throws(() => source.check(), fault);
      await assert.rejects(async () => {
        for await (const _ of source.readings()) assert.fail('there is no reading');
      }, fault);
    });

  it('are refused with an example of the chosen format', async () => {
    const pattern = /line 2: time is "2026-13-01", expected a date such as 31\.12\.2026 23:59:59/;
    await assert.rejects(read('time,x\n2026-13-01,1\n', { time: 'day-first', timeColumn: 'time' }), pattern);
  });
});
