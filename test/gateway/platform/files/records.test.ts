import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type FoundRecords, findRecords, frameRecord } from '../../../../gateway/platform';

const magic = 'FTTETST1';
const headBytes = 16;
const record = (body: Uint8Array) => Buffer.concat(frameRecord(magic, [body]));
const file = (bodies: readonly Uint8Array[]) => Buffer.concat(bodies.map(record));
const plain = ({ bodies, ...rest }: FoundRecords) => ({
  bodies: bodies.map((body) => [...body]),
  ...rest,
});
const lists = fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { minLength: 1, maxLength: 8 });

describe('a file of records', () => {
  it('gives back the bodies that were appended', () => {
    fc.assert(
      fc.property(lists, (bodies) => {
        assert.deepEqual(plain(findRecords(magic, file(bodies))), {
          bodies: bodies.map((body) => [...body]),
          torn: 0,
          damaged: 0,
          repaired: 0,
        });
      }),
    );
  });

  it('has a torn end if it is cut anywhere, and nothing is damaged', () => {
    fc.assert(
      fc.property(lists, fc.nat(), (bodies, cut) => {
        const whole = file(bodies);
        const at = cut % whole.length;
        const { bodies: found, torn, damaged } = findRecords(magic, whole.subarray(0, at));
        const ends = bodies.map((_, i) => file(bodies.slice(0, i + 1)).length);
        const kept = ends.filter((end) => end <= at).length;
        assert.equal(found.length, kept);
        assert.equal(torn, at - (ends[kept - 1] ?? 0));
        assert.equal(damaged, 0);
      }),
    );
  });

  it('loses at most the one record whose bytes have changed, and reports it as damaged', () => {
    fc.assert(
      fc.property(lists, fc.nat(), fc.integer({ min: 1, max: 255 }), (bodies, place, change) => {
        const bytes = file(bodies);
        const at = place % bytes.length;
        bytes[at]! ^= change;
        const ends = bodies.map((_, i) => file(bodies.slice(0, i + 1)).length);
        const hit = ends.findIndex((end) => at < end);
        const { bodies: found, torn, damaged, repaired } = findRecords(magic, bytes);
        const others = bodies.filter((_, i) => i !== hit).map((body) => [...body]);
        const all = bodies.map((body) => [...body]);
        const isWhole = found.length === bodies.length;
        assert.deepEqual(
          found.map((body) => [...body]),
          isWhole ? all : others,
        );
        assert.deepEqual([torn, damaged, repaired], isWhole ? [0, 0, 1] : [0, 1, 0]);
        // The magic, and the length: the record between its neighbours has only one.
        if (at - (ends[hit - 1] ?? 0) < 12) assert.ok(isWhole, `${at}`);
      }),
      { numRuns: 500 },
    );
  });

  it('reads on after garbage, whatever its length', () => {
    fc.assert(
      fc.property(lists, fc.uint8Array({ minLength: 1, maxLength: 100 }), lists, (before, garbage, after) => {
        const bytes = Buffer.concat([file(before), garbage, file(after)]);
        const { bodies, damaged } = findRecords(magic, bytes);
        assert.deepEqual(
          bodies.map((body) => [...body]),
          [...before, ...after].map((body) => [...body]),
        );
        assert.equal(damaged, 1);
      }),
    );
  });

  it('does not take a record inside the body of a damaged record for one', () => {
    const inner = record(Buffer.from('invented'));
    const outer = Buffer.concat([Buffer.alloc(20, 1), inner, Buffer.alloc(20, 2)]);
    const bytes = file([Buffer.from('a'), outer, Buffer.from('b')]);
    bytes[record(Buffer.from('a')).length + headBytes + 3]! ^= 1;
    const { bodies, damaged } = findRecords(magic, bytes);
    assert.deepEqual(bodies.map(String), ['a', 'b']);
    assert.equal(damaged, 1);
  });

  it('has a torn end if the system made it longer and did not write the data', () => {
    const whole = record(Buffer.alloc(2000, 7));
    for (const written of [0, 10, 16, 700]) {
      const bytes = Buffer.concat([record(Buffer.from('a')), whole]);
      bytes.fill(0, record(Buffer.from('a')).length + written);
      const { bodies, torn, damaged } = findRecords(magic, bytes);
      assert.deepEqual([bodies.map(String), torn, damaged], [['a'], whole.length, 0], `${written}`);
    }
  });
});
