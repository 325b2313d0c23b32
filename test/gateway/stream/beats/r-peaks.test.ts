import assert from 'node:assert/strict';
import { dataFolder, hasData } from '../../../../bench/support/recordings';
import { SeededRandom } from '../../../../gateway/platform';
import { RecordingSource, RPeaks } from '../../../../gateway/stream';

/** A lead with waves at these times (s): R is narrow, T comes 0.3 s later and is as high. */
function lead(times: readonly number[], rateHz: number, { level = 0, noise = 0.01 } = {}): number[] {
  const random = new SeededRandom(1);
  const seconds = times.at(-1)! + 1;
  return Array.from({ length: Math.round(seconds * rateHz) }, (_, i) => {
    const t = i / rateHz;
    const wave = (at: number, width: number) => Math.exp(-(((t - at) / width) ** 2) / 2);
    const beats = times.reduce((sum, at) => sum + wave(at, 0.012) + wave(at + 0.3, 0.05), 0);
    return level + 0.3 * Math.sin(2 * Math.PI * 0.25 * t) + beats + noise * random.normal();
  });
}

const peaksOf = (signal: readonly number[], rateHz: number, finder = new RPeaks(rateHz)) =>
  signal.map((value) => finder.push(value)).filter((row) => row >= 0);

describe('R peaks', () => {
  const random = new SeededRandom(5);
  const times = [0.7];
  while (times.length < 40) times.push(times.at(-1)! + 0.5 + 0.7 * random.uniform());

  for (const rateHz of [100, 125, 360, 500])
    it(`are found at their places at ${rateHz} readings per second, in drift and noise, and T waves are none`, () => {
      const found = peaksOf(lead(times, rateHz), rateHz);
      assert.deepEqual(
        found.map((row) => row / rateHz).filter((at) => times.every((time) => Math.abs(at - time) > 0.02)),
        [],
      );
      assert.equal(found.length, times.length);
      for (const [i, row] of found.entries())
        assert.ok(Math.abs(row / rateHz - times[i]!) < 0.02, `beat ${i}`);
    });

  it('are found in a signal that is upside down, or in counts around 1000', () => {
    const upright = peaksOf(lead(times, 125), 125);
    const other = lead(times, 125).map((value) => 1000 - 200 * value);
    assert.deepEqual(peaksOf(other, 125), upright);
  });

  it('are found again some seconds after a disturbance a thousand times as high', () => {
    const late = (rows: number[]) => rows.filter((row) => row > 1010 + 5 * 125);
    const signal = lead(times, 125);
    const undisturbed = late(peaksOf(signal, 125));
    for (let i = 1000; i < 1010; i++) signal[i]! += 1000;
    assert.deepEqual(late(peaksOf(signal, 125)), undisturbed);
  });

  it('come no later than promised, and the same after a reset', () => {
    const finder = new RPeaks(125);
    const signal = lead(times, 125);
    const first = peaksOf(signal, 125, finder);
    finder.reset();
    signal.forEach((value, i) => {
      const row = finder.push(value);
      if (row < 0) return;
      assert.equal(row, first.shift());
      assert.ok(i - row <= finder.latest);
    });
    assert.deepEqual(first, []);
  });

  it('need 50 readings per second', () => {
    assert.throws(() => new RPeaks(49), {
      code: 'config-invalid',
      message: /50 readings per second or more, got 49/,
    });
  });

  it('are those that cardiologists marked, in a recording of half an hour', async function () {
    if (!hasData('mitbih')) return this.skip();
    const source = await RecordingSource.open(dataFolder('mitbih'), { subjects: ['100'] });
    const ecg = Array.from(source.readings(), ({ values }) => values[0]!);
    const found = peaksOf(ecg, 125);
    assert.ok(Math.abs(found.length - 2272) <= 2, `${found.length} beats`);
    const windows = [...source.windows()];
    let at = 0;
    let right = 0;
    for (const { intervals } of windows.slice(1)) {
      const [before] = intervals!;
      while (at < found.length - 1 && Math.abs((found[at + 1]! - found[at]!) * 8 - before) > 24) at++;
      if (at < found.length - 1) right++;
      at++;
    }
    assert.ok(right > 0.9 * windows.length, `${right} of ${windows.length} intervals`);
  });
});
