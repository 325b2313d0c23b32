import assert from 'node:assert/strict';
import { type StreamNotice, Windower, type WindowerOptions } from '../../../../gateway/stream';
import { smallTask } from '../tools';

const t0 = Date.UTC(2026, 2, 1, 13, 5, 7);
const iso = (i: number) => new Date(t0 + i * 1000).toISOString();

/** A windower of these channels at one reading per second with windows of two, and what it says. */
function target(names: string[], options: Partial<WindowerOptions> = {}) {
  const { input } = smallTask({
    input: { channels: names.map((name) => ({ name })), rateHz: 1, length: 2, hop: 2 },
  });
  const notices: StreamNotice[] = [];
  const windower = new Windower({
    ...{ input, labels: [] },
    onNotice: (notice) => void notices.push(notice),
    ...options,
  });
  return { windower, notices, codes: () => notices.map(({ code }) => code) };
}

describe('the time of a reading that has another name', () => {
  const cases: [field: string, value: (i: number) => unknown][] = [
    ['Timestamp', iso],
    ['Time', iso],
    ['TIMESTAMP', (i) => t0 + i * 1000],
    ['_time', iso],
    ['DateTime', (i) => new Date(t0 + i * 1000)],
    ['created_at', iso],
    ['measuredAt', (i) => t0 / 1000 + i],
  ];
  for (const [field, value] of cases)
    it(`is read: ${field}`, () => {
      const { windower } = target(['a']);
      const windows = [0, 1].flatMap((i) => [...windower.push({ a: i, [field]: value(i) })]);
      assert.equal(windows[0]?.endMs, t0 + 1000);
    });

  it('is read for each reading of arrays', () => {
    const { windower } = target(['a', 'b']);
    const windows = [...windower.push({ a: [1, 2], b: [1, 2], Timestamp: [iso(0), iso(1)] })];
    assert.equal(windows[0]?.endMs, t0 + 1000);
  });

  for (const value of ['morning', 12, '12', true, null])
    it(`is not meant by Time: ${JSON.stringify(value)}`, () => {
      const { windower } = target(['a']);
      const windows = [0, 1].flatMap((i) => [...windower.push({ a: i, Time: value })]);
      assert.equal(windows[0]?.endMs, undefined);
    });

  it('is not meant by a channel of that name', () => {
    const { windower } = target(['Time']);
    const windows = [0, 1].flatMap((i) => [...windower.push({ Time: t0 + i })]);
    assert.equal(windows[0]?.endMs, undefined);
  });
});

describe('a clock that stands', () => {
  const cases: [what: string, times: (i: number) => number, count: number, isSaid: boolean][] = [
    ['at zero', () => 0, 40, true],
    ['at one time', () => t0, 40, true],
    ['at a whole minute, for two of them', () => t0 - 7000, 130, true],
    ['for a minute, because it has no seconds', (i) => t0 - 7000 + 60_000 * Math.floor(i / 60), 300, false],
    ['for packets of eight', (i) => t0 + 8000 * Math.floor(i / 8), 80, false],
    ['never', (i) => t0 + 1000 * i, 80, false],
  ];
  for (const [what, times, count, isSaid] of cases)
    it(`${isSaid ? 'is' : 'is not'} reported once: ${what}`, () => {
      const { windower, notices } = target(['a']);
      for (let i = 0; i < count; i++) windower.push({ a: i }, { time: times(i) });
      const said = notices.filter(({ code }) => code === 'clock-stands');
      assert.equal(said.length, isSaid ? 1 : 0);
      if (isSaid) assert.match(said[0]!.text, /^\d+ readings in a row have the same time/);
    });
});

describe('a device whose times change their unit', () => {
  const cases: [what: string, before: number, after: number, said: string[]][] = [
    ['seconds, then milliseconds', 1e-3, 1, ['times have become milliseconds']],
    ['milliseconds, then seconds', 1, 1e-3, ['times have become seconds']],
    ['milliseconds, then microseconds', 1, 1e3, ['times have become microseconds']],
    ['milliseconds', 1, 1, []],
  ];
  for (const [what, before, after, said] of cases)
    it(`is followed, and no window is lost: ${what}`, () => {
      const { windower, notices } = target(['a']);
      const windows = Array.from({ length: 40 }, (_, i) => [
        ...windower.push({ a: i }, { time: (t0 + i * 1000) * (i < 20 ? before : after) }),
      ]).flat();
      assert.equal(windows.length, 20);
      assert.equal(Math.round(windows.at(-1)!.endMs!), t0 + 39_000);
      const changes = notices.filter(({ text }) => text.startsWith('times have become'));
      assert.deepEqual(
        changes.map(({ text }) => text.split(':')[0]),
        said,
      );
    });

  it('is not one whose milliseconds since its start are many', () => {
    const { windower, codes } = target(['a']);
    for (let i = 0; i < 40; i++) windower.push({ a: i }, { time: 1.2e9 + i * 1000 });
    assert.deepEqual(codes(), []);
  });
});

describe('a text in place of a value', () => {
  const missing = [
    '\u2014',
    '\u2013',
    '\u2026',
    'k. A.',
    'k.A.',
    'n.v.',
    'N/D',
    '#DIV/0!',
    '#WERT!',
    '(null)',
    'No value',
  ];
  for (const word of missing)
    it(`is a missing value: ${word}`, () => {
      const { windower } = target(['a']);
      const windows = [1, word].flatMap((a) => [...windower.push({ a })]);
      // A missing value is filled when the next one has come.
      windows.push(...windower.push({ a: 3 }), ...windower.push({ a: 4 }));
      assert.deepEqual(
        windows.map(({ window }) => [...window]),
        [
          [1, 1],
          [3, 4],
        ],
      );
    });

  for (const word of ['OL', 'overload', 'Infinity', 'error'])
    it(`is refused: ${word}`, () =>
      assert.throws(() => target(['a']).windower.push({ a: word }), /channel a is .*, expected a number/));
});

it('a number as a text whose topic names no channel is refused with the topic', () => {
  const { windower } = target(['temp', 'hum']);
  assert.throws(
    () => windower.push('21.5', { topic: 'home/kitchen_temp/state' }),
    /came with topic "home\/kitchen_temp\/state"; expected one of temp, hum/,
  );
});
