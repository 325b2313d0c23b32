import assert from 'node:assert/strict';
import { FtteError } from '../../../gateway/platform';
import { parseTask } from '../../../gateway/task';

const channels = (count: number) => Array.from({ length: count }, (_, k) => ({ name: `c${k}` }));

/** Tasks that schema and shapes allow, each a line of text and gigabytes of numbers. */
const tooLarge: readonly [string, object, RegExp][] = [
  [
    'of the widest dense layer behind the longest window',
    {
      input: { channels: channels(64), rateHz: 1, length: 65_536, hop: 1 },
      model: { layers: [{ type: 'flatten' }, { type: 'dense', units: 4096 }, { type: 'dense', units: 2 }] },
    },
    /has 17179\d+ parameters, expected at most 2096128/,
  ],
  [
    'with few parameters and many numbers between its layers',
    {
      input: { channels: channels(1), rateHz: 1, length: 65_536, hop: 1 },
      model: {
        layers: [
          { type: 'conv1d', filters: 512, kernel: 1, padding: 'same' },
          { type: 'globalaveragepool1d' },
          { type: 'dense', units: 2 },
        ],
      },
    },
    /layer 0 \(conv1d\): gives 33554432 numbers, expected at most 16777216/,
  ],
];

describe('a model', () => {
  for (const [what, task, pattern] of tooLarge) {
    it(`${what} is refused by its shapes, before anything of its size is allocated`, () => {
      const before = process.memoryUsage().arrayBuffers;
      assert.throws(
        () => parseTask({ name: 'large', labels: ['a', 'b'], ...task }),
        (error) =>
          error instanceof FtteError && error.code === 'model-invalid' && pattern.test(error.message),
      );
      assert.ok(process.memoryUsage().arrayBuffers - before < 1024 * 1024);
    });
  }

  it('as large as a snapshot can carry is taken', () => {
    const task = parseTask({
      name: 'large',
      input: { channels: channels(1), rateHz: 1, length: 65_536, hop: 1 },
      labels: ['a', 'b'],
      model: { layers: [{ type: 'flatten' }, { type: 'dense', units: 31 }, { type: 'dense', units: 2 }] },
    });
    assert.equal(task.name, 'large');
  });
});
