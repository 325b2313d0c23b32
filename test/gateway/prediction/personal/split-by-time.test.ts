import assert from 'node:assert/strict';
import {
  newerThan,
  newestWindows,
  overlapOf,
  splitsByTime,
} from '../../../../gateway/prediction/personal/split-by-time';

const sample = (id: number, label: number) => ({ id, label, window: new Float32Array(0) });
const newestSplit = (samples: Parameters<typeof splitsByTime>[0], overlap: number) =>
  splitsByTime(samples, overlap).at(-1)!;
const ids = (samples: readonly { readonly id: number }[]) =>
  samples.map(({ id }) => id).sort((a, b) => a - b);

describe('own windows divided by time', () => {
  it('keeps the newest quarter of each label out, whatever the order of the store', () => {
    const samples = [8, 3, 1, 6, 2, 7, 5, 4].map((id) => sample(id, 0));
    samples.push(...[12, 11, 10, 9].map((id) => sample(id, 1)));
    const { adapt, keptOut } = newestSplit(samples, 0);
    assert.deepEqual(ids(keptOut), [7, 8, 12]);
    assert.deepEqual(ids(adapt), [1, 2, 3, 4, 5, 6, 9, 10, 11]);
  });

  it('has each quarter but the first judge what the windows before it adapt', () => {
    const samples = [1, 2, 3, 4, 5, 6, 7, 8].map((id) => sample(id, 0));
    samples.push(...[9, 10].map((id) => sample(id, 1)));
    assert.deepEqual(
      splitsByTime(samples, 0).map(({ adapt, keptOut }) => [ids(adapt), ids(keptOut)]),
      [
        [
          [1, 2],
          [3, 4],
        ],
        [
          [1, 2, 3, 4],
          [5, 6],
        ],
        [
          [1, 2, 3, 4, 5, 6, 9],
          [7, 8, 10],
        ],
      ],
    );
  });

  it('keeps one window of a rare label out, so that it is not lost unnoticed', () => {
    const samples = [sample(1, 0), sample(2, 0), sample(3, 1)];
    const { adapt, keptOut } = newestSplit(samples, 0);
    assert.deepEqual([ids(adapt), ids(keptOut)], [[1, 3], [2]]);
  });

  it('are the newest if there are too many', () => {
    const samples = [40, 7, 3, 12, 25, 9].map((id) => sample(id, 0));
    assert.deepEqual(ids(newestWindows(samples, 2)), [25, 40]);
    assert.deepEqual(ids(newestWindows(samples, 5)), [7, 9, 12, 25, 40]);
    assert.equal(newestWindows(samples, 6), samples);
  });

  it('leaves out windows that may share readings with those kept out', () => {
    const samples = Array.from({ length: 8 }, (_, i) => sample(i + 1, 0));
    const { adapt } = newestSplit(samples, 2);
    assert.deepEqual(ids(adapt), [1, 2, 3, 4]);
    assert.deepEqual(ids(newerThan(4, samples, 2)), [7, 8]);
    assert.equal(overlapOf({ length: 128, hop: 64 }), 1);
    assert.equal(overlapOf({ length: 128, hop: 128 }), 0);
    assert.equal(overlapOf({ length: 100, hop: 30 }), 3);
  });
});
