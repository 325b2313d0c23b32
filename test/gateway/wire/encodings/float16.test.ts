import assert from 'node:assert/strict';
import fc from 'fast-check';
import { asReceived } from '../../../../gateway/wire';

describe('float16 tensors', () => {
  it('are never further off than half a step, and do not change when sent again', () => {
    fc.assert(
      fc.property(fc.float32Array({ min: -65504, max: 65504, noNaN: true, maxLength: 64 }), (values) => {
        const once = asReceived(values, 'float16');
        values.forEach((value, i) => {
          const most = Math.max(Math.abs(value) * 2 ** -11, 2 ** -25);
          assert.ok(Math.abs(value - once[i]!) <= most, `${value} came as ${once[i]}`);
        });
        assert.deepEqual(asReceived(once, 'float16'), once);
      }),
    );
  });
});
