import assert from 'node:assert/strict';
import fc from 'fast-check';
import { SeededRandom } from '../../../gateway/platform';
import { ErrorThreshold } from '../../../gateway/prediction/error-threshold';

/** Errors like those of an autoencoder: most near 0.1, with a long tail upwards. */
const errorsOf = (random: SeededRandom) => () => 0.1 * Math.exp(0.4 * random.normal());

describe('the threshold of reconstruction errors', () => {
  it('exists only when one error, on average, would be above it', () => {
    const threshold = new ErrorThreshold(0.02);
    const next = errorsOf(new SeededRandom(1));
    assert.equal(threshold.needed, 50);
    for (let i = 0; i < 49; i++) threshold.add(next());
    assert.equal(threshold.value, undefined);
    threshold.add(next());
    assert.ok(threshold.value! > 0.1);
  });

  for (const share of [0.1, 0.02, 0.005]) {
    it(`leaves about a share of ${share} of ordinary errors above it`, () => {
      const threshold = new ErrorThreshold(share);
      const next = errorsOf(new SeededRandom(3));
      let above = 0;
      const count = 20_000;
      for (let i = 0; i < 2000; i++) threshold.add(next());
      for (let i = 0; i < count; i++) {
        const error = next();
        if (error > threshold.value!) above++;
        threshold.add(error);
      }
      assert.ok(above / count > 0.7 * share && above / count < 1.4 * share, `${above / count}`);
    });
  }

  it('is not raised by a few errors that are far off, and finds them all', () => {
    const next = errorsOf(new SeededRandom(5));
    const clean = new ErrorThreshold(0.01);
    const mixed = new ErrorThreshold(0.01);
    let found = 0;
    for (let i = 0; i < 2000; i++) {
      const error = next();
      clean.add(error);
      mixed.add(error);
      if (i % 20 !== 0) continue;
      if (3 > (mixed.value ?? 0)) found++;
      mixed.add(3);
    }
    assert.equal(found, 100);
    assert.ok(mixed.value! < 1.2 * clean.value!, `${mixed.value} ${clean.value}`);
  });

  it('takes frequent errors for ordinary, whatever their size', () => {
    const next = errorsOf(new SeededRandom(7));
    const threshold = new ErrorThreshold(0.02);
    for (let i = 0; i < 2000; i++) threshold.add(i % 5 === 0 ? 30 * next() : next());
    assert.ok(threshold.value! > 3, `${threshold.value}`);
  });

  it('forgets old errors', () => {
    const next = errorsOf(new SeededRandom(9));
    const threshold = new ErrorThreshold(0.05);
    for (let i = 0; i < 1000; i++) threshold.add(100 * next());
    for (let i = 0; i < 1000; i++) threshold.add(next());
    assert.ok(threshold.value! < 1);
  });

  it('is scaled with the errors when another model scores', () => {
    const next = errorsOf(new SeededRandom(11));
    const threshold = new ErrorThreshold(0.05);
    for (let i = 0; i < 200; i++) threshold.add(next());
    const before = threshold.value!;
    threshold.scale(0.5);
    assert.ok(Math.abs(threshold.value! - 0.5 * before) < 1e-6);
    threshold.clear();
    assert.equal(threshold.value, undefined);
  });

  it('accepts any errors, also zeros', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { maxLength: 300 }), (errors) => {
        const threshold = new ErrorThreshold(0.1);
        for (const error of errors) threshold.add(error);
        const { value } = threshold;
        if (errors.length < threshold.needed) assert.equal(value, undefined);
        else assert.ok(value !== undefined && value >= 0 && value <= Math.fround(Math.max(...errors)));
      }),
    );
  });
});
