import { deepEqual, equal, ok, throws } from 'node:assert/strict';
import fc from 'fast-check';
import { PseudoGradient } from '../../../../gateway/coordinator/aggregation';
import { GlobalModel, type ModelChange } from '../../../../gateway/coordinator/model/global-model';
import { SgdServer } from '../../../../gateway/coordinator/server-optimiser';
import { type Segment, scatterAdd } from '../../../../gateway/model';
import { unionSegments } from '../../../../gateway/model/segments';
import { FtteError, runSync, SeededRandom } from '../../../../gateway/platform';
import { asReceived, type TensorEncoding } from '../../../../gateway/wire';
import { contribution } from '../aggregation/contributions';

const server = new SgdServer({ learningRate: 1, momentum: 0 });

function step(
  model: GlobalModel,
  delta: number[],
  encoding: TensorEncoding,
  segments?: Segment[],
): ModelChange {
  const direction = new PseudoGradient(model.size);
  runSync(direction.mean([contribution(delta, segments ? { segments } : {})], [1]));
  return runSync(model.advance(direction, server, [], encoding));
}

/** Applies a patch as a gateway does. */
function follow(parameters: Float32Array, { segments, delta }: ModelChange): void {
  scatterAdd(parameters, segments, asReceived(delta.values, delta.encoding));
}

describe('the global model', () => {
  it('publishes what gateways will hold, to the last bit, in both encodings', () => {
    for (const encoding of ['float32', 'int8'] as const) {
      const random = new SeededRandom(7);
      const initial = Float32Array.from({ length: 50 }, () => random.normal());
      const model = new GlobalModel(initial, 10);
      const gateway = initial.slice();
      for (let version = 1; version <= 20; version++) {
        const change = step(
          model,
          Array.from({ length: 50 }, () => random.normal() / version),
          encoding,
        );
        follow(gateway, change);
        deepEqual(gateway, model.parameters.published);
        equal(model.version, version);
      }
    }
  });

  it('carries remainders of rounding into the next patches: the error does not add up', () => {
    const model = new GlobalModel(new Float32Array(2), 1);
    // One coordinate sets the scale; steps of 0.003 are under half a level (1/254) and would vanish for ever.
    for (let i = 0; i < 100; i++) step(model, [i % 2 === 0 ? 1 : -1, 0.003], 'int8');
    ok(Math.abs(model.parameters.exact[1]! - 0.3) < 1e-5);
    ok(Math.abs(model.parameters.published[1]! - 0.3) < 1 / 127);
  });

  it('lists only coordinates that can have changed, in merged segments', () => {
    const model = new GlobalModel(new Float32Array(10), 1);
    const direction = new PseudoGradient(10);
    const runs = [
      contribution([1, 1], { segments: [{ offset: 0, length: 2 }] }),
      contribution([1, 1, 1], {
        segments: [
          { offset: 2, length: 1 },
          { offset: 7, length: 2 },
        ],
      }),
    ];
    runSync(direction.mean(runs, [1, 1]));
    const change = runSync(model.advance(direction, server, [], 'float32'));
    deepEqual(change.segments, [
      { offset: 0, length: 3 },
      { offset: 7, length: 2 },
    ]);
    equal(change.delta.values.length, 5);
  });

  it('sends remainders of other plans when they reach a level of the patch, and not before', () => {
    const model = new GlobalModel(new Float32Array(4), 1);
    const [left, right] = [[{ offset: 0, length: 2 }], [{ offset: 2, length: 2 }]];
    step(model, [1, 0.003], 'int8', left);
    ok(model.parameters.exact[1] !== model.parameters.published[1]);
    deepEqual(step(model, [1, 1], 'int8', right).segments, right);
    // At a scale of 0.01 / 127 the remainder of 0.003 is many levels.
    const change = step(model, [0.01, 0.01], 'int8', right);
    deepEqual(change.segments, [{ offset: 0, length: 4 }]);
    ok(Math.abs(model.parameters.published[1]! - 0.003) < 1e-4);
  });

  it('averages the first versions plainly, and later gives the newest more weight', () => {
    const model = new GlobalModel(new Float32Array(1), 3);
    const means: number[] = [];
    for (const delta of [3, 3, 3, 3]) {
      step(model, [delta], 'float32');
      means.push(model.parameters.average[0]!);
    }
    // Versions 0, 3, 6, 9, 12: (0+3)/2, (0+3+6)/3, then a third of the way to 9 and to 12.
    deepEqual(means, [1.5, 3, 5, 5 + (12 - 5) / 3].map(Math.fround));
  });

  for (const encoding of ['float32', 'int8'] as const) {
    it(`puts back coordinates that would leave the range of float32, and counts them, in ${encoding}`, () => {
      const model = new GlobalModel(Float32Array.of(9e37, 1), 1);
      const change = step(model, [3e38, 1], encoding);
      equal(change.overflowed, 1);
      deepEqual([...model.parameters.published], [Math.fround(9e37), 2]);
      const far = new GlobalModel(Float32Array.of(-9e37, 1), 1);
      equal(step(far, [1.8e38, 1], encoding).overflowed, 0, 'from one end to the other');
      ok(far.parameters.published.every((value) => Math.abs(value) < 1e38));
    });
  }

  it('restores the parameters of a checkpoint under the given number', () => {
    const model = new GlobalModel(new Float32Array(3), 1);
    step(model, [1, 2, 3], 'float32');
    const { exact, published, average } = model.parameters;
    const saved = { exact: exact.slice(), published: published.slice(), average: average.slice() };
    step(model, [1, 2, 3], 'float32');
    model.restore(7, saved);
    equal(model.version, 7);
    deepEqual(model.parameters, saved);
    throws(
      () => model.restore(8, { ...saved, exact: new Float32Array(2) }),
      (error) => error instanceof FtteError && error.code === 'checkpoint-damaged',
    );
  });
});

describe('the union of segments', () => {
  it('holds exactly the coordinates that are in any list, in ascending segments that do not touch', () => {
    const run = fc.record({ offset: fc.nat(60), length: fc.integer({ min: 1, max: 8 }) });
    const list = fc.array(run, { maxLength: 6 }).map((runs) => {
      let end = -1;
      return [...runs]
        .sort((a, b) => a.offset - b.offset)
        .filter(({ offset, length }) => {
          const apart = offset > end;
          if (apart) end = offset + length;
          return apart;
        });
    });
    fc.assert(
      fc.property(fc.array(list, { maxLength: 4 }), (lists) => {
        const expected = new Set<number>();
        for (const { offset, length } of lists.flat())
          for (let i = 0; i < length; i++) expected.add(offset + i);
        const union = unionSegments(lists);
        const got = union.flatMap(({ offset, length }) => Array.from({ length }, (_, i) => offset + i));
        deepEqual(
          got,
          [...expected].sort((a, b) => a - b),
        );
        union.forEach((one, i) => {
          const before = union[i - 1];
          ok(!before || one.offset > before.offset + before.length);
        });
      }),
    );
  });
});
