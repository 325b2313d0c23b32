import assert from 'node:assert/strict';
import { counted } from '../../../gateway/platform';

describe('a number with its noun', () => {
  it('has the noun in the singular for one, and in the plural for none and several', () => {
    assert.deepEqual(
      [0, 1, 2].map((count) => counted(count, 'sample')),
      ['0 samples', '1 sample', '2 samples'],
    );
    assert.equal(counted(1, 'person', 'people'), '1 person');
    assert.equal(counted(3, 'person', 'people'), '3 people');
  });
});
