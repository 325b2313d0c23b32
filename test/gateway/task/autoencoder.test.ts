import assert from 'node:assert/strict';
import fc from 'fast-check';
import { sizeOf } from '../../../gateway/model';
import { parseTask, presetSizes, taskModel } from '../../../gateway/task';

describe('the autoencoder preset', () => {
  it('gives back a window of any length and channels, through a code of a quarter of its numbers at most', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 4, max: 700 }),
        fc.integer({ min: 1, max: 9 }),
        fc.constantFrom(...presetSizes),
        (length, count, size) => {
          const channels = Array.from({ length: count }, (_, i) => ({ name: `c${i}` }));
          const model = taskModel(
            parseTask({
              name: 'odd',
              kind: 'anomaly',
              input: { channels, rateHz: 1, length, hop: 1 },
              model: { preset: 'autoencoder1d', size },
            }),
          );
          assert.deepEqual(model.shapes.at(-1), [length, count]);
          assert.ok(Math.min(...model.shapes.map(sizeOf)) <= (length * count) / 4);
        },
      ),
    );
  });
});
