import assert from 'node:assert/strict';
import fc from 'fast-check';
import { fromFloat16, fromHalf, toFloat16, toHalf } from '../../../gateway/platform';

const roundTrip = (...values: number[]) => [...fromFloat16(toFloat16(Float32Array.of(...values)))];

describe('numbers in two bytes', () => {
  it('give back every half exactly, and the nearest half of any other number', () => {
    for (let half = 0; half < 0x7c00; half++) {
      assert.equal(toHalf(fromHalf(half)), half);
      assert.equal(toHalf(-fromHalf(half)), half | 0x8000);
    }
    fc.assert(
      fc.property(fc.float({ min: -65504, max: 65504, noNaN: true }), (value) => {
        const half = toHalf(value);
        const error = Math.abs(fromHalf(half) - value);
        for (const near of [half - 1, half + 1]) {
          if ((near & 0x7fff) < 0x7c00 && near >= 0) assert.ok(error <= Math.abs(fromHalf(near) - value));
        }
      }),
    );
  });

  it('are rounded to the even half at a tie, and to steps of 2^-24 if they are small', () => {
    // Between 1 and 2 the step is 2^-10.
    const step = 2 ** -10;
    assert.deepEqual(roundTrip(1 + step / 2, 1 + (3 * step) / 2, 1 + 0.51 * step), [
      1,
      1 + 2 * step,
      1 + step,
    ]);
    assert.deepEqual(roundTrip(2 ** -25, 3 * 2 ** -25, 2 ** -24), [0, 2 ** -23, 2 ** -24]);
    // The float32 next to a tie is not a tie.
    assert.deepEqual(roundTrip(2 ** -25 + 2 ** -48, 3 * 2 ** -25 - 2 ** -47), [2 ** -24, 2 ** -24]);
    // A number just below a power of two rounds up to it.
    assert.deepEqual(roundTrip(2 - step / 4, 2 ** -14 - 2 ** -26), [2, 2 ** -14]);
  });

  it('keep their largest number, signs, infinity and NaN', () => {
    assert.deepEqual(roundTrip(65504, 65519, 65520, -70000), [65504, 65504, Infinity, -Infinity]);
    assert.deepEqual(roundTrip(3e38, -Infinity), [Infinity, -Infinity]);
    assert.deepEqual(roundTrip(Number.NaN, -0, -1.5), [Number.NaN, -0, -1.5]);
  });

  it('are stored with the low byte first, and are read from any offset of a buffer', () => {
    assert.deepEqual([...toFloat16(Float32Array.of(1, -2))], [0x00, 0x3c, 0x00, 0xc0]);
    const bytes = Uint8Array.of(0xff, 0x00, 0x3c, 0xff).subarray(1);
    assert.deepEqual([...fromFloat16(bytes)], [1]);
  });
});
