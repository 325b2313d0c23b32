import assert from 'node:assert/strict';
import fc from 'fast-check';
import { asReceived, type EncodedTensor, encodeValues } from '../../../../gateway/wire';

const blockLength = 64;

describe('int8 tensors with a scale for each block', () => {
  it('hold small numbers if large ones are in another block', () => {
    const values = new Float32Array(blockLength + 2).fill(127);
    values.set([0.0127, -0.005], blockLength);
    const sent = encodeValues(values, 'int8-blocks') as Extract<EncodedTensor, { encoding: 'int8-blocks' }>;
    assert.deepEqual([...sent.scales], [1, Math.fround(Math.fround(0.0127) / 127)]);
    assert.deepEqual([...sent.values.subarray(blockLength - 1)], [127, 127, -50]);
    const plain = asReceived(values, 'int8');
    assert.equal(plain[blockLength], 0);
  });

  it('are as int8 is within each block', () => {
    fc.assert(
      fc.property(fc.float32Array({ min: -1e6, max: 1e6, noNaN: true, maxLength: 200 }), (values) => {
        const whole = asReceived(values, 'int8-blocks');
        for (let from = 0; from < values.length; from += blockLength) {
          const part = asReceived(values.subarray(from, from + blockLength), 'int8');
          assert.deepEqual(whole.subarray(from, from + blockLength), part);
        }
      }),
    );
  });
});
