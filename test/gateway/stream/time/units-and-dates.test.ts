import assert from 'node:assert/strict';
import type { LabelledWindow, StreamNotice, TimeFormat } from '../../../../gateway/stream';
import { refusal } from '../tools';
import { oneChannel } from '../windower-tools';

const t0 = Date.UTC(2026, 2, 1, 10);
const iso = (ms: number) => new Date(ms).toISOString();

/** Cuts 100 readings at 50 Hz into windows of 10, with their times in the notation of `write`. */
function cutWith(write: (ms: number) => unknown, time: TimeFormat = 'auto', startMs = t0) {
  const notices: StreamNotice[] = [];
  const target = oneChannel({ rateHz: 50, length: 10, time, onNotice: (notice) => notices.push(notice) });
  const windows: LabelledWindow[] = [];
  for (let i = 0; i < 100; i++) windows.push(...target.push(i, { time: write(startMs + 20 * i) }));
  windows.push(...target.flush());
  return { windows, notices: notices.map(({ code, text }) => `${code}: ${text}`), counts: target.counts };
}

describe('the unit of times', () => {
  const long = (ms: number) => ({ low: ms | 0, high: Math.floor(ms / 2 ** 32), unsigned: true });
  const ntp = (ms: number) => (BigInt(ms) * 2n ** 32n) / 1000n + 2_208_988_800n * 2n ** 32n;
  const halves = (time: bigint, unsigned?: true) => ({
    low: Number(BigInt.asIntN(32, time)),
    high: Number(unsigned ? time >> 32n : BigInt.asIntN(32, time >> 32n)),
    ...(unsigned && { unsigned }),
  });
  const ways: [string, (ms: number) => unknown, RegExp?][] = [
    ['milliseconds', (ms) => ms],
    ['milliseconds as text', (ms) => String(ms)],
    ['seconds with a fraction', (ms) => ms / 1000, /look like seconds/],
    ['seconds as text', (ms) => String(ms / 1000), /look like seconds/],
    ['microseconds', (ms) => ms * 1000, /look like microseconds/],
    ['nanoseconds', (ms) => ms * 1e6, /look like nanoseconds/],
    ['nanoseconds as text', (ms) => `${ms}000000`, /look like nanoseconds/],
    ['nanoseconds as a bigint', (ms) => BigInt(ms) * 1_000_000n, /look like nanoseconds/],
    ['a 64-bit integer of protocol buffers', long],
    ['64-bit NTP times', (ms) => ntp(ms)],
    ['64-bit NTP times as text', (ms) => String(ntp(ms))],
    ['64-bit NTP times as a 64-bit integer', (ms) => halves(ntp(ms), true)],
    ['64-bit NTP times as a signed 64-bit integer', (ms) => halves(ntp(ms))],
    ['seconds and nanoseconds', (ms) => ({ seconds: Math.floor(ms / 1000), nanos: (ms % 1000) * 1e6 })],
    ['seconds and nanoseconds of ROS', (ms) => ({ secs: Math.floor(ms / 1000), nsecs: (ms % 1000) * 1e6 })],
    [
      'seconds and nanoseconds of ROS 2',
      (ms) => ({ sec: Math.floor(ms / 1000), nanosec: (ms % 1000) * 1e6 }),
    ],
    ['a date of MongoDB', (ms) => ({ $date: iso(ms) })],
    ['a Date', (ms) => new Date(ms)],
    ['ISO 8601', iso],
    ['ISO 8601 in the basic form', (ms) => iso(ms).replace(/[-:]/g, '')],
    ['ISO 8601 with a decimal comma', (ms) => iso(ms).replace('.', ',')],
    ['ISO 8601 with nanoseconds', (ms) => iso(ms).replace('Z', '000000Z')],
    ['ISO 8601 with an offset', (ms) => `${iso(ms + 5_400_000).slice(0, -1)}+01:30`],
    ['ISO 8601 with a blank between', (ms) => iso(ms).replace('T', ' ')],
  ];
  for (const [name, write, notice] of ways) {
    it(`is found from ${name}, and reported once`, () => {
      const { windows, notices } = cutWith(write);
      assert.equal(windows.length, 10);
      assert.ok(Math.abs(windows[9]!.endMs! - (t0 + 20 * 99)) < 0.01, String(windows[9]!.endMs));
      assert.equal(notices.length, notice ? 1 : 0);
      if (notice) assert.match(notices[0]!, notice);
    });
  }

  const uptimes: [string, (ms: number) => number, RegExp?][] = [
    ['milliseconds since a start', (ms) => ms],
    ['seconds since a start', (ms) => ms / 1000, /look like seconds/],
    ['microseconds since a start', (ms) => ms * 1000, /look like microseconds/],
    ['nanoseconds since a start', (ms) => ms * 1e6, /look like nanoseconds/],
  ];
  for (const startMs of [0, 12_345, 3_600_000, 20 * 86_400_000]) {
    for (const [name, write, notice] of uptimes) {
      it(`is found from ${name} (${startMs} ms ago) by the steps between readings`, () => {
        const { windows, notices, counts } = cutWith(write, 'auto', startMs);
        assert.ok(windows.length >= 9, `${windows.length} windows`);
        assert.deepEqual(
          notices.filter((text) => !notice?.test(text)),
          [],
        );
        assert.equal(counts.restarts.gap, 0);
        assert.ok(Math.abs(windows.at(-1)!.endMs! - (startMs + 20 * 99)) < 0.01);
      });
    }
  }

  it('is found from whole seconds, each of which lasts many readings', () => {
    for (const startMs of [t0, t0 + 990]) {
      const { windows, counts } = cutWith((ms) => Math.floor(ms / 1000), 'auto', startMs);
      assert.equal(windows.length, 10);
      assert.deepEqual([...windows[9]!.window], [90, 91, 92, 93, 94, 95, 96, 97, 98, 99]);
      assert.equal(counts.refused.duplicate, 0);
    }
  });

  it('can be set, and times that do not look like it are reported', () => {
    const { windows, notices } = cutWith((ms) => ms / 1000, 's');
    assert.equal(windows[9]!.endMs, t0 + 20 * 99);
    assert.deepEqual(notices, []);
    const wrong = cutWith((ms) => ms / 1000, 'ms');
    assert.match(wrong.notices.join(), /look like seconds, and are set to be milliseconds/);
  });
});

describe('a time as text', () => {
  const endOf = (time: unknown, format: TimeFormat = 'auto') =>
    oneChannel({ length: 1, time: format }).push(1, { time })[0]!.endMs;

  const good: [string, number][] = [
    ['2026-03-01T10:00:00Z', t0],
    ['2026-03-01t10:00:00z', t0],
    ['2026-03-01T10:00Z', t0],
    ['2026-03-01T10Z', t0],
    ['20260301T100000Z', t0],
    ['20260301T100000.5Z', t0 + 500],
    ['2026-03-01T11:00:00,250+01', t0 + 250],
    ['2026-03-01T04:30:00-0530', t0],
    ['2026-03-01', Date.UTC(2026, 2, 1)],
    ['20260301', Date.UTC(2026, 2, 1)],
    ['2026-02-28T24:00:00Z', Date.UTC(2026, 2, 1)],
    ['2026-03-01T11:00:00+01:00[Europe/Berlin]', t0],
    ['2026-03-01T10:00:00', new Date(2026, 2, 1, 10).getTime()],
  ];
  for (const [text, ms] of good) it(`is read: ${text}`, () => assert.equal(endOf(text), ms));

  const bad = [
    ...['12.01.2026 10:00:00', '12/01/2026', '12-01-2026', '1.3.2026', '2026', '2026-03', '12', '0.02'],
    ...[
      'reading 7',
      'sensor-3',
      'Tue 3',
      'KW 5',
      'now',
      'March 1, 2026',
      '10:00:00',
      'NaN',
      '20260301100000',
    ],
    ...[
      '2026-02-30T10:00:00Z',
      '2026-13-01',
      '2026-03-01T25:00:00Z',
      '2026-03-01T10:61:00Z',
      '2026-03-01Tnoon',
    ],
  ];
  for (const text of bad) {
    it(`is refused with an example: ${text}`, () =>
      assert.throws(
        () => endOf(text),
        refusal('reading-invalid', JSON.stringify(text), '2026-12-31T23:59:59.000Z'),
      ));
  }

  it('is refused if it is neither a text nor a time', () => {
    for (const time of [true, {}, [], new Date(Number.NaN), Number.NaN, Infinity, { low: 1 }])
      assert.throws(() => endOf(time), refusal('reading-invalid', 'time is', 'expected'));
  });

  it('is read day first or month first if that is chosen, in local time', () => {
    const expected = new Date(2026, 0, 5, 14, 30, 15, 500).getTime();
    for (const text of ['05.01.2026 14:30:15.5', '5/1/2026 14:30:15,5', '05-01-2026, 2:30:15.5 pm'])
      assert.equal(endOf(text, 'day-first'), expected, text);
    assert.equal(endOf('01/05/2026 02:30:15.5 PM', 'month-first'), expected);
    assert.equal(endOf('05.01.2026', 'day-first'), new Date(2026, 0, 5).getTime());
    assert.equal(endOf('2026-03-01T10:00:00Z', 'day-first'), t0);
    assert.throws(() => endOf('13/13/2026', 'day-first'), refusal('reading-invalid', '31.12.2026'));
    assert.throws(() => endOf('31.12.26', 'day-first'), refusal('reading-invalid', '31.12.2026'));
    assert.throws(
      () => endOf('05.13.2026 13:00 pm', 'month-first'),
      refusal('reading-invalid', '12/31/2026'),
    );
  });

  it('that is empty is no time', () => {
    for (const time of ['', null, undefined]) assert.equal(endOf(time), undefined);
  });
});
