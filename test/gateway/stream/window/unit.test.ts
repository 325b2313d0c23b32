import assert from 'node:assert/strict';
import { SeededRandom } from '../../../../gateway/platform';
import { type StreamNotice, Windower } from '../../../../gateway/stream';
import type { TaskInput } from '../../../../gateway/task';
import { smallTask } from '../tools';

let random = new SeededRandom(7);
/** Noise of deviation 1. */
const noise = () => random.normal();

interface Case {
  readonly name: string;
  readonly value: (i: number) => [number, number];
  /** Channels that are reported. */
  readonly doubted: readonly string[];
  readonly input?: Partial<TaskInput['input']>;
}

/** Notices and number of windows of a stream of 100 windows; the task has centre 0 and spread 1. */
function cut({ value, input }: Pick<Case, 'value' | 'input'>, readings = 1000) {
  const task = smallTask({ input: { normalisation: 'channel', length: 10, hop: 10, ...input } });
  const notices: StreamNotice[] = [];
  const windower = new Windower({
    input: task.input,
    labels: [],
    onNotice: (notice) => notices.push(notice),
  });
  for (let i = 0; i < readings; i++) windower.push(value(i));
  return { notices, windows: windower.counts.windows };
}

const moving =
  (factor: number): Case['value'] =>
  () => [factor * noise(), factor * noise()];
/** A sensor whose axis b is along gravity. */
const lying =
  (factor: number): Case['value'] =>
  () => [factor * 0.02 * noise(), factor * (1 + 0.02 * noise())];

/** The channels that a sentence doubts. */
const named = (text: string) => /^channels? (.*) (?:is|are) typically far/.exec(text)?.[1]?.split(', ') ?? [];

describe('the unit of a channel', () => {
  beforeEach(() => {
    random = new SeededRandom(7);
  });

  const cases: Case[] = [
    { name: 'fits', value: moving(1), doubted: [] },
    { name: 'fits if the sensor moves twice as much', value: moving(2), doubted: [] },
    { name: 'fits if the sensor moves half as much', value: moving(0.5), doubted: [] },
    { name: 'is doubted if values are 9.81 times as large', value: moving(9.81), doubted: ['a', 'b'] },
    { name: 'is not doubted if values are a tenth, as if at rest', value: moving(0.1), doubted: [] },
    { name: 'is not doubted if values are 1/9.81, as if at rest', value: moving(1 / 9.81), doubted: [] },
    { name: 'fits a sensor at rest', value: moving(0.005), doubted: [] },
    { name: 'fits a sensor with gravity on one axis', value: lying(1), doubted: [] },
    { name: 'is doubted of gravity in m/s²', value: lying(9.81), doubted: ['b'] },
    {
      name: 'fits an axis of gravity that is turned over',
      value: () => [-1, -1],
      doubted: [],
      input: { channels: ['a', 'b'].map((name) => ({ name, centre: 1, spread: 0.5 })) },
    },
    {
      name: 'fits a person whose typical value is 5.4 spreads away',
      value: () => [5.4 + 0.05 * noise(), 0],
      doubted: [],
    },
    {
      name: 'fits in spite of bursts of large values',
      value: (i) => [i % 100 < 40 ? 30 : noise(), i % 100 >= 60 ? -20 : noise()],
      doubted: [],
    },
    {
      name: 'is not examined if each window is scaled by itself',
      value: moving(9.81),
      doubted: [],
      input: { normalisation: 'window' },
    },
    {
      name: 'is not examined if values stay as they come',
      value: moving(9.81),
      doubted: [],
      input: { normalisation: 'none' },
    },
  ];
  for (const each of cases) {
    it(each.name, () => {
      const { notices, windows } = cut(each);
      const doubted = notices.filter(({ code, used }) => code === 'scale' && used === true);
      assert.deepEqual(doubted.flatMap(({ text }) => named(text)).sort(), each.doubted);
      assert.ok(doubted.length <= 1, 'what is found at one time is said at once');
      assert.equal(windows, 100);
    });
  }

  it('is doubted in words with what was measured, once, and not before 200 readings', () => {
    assert.deepEqual(cut({ value: lying(9.81) }, 199).notices, []);
    assert.deepEqual(cut({ value: lying(9.81) }, 5000).notices, [
      {
        code: 'scale',
        channel: 'b',
        used: true,
        text: 'channel b is typically far from its centre (measured: about centre 10, spread 0.2; task: centre 0, spread 1): is the unit right?',
      },
    ]);
  });

  it('is doubted once for channels of one unit, though one of them shows it later', () => {
    const [a, b] = ['a', 'b'].map((name) => ({ name, unit: 'g', centre: 0, spread: 1 }));
    const later = (i: number): [number, number] => [i < 300 ? 0 : 9.81, 9.81];
    const { notices } = cut({ value: later, input: { channels: [a!, b!] } }, 3000);
    assert.deepEqual(
      notices.flatMap(({ text }) => named(text)),
      ['b'],
    );
  });

  it('is doubted of a sensor that is exchanged, when most values have come from the other', () => {
    const exchanged = (i: number): [number, number] => (i < 300 ? lying(1)(i) : lying(9.81)(i));
    assert.deepEqual(cut({ value: exchanged }, 700).notices, []);
    const [notice] = cut({ value: exchanged }, 800).notices;
    assert.equal(notice?.channel, 'b');
  });

  it('of counts that are left out is not judged by the few values that are used', () => {
    const { notices } = cut({ value: (i) => [i % 50 === 0 ? 9 : 9810, 0] }, 3000);
    assert.deepEqual(
      notices.filter(({ code }) => code === 'scale').map(({ used }) => used),
      [undefined],
    );
  });

  describe('of two channels that are swapped', () => {
    /** Sentences of a stream that gives two channels, of which each has its centre and spread in the task. */
    const saidOf = (value: Case['value'], ...scales: readonly [number, number][]) => {
      const channels = ['hr', 'resp'].map((name, i) => ({
        name,
        centre: scales[i]![0],
        spread: scales[i]![1],
      }));
      return cut({ value, input: { channels } }).notices.map(({ text }) => text);
    };

    it('is not doubted: they are named, at once if one is far away', () => {
      assert.deepEqual(
        saidOf(() => [12 + noise(), 80 + 5 * noise()], [80, 13], [12.5, 2]),
        ['channel resp arrives at 80 (centre 12.5, spread 2): resp and hr look as if they were swapped'],
      );
    });

    it('is not doubted: they are named, if both are nearer', () => {
      const [text, ...others] = saidOf(() => [12 + noise(), 31 + noise()], [31, 2], [12.5, 2]);
      assert.match(
        text ?? '',
        /^channels hr, resp are typically far .*: hr and resp look as if they were swapped$/,
      );
      assert.deepEqual(others, []);
    });

    it('is doubted all the same if only one of them fits the place of the other', () => {
      const [text] = saidOf(() => [80 + noise(), 80 + noise()], [80, 13], [12.5, 2]);
      assert.match(text ?? '', /^channel resp arrives at 80 .*: set centre and spread$/);
    });

    it('is right if they are where they belong, or nothing distinguishes them', () => {
      assert.deepEqual(
        saidOf(() => [80 + noise(), 12 + noise()], [80, 13], [12.5, 2]),
        [],
      );
      assert.deepEqual(
        saidOf(() => [noise(), noise()], [0, 1], [0, 1]),
        [],
      );
    });
  });
});
