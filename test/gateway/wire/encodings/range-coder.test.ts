import assert from 'node:assert/strict';
import fc from 'fast-check';
import { BitDecoder, BitEncoder } from '../../../../gateway/wire/encodings/range-coder';

const probabilities = () => Uint16Array.of(600, 32_768, 64_900, 512);

describe('the range coder', () => {
  it('gives back all bits, in contexts and raw, likely and unlikely ones', () => {
    const bit = fc.tuple(fc.integer({ min: -1, max: 3 }), fc.boolean());
    const runs = fc.array(fc.tuple(bit, fc.integer({ min: 1, max: 200 })), { maxLength: 60 });
    fc.assert(
      fc.property(runs, (list) => {
        const encoder = new BitEncoder(probabilities());
        for (const [[context, bit], times] of list)
          for (let i = 0; i < times; i++) context < 0 ? encoder.raw(+bit) : encoder.code(context, +bit);
        const decoder = new BitDecoder(probabilities(), encoder.finish());
        for (const [[context, bit], times] of list)
          for (let i = 0; i < times; i++)
            assert.equal(context < 0 ? decoder.raw() : decoder.code(context), +bit);
      }),
    );
  });

  it('takes about as many bits as their information', () => {
    const encoder = new BitEncoder(Uint16Array.of(32_768));
    for (let i = 0; i < 8000; i++) encoder.code(0, i % 10 === 0 ? 1 : 0);
    const entropy = -8000 * (0.1 * Math.log2(0.1) + 0.9 * Math.log2(0.9));
    const bits = 8 * encoder.finish().length;
    assert.ok(bits > 0.9 * entropy && bits < 1.06 * entropy, `${bits} bits, ${entropy} of information`);
  });

  it('carries over bytes of 255', () => {
    // Zeros whose probability is high move the range to its upper end, where a carry goes far.
    for (let length = 1; length < 400; length++) {
      const encoder = new BitEncoder(Uint16Array.of(600));
      const bits = Array.from({ length }, (_, i) => (i % 97 === 96 ? 1 : 0));
      for (const bit of bits) encoder.code(0, bit);
      const decoder = new BitDecoder(Uint16Array.of(600), encoder.finish());
      assert.deepEqual(
        bits.map(() => decoder.code(0)),
        bits,
      );
    }
  });
});
