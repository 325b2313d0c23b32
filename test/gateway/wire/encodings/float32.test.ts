import assert from 'node:assert/strict';
import { asReceived } from '../../../../gateway/wire';

describe('float32 tensors', () => {
  it('are received as they are, in memory of their own', () => {
    const values = Float32Array.of(1.1, Number.NaN, -0);
    const received = asReceived(values, 'float32');
    assert.deepEqual(received, values);
    assert.notEqual(received.buffer, values.buffer);
  });
});
