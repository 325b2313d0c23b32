import assert from 'node:assert/strict';
import { SeededRandom } from '../../../gateway/platform';
import { decodeShares, encodeShares } from '../../../gateway/wire';

describe('the shares of labels on the wire', () => {
  it('keep the logarithm of any share from one in seven millions on to a thirty-second', () => {
    const random = new SeededRandom(4);
    const shares = Array.from({ length: 200 }, () => Math.exp(-15.9 * random.uniform()));
    const logs = decodeShares(encodeShares([...shares, 1]), 201)!;
    shares.forEach((share, i) => {
      assert.ok(Math.abs(logs[i]! - Math.log(share)) <= 1 / 32 + 1e-6, `${share}`);
    });
    assert.equal(logs[200], -0);
    assert.deepEqual([...decodeShares(encodeShares([1e-30]), 1)!], [-255 / 16]);
  });

  it('are not understood if their number is another one than that of the labels', () => {
    assert.equal(decodeShares(Uint8Array.of(1, 2), 3), undefined);
    assert.equal(decodeShares(undefined, 3), undefined);
    assert.equal(decodeShares(new Uint8Array(), 0), undefined);
  });
});
