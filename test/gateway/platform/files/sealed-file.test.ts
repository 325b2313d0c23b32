import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  bytesOfFloats,
  FtteError,
  floatsOfBytes,
  headedBytes,
  type SealedForm,
  sealed,
  splitHeader,
  unsealed,
} from '../../../../gateway/platform';

const damaged = (what: string) => new FtteError('storage', what);

for (const digest of ['front', 'end'] as const) {
  describe(`a sealed file with its digest at the ${digest}`, () => {
    const form: SealedForm = { magic: 'FTTETST1', digest };

    it('gives its content back, whatever the size', async () => {
      for (const size of [0, 1, 600_000]) {
        const content = Buffer.alloc(size, 7);
        const parts = [content.subarray(0, size >> 1), content.subarray(size >> 1)];
        assert.deepEqual(await unsealed(form, Buffer.from(await sealed(form, parts)), damaged), content);
      }
    });

    it('is refused if any byte is changed, missing or added', async () => {
      const bytes = fc.uint8Array({ minLength: 1, maxLength: 64 });
      await fc.assert(
        fc.asyncProperty(bytes, fc.nat(), fc.integer({ min: 1, max: 255 }), async (content, at, change) => {
          const whole = Buffer.from(await sealed(form, [content]));
          const flipped = Buffer.from(whole);
          flipped[at % whole.length]! ^= change;
          const short = whole.subarray(0, at % whole.length);
          const long = Buffer.concat([whole, Buffer.of(change)]);
          for (const wrong of [flipped, short, long])
            await assert.rejects(unsealed(form, wrong, damaged), { code: 'storage' });
        }),
        { numRuns: 50 },
      );
    });
  });
}

describe('bytes with a header', () => {
  it('give the header and the numbers back', () => {
    const values = Float32Array.of(1, -2.5, 3);
    const bytes = Buffer.concat(headedBytes({ count: 3 }, [bytesOfFloats(values)]));
    const parts = splitHeader(bytes);
    assert.deepEqual(parts?.header, { count: 3 });
    assert.deepEqual(floatsOfBytes(parts.body), values);
  });

  it('are undefined if they are cut, or if the header is not JSON', () => {
    const bytes = Buffer.concat(headedBytes({ count: 3 }, []));
    assert.equal(splitHeader(bytes.subarray(0, 3)), undefined);
    assert.equal(splitHeader(bytes.subarray(0, bytes.length - 1)), undefined);
    bytes[4] = 0;
    assert.equal(splitHeader(bytes), undefined);
  });
});
