import assert from 'node:assert/strict';
import { BeatMeasures, beatInputs } from '../../../../gateway/stream';

/** A lead at 10 readings per second, the beat in the middle. */
const usual = [0, 0, 0, 0, 0, 1, 0, 0, 0, 0];
const beat = (beforeMs: number, afterMs: number, course = usual) => ({
  ...{ beforeMs, afterMs, channels: 1, channel: 0 },
  window: Float32Array.from(course),
});
const measures = () => new BeatMeasures(10, 5, 10);
const named = (values: readonly number[]) =>
  Object.fromEntries(values.map((value, i) => [beatInputs[i]!.name, Number(value.toPrecision(6))]));
const log = (value: number) => Number(Math.log(value).toPrecision(6));
/** Of no distance. */
const least = log(0.02);

describe('Measures of beats', () => {
  it('are intervals in seconds, and logarithms of their ratios to the mean of the person so far and to the last ones', () => {
    const beats = measures();
    const first = named(beats.next('a', beat(800, 400)));
    assert.deepEqual(
      [first['rr_before'], first['rr_after'], first['rr_before_ratio'], first['rr_after_ratio']],
      [0.8, 0.4, 0, log(0.5)],
    );
    const mean = 0.8 + 0.02 * (0.4 - 0.8);
    const second = named(beats.next('a', beat(400, 1200)));
    assert.deepEqual(second, {
      ...{ rr_before: 0.4, rr_after: 1.2, rr_before_local: log(0.5), rr_after_before: log(3), size: 0 },
      rr_before_ratio: log(0.4 / mean),
      rr_after_ratio: log(1.2 / mean),
      ...{ unusual: least, unusual_qrs: least, unusual_p: least, unusual_t: least },
    });
    assert.equal(named(beats.next('b', beat(1000, 1000)))['rr_before_ratio'], 0);
  });

  it('say which part of a beat is unusual for the person, at any gain and level', () => {
    const parts = [
      ['unusual_p', 3],
      ['unusual_qrs', 4],
      ['unusual_t', 8],
    ] as const;
    for (const [name, at] of parts)
      for (const gain of [1, -200]) {
        const beats = measures();
        const course = (values: readonly number[]) => values.map((value) => 7 + gain * value);
        for (let i = 0; i < 10; i++) beats.next('a', beat(800, 800, course(usual)));
        const odd = named(beats.next('a', beat(800, 800, course(usual.with(at, 0.5)))));
        const found = ['unusual_p', 'unusual_qrs', 'unusual_t'].filter((each) => odd[each]! > log(0.1));
        assert.deepEqual(found, [name], `${gain}`);
        assert.ok(odd['unusual']! > least);
      }
  });

  it('are finite for a flat line, and bounded where a recording has no neighbour', () => {
    const beats = measures();
    for (let i = 0; i < 2; i++) {
      const values = beats.next('a', beat(65_535, 65_535, new Array(10).fill(5)));
      assert.deepEqual(values, [3, 3, 0, 0, 0, 0, 0, ...new Array(4).fill(Math.log(0.02))]);
    }
    assert.ok(beats.next('a', beat(0, 0)).every(Number.isFinite));
  });
});
