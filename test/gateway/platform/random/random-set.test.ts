import assert from 'node:assert/strict';
import { RandomSet, SeededRandom } from '../../../../gateway/platform';

describe('a random set', () => {
  it('draws each member once, and no member that was removed', () => {
    const random = new SeededRandom(3);
    const set = new RandomSet<number>();
    for (let i = 0; i < 20; i++) set.add(i);
    set.add(3);
    assert.ok(set.remove(7));
    assert.equal(set.remove(7), false);
    const drawn: number[] = [];
    for (let member = set.draw(random); member !== undefined; member = set.draw(random)) drawn.push(member);
    assert.deepEqual(
      drawn.sort((a, b) => a - b),
      Array.from({ length: 20 }, (_, i) => i).filter((i) => i !== 7),
    );
  });
});
