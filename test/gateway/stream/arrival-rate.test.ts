import assert from 'node:assert/strict';
import { Windower } from '../../../gateway/stream';

/** The sentences about readings of one channel that arrive without times. */
function said(arrivals: Iterable<number>, rowsEach = 1): string[] {
  const texts: string[] = [];
  const windower = new Windower({
    input: {
      channels: [{ name: 'a', unit: '', centre: 0, spread: 1 }],
      rateHz: 20,
      length: 40,
      hop: 20,
      normalisation: 'none',
    },
    labels: [],
    onNotice: ({ code, text }) => texts.push(`${code}: ${text}`),
  });
  for (const receivedMs of arrivals) {
    const payload = Array.from({ length: rowsEach }, () => Math.sin(receivedMs));
    for (const _ of windower.cut(rowsEach === 1 ? payload[0] : payload, { receivedMs }));
  }
  return texts;
}

function* every(ms: number, seconds: number): Generator<number> {
  for (let at = 1000; at < 1000 + seconds * 1000; at += ms) yield at;
}

/** Readings that are due every 50 ms, on a machine that stands still for a second now and then. */
function* stalled(): Generator<number> {
  for (const at of every(50, 120)) yield Math.floor(at / 7000) * 7000 + Math.max(1000, at % 7000);
}

describe('readings without times', () => {
  const other = (hz: number) => [
    `rate: readings come at ${hz} a second, the task asks for 20: set the sensor or the task, or choose one row each period`,
  ];
  const cases: [title: string, arrivals: () => Iterable<number>, rowsEach: number, wanted: string[]][] = [
    ['are named once if four times as many arrive', () => every(12.5, 300), 1, other(80)],
    ['are named once if a quarter arrive', () => every(200, 300), 1, other(5)],
    ['are named if batches hold twice as many', () => every(1000, 120), 40, other(40)],
    ['are not named at the rate of the task', () => every(50, 120), 1, []],
    ['are not named if batches hold what is due', () => every(1000, 120), 20, []],
    ['are not named before two measurements', () => every(12.5, 9.9), 1, []],
    [
      'are named within 10.1 s if they are far from the rate of the task',
      () => every(12.5, 10.1),
      1,
      other(80),
    ],
    ['are named within a minute if they are a third too many', () => every(37.5, 52), 1, other(26.7)],
    ['are not named if the machine stands still now and then', stalled, 1, []],
    ['are not named if many come at once', () => [1000, 3_601_000], 72_000, []],
    ['are not named if they come with long pauses', () => every(6000, 600), 300, []],
  ];
  for (const [title, arrivals, rowsEach, wanted] of cases) {
    it(title, () => {
      assert.deepEqual(
        said(arrivals(), rowsEach).filter((text) => text.startsWith('rate')),
        wanted,
      );
    });
  }
});
