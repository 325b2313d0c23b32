import assert from 'node:assert/strict';
import { SeededRandom } from '../../../../gateway/platform';
import { Windower } from '../../../../gateway/stream';
import { smallTask } from '../tools';

const t0 = Date.UTC(2026, 0, 1);
const dayMs = 86_400_000;
const periodMs = 300_000;

/** A trouble of a sensor that lasts for days: the message and its time as they come then. */
interface Trouble {
  readonly name: string;
  readonly change: (message: Message, i: number, random: SeededRandom) => Message | undefined;
}

interface Message {
  readonly payload: unknown;
  readonly time: unknown;
}

const troubles: readonly Trouble[] = [
  { name: 'none', change: (message) => message },
  { name: 'losses', change: (message, _, random) => (random.uniform() < 0.1 ? undefined : message) },
  {
    name: 'words for missing',
    change: ({ payload, time }, _, random) =>
      random.uniform() < 0.1
        ? { payload: { a: ['unavailable', '', null, 'NaN'][random.integer(4)], b: 1 }, time }
        : { payload, time },
  },
  {
    name: 'nonsense',
    change: ({ payload, time }, _, random) =>
      random.uniform() < 0.05
        ? { payload: [{ a: true, b: 1 }, 'broken', { c: 7 }][random.integer(3)], time }
        : { payload, time },
  },
  {
    name: 'far values',
    change: ({ payload, time }, _, random) =>
      random.uniform() < 0.05 ? { payload: { a: 1e30, b: -1e12 }, time } : { payload, time },
  },
  { name: 'a silent channel', change: ({ time }, i) => ({ payload: { a: Math.sin(i) }, time }) },
  { name: 'seconds', change: ({ payload, time }) => ({ payload, time: Number(time) / 1000 }) },
  {
    name: 'a clock that is set',
    change: ({ payload, time }, i) => ({ payload, time: Number(time) + (i % 50 < 25 ? 0 : 7_200_000) }),
  },
  { name: 'half the rate', change: (message, i) => (i % 2 === 0 ? message : undefined) },
  {
    name: 'batches',
    change: ({ time }, i) => ({
      payload: [
        { a: i % 7, b: 1 },
        { a: i % 5, b: 2 },
      ],
      time,
    }),
  },
];

describe('a year of sensor trouble at one gateway', () => {
  it('leaves no reading without a window or a reason: what came and was filled is what became of it, to the number', () => {
    const random = new SeededRandom(2026);
    const said: string[] = [];
    const { input } = smallTask({
      input: {
        channels: [{ name: 'a' }, { name: 'b' }],
        rateHz: 1000 / periodMs,
        length: 24,
        hop: 12,
        normalisation: 'channel',
      },
    });
    const target = new Windower({
      input,
      labels: [],
      onRestart: ({ text }) => said.push(text),
      onNotice: ({ text }) => said.push(text),
      onRefused: ({ message }) => said.push(message),
    });
    let pushed = 0;
    let errors = 0;
    let windows = 0;
    const push = ({ payload, time }: Message) => {
      pushed += Array.isArray(payload) ? payload.length : 1;
      try {
        windows += target.push(payload, { time }).length;
      } catch (error) {
        errors++;
        assert.match(String(error), /expected/);
      }
    };
    let trouble = troubles[0]!;
    let late: Message | undefined;
    for (let i = 0; i < (365 * dayMs) / periodMs; i++) {
      if (i % 500 === 0) trouble = troubles[Math.floor(i / 500) % troubles.length]!;
      const time = t0 + (i + (random.uniform() - 0.5) * 0.4) * periodMs;
      const message = trouble.change({ payload: { a: Math.sin(i), b: random.normal() }, time }, i, random);
      if (!message) continue;
      const luck = random.uniform();
      // One in fifty is exchanged with the one after it, and one in fifty comes twice.
      if (luck < 0.02 && !late) {
        late = message;
        continue;
      }
      push(message);
      if (luck > 0.98) push(message);
      if (late) push(late);
      late = undefined;
    }
    windows += target.flush().length;
    const { received, filledRows, inWindows, between, lost, waiting, held, refused, restarts } =
      target.counts;
    const left = Object.values(refused).reduce((sum, count) => sum + count, 0);
    assert.equal(received + filledRows, inWindows + between + lost + waiting + held + left);
    assert.equal(windows, target.counts.windows);
    assert.ok(windows > 3_000, `${windows} windows`);
    assert.equal(received, pushed);
    assert.ok(errors <= refused.invalid, `${errors} errors, ${refused.invalid} refused`);
    assert.ok(Object.values(restarts).reduce((sum, count) => sum + count, 0) <= said.length);
    for (const pattern of [/the task asks for/, /spreads from/, /without a reading/, /went back/, /too late/])
      assert.ok(
        said.some((text) => pattern.test(text)),
        `nothing said ${pattern}`,
      );
    for (const reason of ['duplicate', 'late', 'missing', 'invalid'] as const)
      assert.ok(refused[reason] > 0, reason);
  });
});
