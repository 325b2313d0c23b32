import assert from 'node:assert/strict';
import fc from 'fast-check';
import { asReceived, decodeTensor, type EncodedTensor, encodeValues } from '../../../../gateway/wire';

type Int8 = Extract<EncodedTensor, { encoding: 'int8' }>;
const int8 = (...values: number[]) => encodeValues(Float32Array.of(...values), 'int8') as Int8;
const finite = fc.float32Array({ min: -(2 ** 127), max: 2 ** 127, noNaN: true, maxLength: 64 });

describe('int8 tensors', () => {
  it('map the largest value to 127 and round halves away from zero', () => {
    const { scale, values } = int8(127, 0.5, -0.5, 1.5, 2.49, -127, 0);
    assert.equal(scale, 1);
    assert.deepEqual([...values], [127, 1, -1, 2, 2, -127, 0]);
  });

  it('are all zero, with scale 0, for zeros and for nothing', () => {
    assert.deepEqual(int8(0, -0, 0), { encoding: 'int8', scale: 0, values: new Int8Array(3) });
    assert.deepEqual(decodeTensor(int8()), new Float32Array(0));
  });

  it('are all zero if the scale would be subnormal', () => {
    const tiny = 127 * 2 ** -127;
    assert.equal(int8(tiny, -tiny).scale, 0);
    assert.deepEqual(asReceived(Float32Array.of(2 ** -149), 'int8'), Float32Array.of(0));
    assert.equal(int8(2 * tiny).scale, 2 ** -126);
  });

  it('hold values up to the end of float32, and turn to NaN rather than to infinity beyond', () => {
    const large = 2 ** 127;
    const most = (2 - 2 ** -23) * 2 ** 127;
    for (const value of [large, most]) {
      const [got] = asReceived(Float32Array.of(value), 'int8');
      assert.ok(Number.isNaN(got) || Math.abs(got! / value - 1) < 2 ** -22, String(got));
    }
    assert.ok(Number.isFinite(asReceived(Float32Array.of(large), 'int8')[0]));
  });

  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    it(`arrive as NaN throughout if one value is ${bad}`, () => {
      assert.ok(asReceived(Float32Array.of(1, bad, 2, 3), 'int8').every(Number.isNaN));
    });
  }

  it('are never further off than half a level, and symmetric', () => {
    fc.assert(
      fc.property(finite, (values) => {
        const encoded = encodeValues(values, 'int8') as Int8;
        const back = decodeTensor(encoded);
        // Half a level, and a little for the rounding of scale and product to float32.
        const most = encoded.scale * 0.5001 + 127 * 2 ** -126;
        values.forEach((value, i) => {
          assert.ok(Math.abs(value - back[i]!) <= most, `${value} came as ${back[i]}`);
        });
        const negative = values.map((value) => -value);
        assert.deepEqual(
          (encodeValues(negative, 'int8') as Int8).values,
          encoded.values.map((value) => -value),
        );
      }),
    );
  });
});
