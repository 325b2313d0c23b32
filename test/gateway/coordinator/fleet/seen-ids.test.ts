import { deepEqual, equal } from 'node:assert/strict';
import fc from 'fast-check';
import { SeenIds } from '../../../../gateway/coordinator/fleet/seen-ids';

const hex = (number: number) => number.toString(16).padStart(16, '0');
/** Few ids, so that some repeat. */
const id = fc.nat(12).map((number) => hex(number * 0xfffffff1));

describe('the memory of accepted ids', () => {
  it('is bounded and forgets the oldest first', () => {
    const seen = new SeenIds(3);
    for (const number of [1, 2, 3, 4]) seen.add(hex(number));
    equal(seen.size, 3);
    deepEqual(
      [1, 2, 3, 4].map((number) => seen.has(hex(number))),
      [false, true, true, true],
    );
  });

  it('holds what a list would, whatever is added and deleted', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.array(fc.record({ id, adds: fc.boolean() })),
        (limit, steps) => {
          const seen = new SeenIds(limit);
          let list: string[] = [];
          for (const step of steps) {
            list = list.filter((known) => step.adds || known !== step.id);
            if (step.adds && !list.includes(step.id)) list = [...list, step.id].slice(-limit);
            if (step.adds) seen.add(step.id);
            else seen.delete(step.id);
          }
          equal(Buffer.from(seen.bytes).toString('hex'), list.join(''));
          equal(seen.size, list.length);
          for (let number = 0; number <= 12; number++) {
            const one = hex(number * 0xfffffff1);
            equal(seen.has(one), list.includes(one));
          }
          const again = new SeenIds(limit);
          again.addBytes(seen.bytes);
          deepEqual(again.bytes, seen.bytes);
        },
      ),
    );
  });

  it('distinguishes ids that differ in any one digit', () => {
    const seen = new SeenIds(4);
    seen.add('0123456789abcdef');
    for (let digit = 0; digit < 16; digit++) {
      const other = [...'0123456789abcdef'];
      other[digit] = other[digit] === 'f' ? '0' : 'f';
      equal(seen.has(other.join('')), false, other.join(''));
    }
  });
});
