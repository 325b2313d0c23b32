import assert from 'node:assert/strict';
import fc from 'fast-check';
import { CatchUps, differing } from '../../../gateway/coordinator/participation';
import { scatterAdd } from '../../../gateway/task';
import { asReceived } from '../../../gateway/wire';

describe('catch-ups', () => {
  it('hold the difference where there is one, and nothing of what never changed', () => {
    const anchor = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8);
    const now = Float32Array.of(1, 2.5, 3.5, 4, 5, 6, 7, 9);
    const { segments, delta } = new CatchUps(anchor, 'float32').to(3, now);
    assert.deepEqual(segments, [
      { offset: 1, length: 2 },
      { offset: 7, length: 1 },
    ]);
    assert.deepEqual(delta, { encoding: 'float32', values: Float32Array.of(0.5, 0.5, 1) });
  });

  it('are empty at the anchor itself', () => {
    const anchor = Float32Array.of(1, 2);
    assert.deepEqual(new CatchUps(anchor, 'int8').to(0, anchor.slice()).segments, []);
  });

  it('send a gap of one or two along: another run would cost as much', () => {
    const runs = (...values: number[]) =>
      differing(new Float32Array(values.length), Float32Array.from(values));
    assert.deepEqual(runs(1, 0, 0, 1), [{ offset: 0, length: 4 }]);
    assert.deepEqual(runs(1, 0, 0, 0, 1), [
      { offset: 0, length: 1 },
      { offset: 4, length: 1 },
    ]);
  });

  it('are made once a version', () => {
    const catchUps = new CatchUps(new Float32Array(2), 'int8');
    const first = catchUps.to(1, Float32Array.of(1, 2));
    assert.equal(catchUps.to(1, Float32Array.of(1, 2)), first);
    assert.notEqual(catchUps.to(2, Float32Array.of(1, 2)), first);
  });

  for (const encoding of ['float32', 'float16', 'int8'] as const) {
    it(`bring a gateway from the anchor to the version, as near as ${encoding} is, whatever came before`, () => {
      const vector = fc.float32Array({ min: -8, max: 8, noNaN: true, minLength: 40, maxLength: 40 });
      fc.assert(
        fc.property(
          vector,
          vector,
          fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }),
          (anchor, moved, held) => {
            const now = anchor.map((value, i) => (held[i] ? (moved[i] as number) : value));
            const { segments, delta } = new CatchUps(anchor, encoding).to(1, now);
            const there = anchor.slice();
            scatterAdd(there, segments, asReceived(delta.values, delta.encoding));
            const most = { float32: 2 ** -19, float16: 2 ** -7, int8: 16 / 253 }[encoding];
            there.forEach((value, i) => {
              if (anchor[i] === now[i]) assert.ok(value === now[i], 'what never changed is exact');
              else assert.ok(Math.abs(value - (now[i] as number)) <= most, `${value} for ${now[i]}`);
            });
          },
        ),
      );
    });
  }
});
