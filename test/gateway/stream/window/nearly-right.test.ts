import assert from 'node:assert/strict';
import { type StreamNotice, Windower, type WindowerOptions } from '../../../../gateway/stream';
import { smallTask } from '../tools';

const t0 = Date.UTC(2026, 2, 1, 13, 5);

/** A windower of these channels at one reading per second, and what it says. */
function target(
  names: string[],
  options: Partial<WindowerOptions> = {},
  labels: string[] = ['still', 'moving'],
) {
  const channels = names.map((name) => ({ name }));
  const { input } = smallTask({ input: { channels, rateHz: 1, length: 2, hop: 2 } });
  const notices: StreamNotice[] = [];
  const onNotice = (notice: StreamNotice) => void notices.push(notice);
  return { windower: new Windower({ input, labels, onNotice, ...options }), notices };
}

describe('a value that is nearly a number is refused by what is wrong with it', () => {
  const cases: [value: string, form: string][] = [
    ["1'234.5", 'a text with thousands separators'],
    ['1 234', 'a text with thousands separators'],
    ['1\u00a0234,5', 'a text with thousands separators'],
    ['1_000', 'a text with thousands separators'],
    ['5 %', 'a number with a % sign behind it (remove it before)'],
    ['23.4 C', 'a number with a unit or other letters behind it (remove them before)'],
    ['23,4\u00b0C', 'a number with a unit or other letters behind it (remove them before)'],
    ['9.81 m/s^2', 'a number with a unit or other letters behind it (remove them before)'],
    ['0x1F', 'a text with a hexadecimal number'],
    ['> 100', 'a text with a number in it'],
  ];
  for (const [value, form] of cases)
    it(JSON.stringify(value), () => {
      const { windower } = target(['a']);
      assert.throws(() => windower.push({ a: value }), {
        message: `channel a is ${form}, expected a number`,
      });
    });

  it('but the minus sign of spreadsheets is one', () => {
    const { windower } = target(['a'], { maxFill: 0 });
    const windows = ['\u22125', '\u22120.5'].flatMap((a) => [...windower.push({ a })]);
    assert.deepEqual([...windows[0]!.window], [-5, -0.5]);
  });
});

describe('a channel that does not come', () => {
  it('is named with the field that differs from it in a way that is hard to see', () => {
    const texts: string[] = [];
    const { windower } = target(['x', 'y'], { onNotice: ({ text }) => texts.push(text) });
    for (let i = 0; i < 20; i++) windower.push({ '\ufeffx': i, y: i });
    assert.match(texts.join(), /x has not come; .*differs from "x" in case, blanks/);
  });
});

describe('a reading without its channels says where they are', () => {
  const cases: [what: string, channel: string, payload: unknown, hint: RegExp][] = [
    ['another case', 'temp', { Temp: 1 }, /"Temp" differs from "temp" in case/],
    ['a blank', 'temp', { 'temp ': 1 }, /"temp " differs from "temp" in case, blanks/],
    ['another Unicode form', 'h\u00f6he', { 'ho\u0308he': 1 }, / differs from .* the form of its letters$/],
    [
      'a sensor of Tasmota',
      'Temperature',
      { Time: 'x', DS18B20: { Temperature: 1 } },
      /Temperature is inside DS18B20: make that the payload$/,
    ],
    [
      'a status of Shelly',
      'apower',
      { src: 's', params: { 'switch:0': { apower: 1 } } },
      /apower is inside params\["switch:0"\]: /,
    ],
    [
      'the feeds of ThingSpeak',
      'field1',
      { channel: {}, feeds: [{ field1: '1' }] },
      /field1 is inside feeds\[0\]: /,
    ],
    ['nothing that helps', 'temp', { speed: 1 }, /expected temp$/],
  ];
  for (const [what, channel, payload, hint] of cases)
    it(what, () => assert.throws(() => target([channel]).windower.push(payload), { message: hint }));

  it('JSON as a text, with one channel, too', () =>
    assert.throws(
      () => target(['x']).windower.push('{"x": 1}'),
      /it looks like JSON: put a json node before/,
    ));

  it('aliases of Sparkplug without their birth certificate', () => {
    const message = { timestamp: t0, metrics: [{ alias: 5, value: 1 }] };
    assert.throws(
      () => target(['a']).windower.push(message, { topic: 'spBv1.0/g/DDATA/e/d' }),
      /only aliases \(1\), and the birth certificate .* has not come: ask the device for a rebirth/,
    );
  });

  it('a value of OPC UA whose status is bad, which has come', () => {
    const { windower, notices } = target(['a', 'b']);
    const value = (name: string, statusCode: number, i: number) => ({
      ...{ value: { value: i }, nodeId: `ns=2;s=pump.${name}`, statusCode },
      sourceTimestamp: new Date(t0 + i * 1000),
    });
    for (let i = 0; i < 8; i++) windower.push([value('a', 0, i), value('b', 0x80000000, i)]);
    assert.deepEqual(
      notices.map(({ text }) => text),
      ['b has had no value in 8 readings'],
    );
  });
});

describe('numbers that count time otherwise are said once', () => {
  const cases: [what: string, time: (i: number) => unknown][] = [
    ['days of a spreadsheet', (i) => 46_082.545 + i / 86_400],
    ['ticks of .NET', (i) => 621_355_968e9 + (t0 + i * 1000) * 1e4],
    ['Windows file times', (i) => (t0 + i * 1000 + 11_644_473_600_000) * 1e4],
    ['dates without separators (YYYYMMDDhhmmss)', (i) => 20_260_301_130_500 + i],
    ['seconds since 1904 or since 1900 (NTP)', (i) => t0 / 1000 + 2_082_844_800 + i],
    ['seconds since 1904 or since 1900 (NTP)', (i) => t0 / 1000 + 2_208_988_800 + i],
  ];
  for (const [what, time] of cases)
    it(what, () => {
      const { windower, notices } = target(['a']);
      for (let i = 0; i < 20; i++) windower.push({ a: i }, { time: time(i) });
      const texts = notices.map(({ text }) => text).filter((text) => text.startsWith('times look like'));
      assert.deepEqual(texts.slice(0, 1), [
        `times look like ${what}, which are not read as times: make milliseconds or ISO 8601 of them`,
      ]);
    });

  it('but not milliseconds with a fraction since a start', () => {
    const { windower, notices } = target(['a']);
    for (let i = 0; i < 20; i++) windower.push({ a: i }, { time: 40_000.25 + i * 1000 });
    assert.deepEqual(notices, []);
  });
});

it('a label with accents is the same in either Unicode form', () => {
  const { windower } = target(['a'], {}, ['h\u00f6her', 'tiefer']);
  const windows = [1, 2].flatMap((a) => [...windower.push({ a }, { label: 'ho\u0308her' })]);
  assert.equal(windows[0]?.labelName, 'h\u00f6her');
});
