import assert from 'node:assert/strict';
import fc from 'fast-check';
import { kilobytesAtLeast, kilobytesAtMost } from '../../../gateway/platform';

describe('kilobytes', () => {
  for (const [bytes, least, most] of [
    [0, '0 KB', '0 bytes'],
    [1023, '1 KB', '1023 bytes'],
    [512, '1 KB', '512 bytes'],
    [1024, '1 KB', '1 KB'],
    [68_300, '67 KB', '66.6 KB'],
    [10 * 1024 ** 2, '10240 KB', '10240 KB'],
  ] as const)
    it(`of ${bytes} bytes are shown as ${least} if they are needed, and as ${most} if they are granted`, () => {
      assert.equal(kilobytesAtLeast(bytes), least);
      assert.equal(kilobytesAtMost(bytes), most);
    });

  it('that are needed are rounded up by less than one, and those granted are never rounded up', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1024, max: 2 ** 40 }), (bytes) => {
        const least = 1024 * Number.parseFloat(kilobytesAtLeast(bytes));
        assert.ok(least >= bytes && least < bytes + 1024);
        const most = 1024 * Number.parseFloat(kilobytesAtMost(bytes));
        assert.ok(most <= bytes && most > bytes - 103);
      }),
    );
  });
});
