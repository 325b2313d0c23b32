import { deepEqual, ok } from 'node:assert/strict';
import fc from 'fast-check';
import { atMostSegments } from '../../../gateway/model/segments';

describe('segments beyond what a message takes', () => {
  it('become fewer that hold all of them, the nearest neighbours joined first', () => {
    const runs = [
      { offset: 0, length: 1 },
      { offset: 2, length: 1 },
      { offset: 10, length: 2 },
      { offset: 40, length: 1 },
    ];
    deepEqual(atMostSegments(runs, 4), runs);
    deepEqual(atMostSegments(runs, 3), [{ offset: 0, length: 3 }, runs[2], runs[3]]);
    deepEqual(atMostSegments(runs, 1), [{ offset: 0, length: 41 }]);
    deepEqual(atMostSegments([], 1), []);
  });

  it('are never more than the limit, ascend, and hold each element, whatever they are', () => {
    const lists = fc.array(fc.tuple(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 5 })));
    fc.assert(
      fc.property(lists, fc.integer({ min: 1, max: 5 }), (gaps, limit) => {
        let end = 0;
        const segments = gaps.map(([gap, length]) => {
          const offset = end + gap;
          end = offset + length;
          return { offset, length };
        });
        const fewer = atMostSegments(segments, limit);
        ok(fewer.length <= limit);
        fewer.forEach(({ offset }, i) => {
          const before = fewer[i - 1];
          ok(!before || offset > before.offset + before.length);
        });
        for (const { offset, length } of segments)
          ok(fewer.some((run) => run.offset <= offset && offset + length <= run.offset + run.length));
      }),
    );
  });
});
