import assert from 'node:assert/strict';
import { CurveHistory } from '../../../../nodes/runtime';

describe('the history of a curve', () => {
  const limits = { fine: 10, coarse: 20 };
  const filled = (count: number) => {
    const history = new CurveHistory<number>(limits);
    for (let i = 0; i < count; i++) history.add(i);
    return history;
  };

  it('keeps every point while there is room', () => {
    assert.deepEqual(
      filled(30).points,
      Array.from({ length: 30 }, (_, i) => i),
    );
  });

  it('keeps all of the newest points, and earlier ones at equal distances', () => {
    const { points, added } = filled(1000);
    assert.equal(added, 1000);
    assert.deepEqual(
      points.slice(-10),
      Array.from({ length: 10 }, (_, i) => 990 + i),
    );
    const earlier = points.slice(0, -10);
    assert.ok(earlier.length > 10 && earlier.length <= 20, String(earlier.length));
    const distances = new Set(earlier.slice(1).map((point, i) => point - earlier[i]!));
    assert.equal(distances.size, 1, [...distances].join());
    assert.equal(earlier[0], 0);
  });

  it('gives the points that were added since, as far as they are among the newest', () => {
    const history = filled(25);
    assert.deepEqual(history.after(22), [22, 23, 24]);
    assert.deepEqual(history.after(25), []);
    assert.equal(history.after(0).length, 10);
  });

  it('takes back what it gave, and begins again', () => {
    const history = filled(25);
    const again = new CurveHistory<number>(limits);
    again.restore(history.points);
    assert.deepEqual(again.points, history.points);
    again.clear();
    assert.deepEqual([again.points, again.added], [[], 0]);
  });
});
