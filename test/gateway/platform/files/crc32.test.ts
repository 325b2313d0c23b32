import { equal } from 'node:assert/strict';
import fc from 'fast-check';
import { crc32, crc32InJavaScript } from '../../../../gateway/platform/files/crc32';

describe('CRC-32', () => {
  it('gives the check value of the standard for "123456789"', () => {
    equal(crc32InJavaScript(Buffer.from('123456789')), 0xcbf43926);
    equal(crc32InJavaScript(new Uint8Array(0)), 0);
  });

  it('is the same with zlib and in JavaScript', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) =>
        equal(crc32(bytes), crc32InJavaScript(bytes)),
      ),
    );
  });
});
