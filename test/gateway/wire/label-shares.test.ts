import assert from 'node:assert/strict';
import { SeededRandom } from '../../../gateway/platform';
import { decodeShares, encodeShares } from '../../../gateway/wire';

describe('the shares of labels on the wire', () => {
  it('keep the logarithm of any share from a hundredth on to an eighth, and are in quarters', () => {
    const random = new SeededRandom(4);
    const shares = Array.from({ length: 200 }, () => Math.exp(Math.log(0.0111) * random.uniform()));
    const logs = decodeShares(encodeShares([...shares, 1]), 201)!;
    shares.forEach((share, i) => {
      assert.ok(Math.abs(logs[i]! - Math.log(share)) <= 1 / 8 + 1e-6, `${share}`);
      assert.equal(logs[i]! * 4, Math.round(logs[i]! * 4));
    });
    assert.equal(logs[200], -0);
    assert.deepEqual([...decodeShares(encodeShares([1e-30]), 1)!], [-4.5]);
    assert.deepEqual([...decodeShares(Uint8Array.of(255), 1)!], [Math.fround(Math.log(0.01))], 'a lie');
  });

  it('are not understood if their number is another one than that of the labels', () => {
    assert.equal(decodeShares(Uint8Array.of(1, 2), 3), undefined);
    assert.equal(decodeShares(undefined, 3), undefined);
    assert.equal(decodeShares(new Uint8Array(), 0), undefined);
  });
});
