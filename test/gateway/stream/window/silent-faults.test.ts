import assert from 'node:assert/strict';
import { SeededRandom } from '../../../../gateway/platform';
import { Windower } from '../../../../gateway/stream';

interface Message {
  readonly payload: unknown;
  readonly receivedMs: number;
  readonly time?: unknown;
}

const t0 = Date.UTC(2026, 10, 30);
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

/** The sentences about messages of one channel, the rows of their windows, and the counts. */
function play(messages: Iterable<Message>, rateHz = 50, names = ['a']) {
  const texts: string[] = [];
  const windower = new Windower({
    input: {
      channels: names.map((name) => ({ name, unit: '', centre: 0, spread: 1 })),
      rateHz,
      length: 10,
      hop: 10,
      normalisation: 'none',
    },
    labels: [],
    onNotice: ({ code, text }) => texts.push(`${code}: ${text}`),
  });
  const rows: number[] = [];
  for (const { payload, ...context } of messages)
    for (const windows of windower.cut(payload, context))
      for (const { window } of windows) rows.push(...window);
  return { texts, rows, counts: windower.counts };
}

const slow = (hz: number, seconds: number) => upTo(Math.floor(seconds * hz) + 1).map((i) => (i * 1000) / hz);

describe('a sensor that is far slower than its task', () => {
  const cases: [what: string, task: number, ms: number[], isTimed: boolean, wanted: string | undefined][] = [
    ['0.1 Hz for 50, with times', 50, slow(0.1, 30), true, '0.1'],
    ['0.1 Hz for 50, without times', 50, slow(0.1, 30), false, '0.1'],
    ['0.05 Hz for 1', 1, slow(0.05, 59), false, '0.05'],
    ['0.2 Hz for 1', 1, slow(0.2, 20), true, '0.2'],
    ['two readings in 20 s, as far as they show it', 50, [0, 10_000, 20_000], false, '0.1'],
    [
      'one pause between usual readings',
      50,
      [...slow(50, 20), ...slow(50, 20).map((ms) => ms + 60_000)],
      true,
      undefined,
    ],
    [
      'a single reading long before the others',
      50,
      [0, ...slow(50, 20).map((ms) => ms + 60_000)],
      false,
      undefined,
    ],
    ['the rate of the task, of a reading every 20 s', 0.05, slow(0.05, 600), true, undefined],
    ['losses of four in five', 1, [0, 5, 6, 11, 12, 17, 18, 23].map((s) => 1000 * s), true, undefined],
  ];
  for (const [what, task, ms, isTimed, wanted] of cases)
    it(`is named within a minute, or not at all: ${what}`, () => {
      const messages = ms.map((at, i) => ({
        payload: [Math.sin(i)],
        receivedMs: t0 + at,
        ...(isTimed && { time: t0 + at }),
      }));
      const rates = play(messages, task).texts.filter((text) => text.startsWith('rate'));
      assert.deepEqual(
        rates.map((text) => /at ([\d.]+) a second, the task asks/.exec(text)?.[1]),
        wanted === undefined ? [] : [wanted],
      );
    });
});

describe('messages without a time that are delivered twice', () => {
  const random = new SeededRandom(3);
  const single = (i: number, value: number, delayMs = 0): Message => ({
    payload: [value],
    receivedMs: t0 + 20 * i + delayMs,
  });
  const values = upTo(400).map(() => random.normal());

  it('are used once, whether all of them or some come twice, and no rate is wrong for it', () => {
    for (const every of [1, 2, 50]) {
      const { rows, counts, texts } = play(
        values.flatMap((value, i) =>
          i > 100 && i % every === 0 ? [single(i, value), single(i, value, 3)] : [single(i, value)],
        ),
      );
      assert.deepEqual(rows, [...Float32Array.from(values)]);
      assert.equal(counts.refused.duplicate, upTo(400).filter((i) => i > 100 && i % every === 0).length);
      assert.equal(counts.received, counts.inWindows + counts.refused.duplicate);
      assert.deepEqual(texts, []);
    }
  });

  it('are no readings that are alike: those of a constant or a coarse sensor are all used', () => {
    for (const of of [() => 1, (i: number) => i % 2, (i: number) => Math.floor(i / 8)]) {
      // Each message comes together with the one before it.
      const { counts } = play(upTo(400).map((i) => single(2 * Math.floor(i / 2), of(i))));
      assert.equal(counts.inWindows, 400);
    }
  });

  it('are used once as batches, too, but for those that are all alike', () => {
    const batch = (i: number, delayMs = 0, value = (k: number) => values[10 * i + k]!): Message => ({
      payload: upTo(10).map(value),
      receivedMs: t0 + 200 * i + delayMs,
    });
    const twice = play(upTo(40).flatMap((i) => (i % 3 === 1 ? [batch(i), batch(i, 40)] : [batch(i)])));
    assert.deepEqual(twice.rows, [...Float32Array.from(values)]);
    assert.equal(twice.counts.refused.duplicate, 130);
    const constant = play(upTo(40).flatMap((i) => [batch(i, 0, () => 1), batch(i, 40, () => 1)]));
    assert.equal(constant.counts.inWindows, 800);
    const again = play(upTo(40).map((i) => batch(i, 0, (k) => k)));
    assert.equal(again.counts.inWindows, 400, 'the same packet once a period is what the sensor sends');
  });
});

describe('times that count from another day', () => {
  const clocks: [what: string, secondsAtArrival: number, wanted: RegExp | undefined][] = [
    ['GPS seconds', t0 / 1000 - 315_964_800 + 18, /time-unit: times look like GPS time.*add 315964800 s/],
    ['seconds since 2001', t0 / 1000 - 978_307_200, /times since 2001.*add 978307200 s/],
    [
      'a clock that is three weeks ahead',
      t0 / 1000 + 21 * 86_400,
      /times are 21 days ahead of their arrival/,
    ],
    ['seconds since 1970', t0 / 1000, undefined],
    ['seconds of a clock that is an hour late', t0 / 1000 - 3600, undefined],
    ['a recording of ten years ago', t0 / 1000 - 315_964_800 - 500_000, undefined],
  ];
  for (const [what, start, wanted] of clocks)
    it(`are named once, and used: ${what}`, () => {
      const { texts, counts } = play(
        upTo(100).map((i) => ({ payload: [Math.sin(i)], receivedMs: t0 + 20 * i, time: start + i / 50 })),
      );
      const found = texts.filter((text) => / (look like (GPS|times)|are \d+ days ahead)/.test(text));
      assert.equal(found.length, wanted ? 1 : 0, texts.join());
      if (wanted) assert.match(found[0]!, wanted);
      assert.ok(counts.windows >= 9);
    });
});

describe('times that run backwards', () => {
  const texts = (order: (i: number) => number, of = (ms: number): unknown => ms) =>
    play(
      upTo(200).map((i) => ({ payload: [i], receivedMs: t0 + 20 * i, time: of(t0 + 20 * order(i)) })),
    ).texts.filter((text) => / backwards, /.test(text));
  const wanted =
    'late: times run backwards, 8 readings in a row: send the oldest reading first, because only a stream in the order of its times makes windows';

  for (const [what, order] of [
    ['all of them', (i: number) => 200 - i],
    ['packets whose newest reading comes first', (i: number) => 10 * Math.floor(i / 10) + 9 - (i % 10)],
  ] as const)
    it(`are named once: ${what}`, () => {
      assert.deepEqual(texts(order), [wanted]);
      assert.deepEqual(
        texts(order, (ms) => new Date(ms).toISOString()),
        [wanted],
      );
    });

  it('are no clock that was set back, and no readings that have changed places', () => {
    assert.deepEqual(
      texts((i) => (i < 100 ? i : i - 90)),
      [],
    );
    assert.deepEqual(
      texts((i) => 4 * Math.floor(i / 4) + 3 - (i % 4)),
      [],
    );
  });
});

describe('times that advance at another pace than they arrive', () => {
  const cases: [what: string, of: (i: number) => unknown, arrivalMs: number, wanted: RegExp][] = [
    [
      'the number of the reading',
      (i) => i,
      20,
      /^time-unit: times advance as if 1000 readings came a second, and 50 arrive/,
    ],
    ['minutes', (i) => (t0 + 20 * i) / 60_000, 20, /^time-unit: times advance as if/],
    ['days', (i) => (t0 + 20 * i) / 86_400_000, 20, /^time-unit: times advance as if/],
    [
      'ticks of 10 µs',
      (i) => 2000 * i,
      20,
      /^time-unit: times advance as if 0.5 readings came a second, and 50 arrive/,
    ],
    [
      'those of a sensor that is twice as fast',
      (i) => t0 + 10 * i,
      10,
      /^rate: readings come at 100 a second/,
    ],
    [
      'those of a recording of another rate, played fast',
      (i) => t0 + 10 * i,
      1,
      /^rate: readings come at 100 a second/,
    ],
  ];
  for (const [what, of, arrivalMs, wanted] of cases)
    it(`are named once, with the right cause: ${what}`, () => {
      const { texts } = play(
        upTo(400).map((i) => ({ payload: [Math.sin(i)], receivedMs: t0 + arrivalMs * i, time: of(i) })),
      );
      const found = texts.filter((text) => /^rate|advance/.test(text));
      assert.equal(found.length, 1, texts.join());
      assert.match(found[0]!, wanted);
    });
});

describe('two sensors, or two units, in one channel', () => {
  const random = new SeededRandom(5);
  const said = (values: readonly number[]) =>
    play(values.map((value, i) => ({ payload: [value], receivedMs: t0 + 20 * i }))).texts.filter((text) =>
      text.includes('jumps between'),
    );
  const celsius = upTo(200).map((i) => 20 + Math.sin(i / 30) + 0.1 * random.normal());
  const chance = upTo(200).map(() => random.uniform() < 0.5);
  const faults: [what: string, values: number[]][] = [
    ['°C and °F in turn', celsius.map((value, i) => (i % 2 ? value : 1.8 * value + 32))],
    ['°C and °F by chance', celsius.map((value, i) => (chance[i] ? value : 1.8 * value + 32))],
    ['hPa and Pa', celsius.map((value, i) => (1000 + value) * (chance[i] ? 1 : 100))],
    ['g and m/s² at rest', celsius.map((value, i) => (value / 2000 + 1) * (chance[i] ? 1 : 9.81))],
    ['a room and a freezer', celsius.map((value, i) => (i % 3 ? value : -18 + value / 50))],
  ];
  for (const [what, values] of faults)
    it(`are named once: ${what}`, () => {
      assert.match(said(values).join(), /^scale: channel a jumps between about -?\d+ and about -?\d+ from/);
    });
  it('are not those of a signed number without its sign, which is named as such', () => {
    const values = upTo(200).map((i) => (Math.round(20 * Math.sin(i / 9)) + 65_536) % 65_536);
    const { texts } = play(values.map((value, i) => ({ payload: [value], receivedMs: t0 + 20 * i })));
    assert.deepEqual(texts, [
      'scale: channel a jumps between numbers near 0 and near 65536: if it is a signed number, subtract 65536 from those above 32767',
    ]);
  });
  const sound: [what: string, values: number[]][] = [
    ['a sensor as it should be', celsius],
    ['a switch', chance.map(Number)],
    [
      'a pump that is on now and then',
      celsius.map((value, i) => (Math.floor(i / 20) % 2 ? 100 + value : 0.1 * value)),
    ],
    ['noise', upTo(400).map(() => random.normal())],
    ['two frequencies', upTo(400).map((i) => Math.sin(i) + Math.sin(1.7 * i))],
    ['peaks', upTo(400).map((i) => (i % 8 === 0 ? 5 : 0) + 0.1 * random.normal())],
  ];
  for (const [what, values] of sound) it(`are not seen in ${what}`, () => assert.deepEqual(said(values), []));
});
