import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { asReceived, decodeInto, encodeValues } from '../../../../gateway/wire';

describe('the encoding masked', () => {
  it('has two bytes for each whole number, the low one first, and gives the numbers back', () => {
    const numbers = Float32Array.of(0, 1, 258, 65_535);
    const encoded = encodeValues(numbers, 'masked');
    assert.deepEqual(encoded, {
      encoding: 'masked',
      values: Uint8Array.of(0, 0, 1, 0, 2, 1, 255, 255),
    });
    assert.deepEqual(asReceived(numbers, 'masked'), numbers);
    const part = new Float32Array(2);
    decodeInto(encoded, part, 1);
    assert.deepEqual(part, numbers.slice(1, 3));
  });

  it('is described in docs/protocol.md', () => {
    const page = readFileSync(join(__dirname, '../../../../docs/protocol.md'), 'utf8');
    assert.match(page, /^\| `masked` \|.*\|$/m);
  });
});
