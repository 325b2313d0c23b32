import assert from 'node:assert/strict';
import { choosePeople } from '../../../nodes/ftte-replay/people';

const ten = Array.from({ length: 10 }, (_, i) => String(i + 1));

describe('whom a replay plays', () => {
  const cases: [string, string, readonly string[]][] = [
    ['everybody for an empty text', ' ', ten],
    ['those that are named, in the order of the source', '7, 2,9', ['2', '7', '9']],
    ['ranges of numbers', '2-4,9', ['2', '3', '4', '9']],
    ['those of a range that are there', '9-20', ['9', '10']],
    ['the first third', '1/3', ['1', '2', '3']],
    ['the last third', '3/3', ['7', '8', '9', '10']],
  ];
  for (const [title, text, chosen] of cases) {
    it(`is ${title}: "${text}"`, () => assert.deepEqual(choosePeople(text, ten), chosen));
  }

  it('shares everybody out: no one twice, no one left out', () => {
    for (const parts of [1, 2, 3, 4, 7, 10]) {
      const all = Array.from({ length: parts }, (_, i) => choosePeople(`${i + 1}/${parts}`, ten)).flat();
      assert.deepEqual(all, ten);
    }
  });

  it('finds people by the number at the end of their name', () => {
    const people = ['person-1', 'person-2', 'person-3'];
    assert.deepEqual(choosePeople('2-3', people), ['person-2', 'person-3']);
  });

  for (const text of ['anna', '11-20', '0/3', '4/3', '1/20']) {
    it(`refuses "${text}" and says who is there`, () => {
      assert.throws(() => choosePeople(text, ten), { code: 'config-invalid', message: /has 10: 1, 2, 3/ });
    });
  }
});
