import assert from 'node:assert/strict';
import fc from 'fast-check';
import { inOrderOfTime, mostSorted, orderOf } from '../../../../gateway/stream/csv/time-order';
import { useCsvFiles } from './csv-file';

const startMs = 1_700_000_000_000;
const file = (header: string, count: number, of: (i: number) => string) =>
  `${header}\n${Array.from({ length: count }, (_, i) => of(i)).join('\n')}\n`;
const clock = (second: number) => new Date(Date.UTC(2026, 0, 5) + second * 1000).toISOString().slice(11, 19);

/** Files that begin with the newest of 30 rows, a second apart. */
const newestFirst: readonly [what: string, content: string][] = [
  ['milliseconds since 1970', file('time,x', 30, (i) => `${startMs - 1000 * i},${29 - i}`)],
  ['seconds since 1970', file('ts,x', 30, (i) => `${startMs / 1000 - i},${29 - i}`)],
  ['ISO 8601', file('timestamp,x', 30, (i) => `${new Date(startMs - 1000 * i).toISOString()},${29 - i}`)],
  ['times of day', file('time,x', 30, (i) => `${clock(36_000 - i)},${29 - i}`)],
  ['times of day past midnight', file('time,x', 30, (i) => `${clock(86_400 + 20 - i)},${29 - i}`)],
  ['seconds that a column counts', file('time [s],x', 30, (i) => `${29 - i},${29 - i}`)],
];

describe('the order of a CSV file', () => {
  const { read } = useCsvFiles();

  for (const [what, content] of newestFirst)
    it(`is turned round if the newest row comes first: ${what}`, async () => {
      const { source, readings, warnings, errors } = await read(content);
      assert.deepEqual(source.channels, ['x']);
      assert.deepEqual(
        readings.map(({ values }) => values[0]),
        Array.from({ length: 30 }, (_, i) => i),
      );
      for (const [i, { timeMs }] of readings.entries())
        assert.ok(Math.abs(timeMs! - readings[0]!.timeMs! - 1000 * i) < 1e-3);
      assert.match(source.recognised, /newest row first/);
      assert.deepEqual([warnings, errors], [[], []]);
    });

  it('is made by sorting if there is none, which is said once', async () => {
    const { readings, warnings, source } = await read(
      file('time,x', 40, (i) => `${startMs + 1000 * ((i * 17) % 40)},${(i * 17) % 40}`),
    );
    assert.deepEqual(
      readings.map(({ values }) => values[0]),
      Array.from({ length: 40 }, (_, i) => i),
    );
    for await (const _ of source.readings());
    assert.deepEqual(warnings, ['clinic.csv is not in the order of time: its rows are sorted']);
  });

  it('is kept for recordings that follow one another, each from 0, and for people in turns', async () => {
    const joined = await read(file('time,x', 40, (i) => `${20 * (i % 8)},${i}`));
    const people = await read(
      file('user,time,x', 40, (i) => `${i % 2 ? 'anna' : 'ben'},${20 * (i >> 1)},${i}`),
    );
    for (const { readings, warnings } of [joined, people]) {
      assert.deepEqual(
        readings.map(({ values }) => values[0]),
        Array.from({ length: 40 }, (_, i) => i),
      );
      assert.deepEqual(warnings, []);
    }
  });

  it('is turned round in a file with one row per value, whatever comes after what', async () => {
    const { readings } = await read(
      file('type,time,value', 40, (i) => `${i < 20 ? 'hr' : 'spo2'},${startMs - 1000 * (i % 20)},${i}`),
    );
    assert.deepEqual(
      readings.map(({ values }) => [...values]),
      Array.from({ length: 20 }, (_, i) => [19 - i, 39 - i]),
    );
  });

  it('is no order of other numbers that fall', async () => {
    const { source } = await read(file('t,x', 30, (i) => `${40 - i / 10},${i}`));
    assert.deepEqual(source.channels, ['t', 'x']);
  });
});

describe('inOrderOfTime', () => {
  async function* of<T>(rows: readonly T[]) {
    yield* rows;
  }
  const never = () => new Error('too many');

  it('gives every row once, in the order of time, and rows of one time in their order', async () => {
    const times = fc.array(fc.integer({ min: 0, max: 500 }), { maxLength: 6000 });
    await fc.assert(
      fc.asyncProperty(times, async (ms) => {
        const rows = ms.map((timeMs, i) => ({ timeMs, i }));
        const sorted: typeof rows = [];
        for await (const row of inOrderOfTime(of(rows), 'mixed', never)) sorted.push(row);
        assert.deepEqual(
          sorted,
          rows.toSorted((a, b) => a.timeMs - b.timeMs || a.i - b.i),
        );
      }),
      { numRuns: 30 },
    );
  });

  it('lets the event loop turn while it gives a long file', async () => {
    const rows = Array.from({ length: 40_000 }, (_, i) => ({ timeMs: -i }));
    let turns = 0;
    let immediate: NodeJS.Immediate | undefined;
    const count = () => {
      turns++;
      immediate = setImmediate(count);
    };
    let [given, before] = [0, 0];
    for await (const _ of inOrderOfTime(of(rows), 'falling', never)) {
      if (given++ === 0) count();
      before = turns;
    }
    clearImmediate(immediate);
    assert.ok(given === rows.length && before > 2, `${before} turns`);
  });

  it('refuses more rows than can be held', async () => {
    const rows = of(Array.from({ length: mostSorted + 4096 }, (_, i) => ({ timeMs: -i })));
    await assert.rejects(async () => {
      for await (const _ of inOrderOfTime(rows, 'falling', never));
    }, /too many/);
  });

  it('is needed by no rows that rise with few steps back', () => {
    const late = Array.from({ length: 50 }, (_, i) => ({ timeMs: i % 10 === 5 ? 20 * (i - 2) : 20 * i }));
    assert.equal(orderOf(late), 'rising');
  });
});
