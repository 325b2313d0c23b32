import assert from 'node:assert/strict';
import fc from 'fast-check';
import { CatchUps, differing } from '../../../../gateway/coordinator/fleet';
import { scatterAdd } from '../../../../gateway/model';
import { SeededRandom } from '../../../../gateway/platform';
import {
  asReceived,
  decodeTensor,
  type ParameterChange,
  type TensorEncoding,
} from '../../../../gateway/wire';
import { encodeChange } from '../../../../gateway/wire/messages/fields';

/** Catch-ups that begin at the anchor itself. */
function from(anchor: Float32Array, encoding: TensorEncoding = 'float32') {
  const catchUps = new CatchUps(anchor, encoding, new SeededRandom(1));
  catchUps.to(0, anchor, '');
  return (version: number, parameters: Float32Array) => catchUps.to(version, parameters, '').catchUp;
}

const apply = (parameters: Float32Array, { segments, delta }: ParameterChange) => {
  const there = parameters.slice();
  scatterAdd(there, segments, asReceived(delta.values, delta.encoding));
  return there;
};

describe('catch-ups', () => {
  it('hold the difference on the coordinates that differ, and no others', () => {
    const anchor = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8);
    const now = Float32Array.of(1, 2.5, 3.5, 4, 5, 6, 7, 9);
    const { segments, delta } = from(anchor)(3, now);
    assert.deepEqual(segments, [
      { offset: 1, length: 2 },
      { offset: 7, length: 1 },
    ]);
    assert.deepEqual(delta, { encoding: 'float32', values: Float32Array.of(0.5, 0.5, 1) });
  });

  it('are finite, however large the parameters of an imported model are', () => {
    const huge = Float32Array.of(70_000, -3e30, 1, 2);
    for (const encoding of ['float32', 'float16', 'int8'] as const) {
      const seeded = new Float32Array(4);
      const catchUps = new CatchUps(seeded, encoding, new SeededRandom(1));
      const first = catchUps.to(0, huge, '');
      assert.ok(first.anchor?.fromSeed);
      assert.deepEqual(apply(apply(seeded, first.anchor.fromSeed), first.catchUp), huge);
      const later = catchUps.to(1, Float32Array.of(140_001, -3e30, 1, 2), first.anchor.id);
      const there = apply(apply(seeded, first.anchor.fromSeed), later.catchUp);
      assert.ok(Math.abs(there[0]! - 140_001) < 1, `${there}`);
    }
  });

  it('are empty at the anchor itself', () => {
    const anchor = Float32Array.of(1, 2);
    assert.deepEqual(from(anchor, 'int8')(0, anchor.slice()).segments, []);
  });

  it('include a gap of one or two: another segment would cost as much', () => {
    const runs = (...values: number[]) =>
      differing(new Float32Array(values.length), Float32Array.from(values));
    assert.deepEqual(runs(1, 0, 0, 1), [{ offset: 0, length: 4 }]);
    assert.deepEqual(runs(1, 0, 0, 0, 1), [
      { offset: 0, length: 1 },
      { offset: 4, length: 1 },
    ]);
  });

  it('are calculated once per version', () => {
    const to = from(new Float32Array(2), 'int8');
    const first = to(1, Float32Array.of(1, 2));
    assert.equal(to(1, Float32Array.of(1, 2)), first);
    assert.notEqual(to(2, Float32Array.of(1, 2)), first);
  });

  for (const encoding of ['float32', 'float16', 'int8', 'coarse'] as const) {
    it(`bring a gateway from the anchor to the version, as exactly as ${encoding} can, whatever came before`, () => {
      const vector = fc.float32Array({ min: -8, max: 8, noNaN: true, minLength: 40, maxLength: 40 });
      fc.assert(
        fc.property(
          vector,
          vector,
          fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }),
          (anchor, moved, held) => {
            const now = anchor.map((value, i) => (held[i] ? (moved[i] as number) : value));
            const there = apply(anchor, from(anchor, encoding)(1, now));
            const most = { float32: 2 ** -19, float16: 2 ** -7, int8: 16 / 253, coarse: 6 }[encoding];
            there.forEach((value, i) => {
              if (anchor[i] === now[i]) assert.ok(value === now[i], 'what never changed is exact');
              else assert.ok(Math.abs(value - (now[i] as number)) <= most, `${value} for ${now[i]}`);
            });
          },
        ),
      );
    });
  }

  it('are coarse by default, and finer where the model moves little beside its way from the seed', () => {
    const random = new SeededRandom(3);
    const now = new Float32Array(1000).map(() => random.normal());
    const errorWith = (average?: Float32Array) => {
      const catchUps = new CatchUps(new Float32Array(1000), 'auto', new SeededRandom(1));
      catchUps.to(0, new Float32Array(1000), '');
      const change = catchUps.to(1, now, '', average).catchUp;
      assert.equal(change.delta.encoding, 'coarse');
      const there = decodeTensor(encodeChange(change).delta);
      return Math.max(...there.map((value, i) => Math.abs(value - now[i]!)));
    };
    const plain = errorWith();
    assert.ok(plain > 0.6 && plain < 0.8, `half a step of one and a half of the size: ${plain}`);
    const away = (distance: number) => now.map((value) => value + distance);
    assert.equal(errorWith(away(1)), plain);
    assert.ok(errorWith(away(0.01)) <= 0.061, 'half of twelve times the movement');
    assert.ok(errorWith(away(1e-6)) > 0.005, 'but never finer than the lower bound');
  });

  it('carry what they round away into the next one, so that no small change is missing in the long run', () => {
    const random = new SeededRandom(5);
    const now = new Float32Array(400).map(() => random.normal());
    const catchUps = new CatchUps(new Float32Array(400), 'auto', new SeededRandom(1));
    catchUps.to(0, new Float32Array(400), '');
    const mean = new Float64Array(400);
    const versions = 50;
    for (let version = 1; version <= versions; version++) {
      const received = decodeTensor(encodeChange(catchUps.to(version, now, '').catchUp).delta);
      received.forEach((value, i) => {
        mean[i]! += value / versions;
      });
    }
    now.forEach((value, i) => {
      assert.ok(Math.abs(mean[i]! - value) < 0.05, `${mean[i]} for ${value}`);
    });
  });

  it('start from the first version if all of it differs from the seed; each gateway gets that version once', () => {
    const seeded = Float32Array.of(1, 2, 3, 4, 5, 6);
    const warm = seeded.map((value) => value + 0.123);
    const catchUps = new CatchUps(seeded, 'float32', new SeededRandom(1));
    const first = catchUps.to(1, warm, '');
    assert.ok(first.anchor?.fromSeed);
    assert.equal(first.anchor.fromSeed.delta.encoding, 'float16');
    assert.deepEqual(first.catchUp.segments, [], 'at the anchor nothing has changed since');
    const anchor = apply(seeded, first.anchor.fromSeed);
    anchor.forEach((value, i) => {
      assert.ok(Math.abs(value - (warm[i] as number)) < 1e-4);
    });

    const later = warm.slice();
    later[4] = 9;
    const next = catchUps.to(2, later, first.anchor.id);
    assert.deepEqual(next.anchor, { id: first.anchor.id }, 'a gateway that holds it does not get it again');
    assert.deepEqual(next.catchUp.segments, [{ offset: 4, length: 1 }]);
    assert.equal(apply(anchor, next.catchUp)[4], 9, 'the catch-up corrects the rounding of the anchor');
    assert.ok(catchUps.to(2, later, 'another').anchor?.fromSeed);
  });

  it('continue from the seed however far the model moves from it', () => {
    const seeded = new Float32Array(4);
    const catchUps = new CatchUps(seeded, 'int8', new SeededRandom(1));
    catchUps.to(0, seeded, '');
    assert.equal(catchUps.to(1, Float32Array.of(1, 2, 3, 4), '').anchor, undefined);
  });
});
