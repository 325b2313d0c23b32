import assert from 'node:assert/strict';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

interface Numbers {
  bytes(count: number, round?: (value: number) => number): string;
  number(text: string): number | string;
}

const file = join(__dirname, '..', '..', 'resources', 'task-dialog', 'numbers.mjs');

describe('the figures of the task dialog', () => {
  let numbers: Numbers;
  before(async () => {
    numbers = (await import(pathToFileURL(file).href)) as Numbers;
  });

  for (const [count, shown, needed] of [
    [1000, '1000 B', '1000 B'],
    [1025, '1.0 KB', '1.1 KB'],
    [68_000, '66 KB', '67 KB'],
    [1_100_000, '1.0 MB', '1.1 MB'],
  ] as const)
    it(`show ${count} bytes as ${shown}, and as ${needed} if that is needed at least`, () => {
      assert.equal(numbers.bytes(count), shown);
      assert.equal(numbers.bytes(count, Math.ceil), needed);
    });

  it('are read with a point or a comma', () => {
    const shown = ['0.5', '0,5', '-1,25', ' 3 ', '1,000,000', 'RATE', ''].map((text) => numbers.number(text));
    assert.deepEqual(shown, [0.5, 0.5, -1.25, 3, '1,000,000', 'RATE', '']);
  });

  it('are not read where a comma may be that of thousands, so that nobody trains with 1 in place of 1000', () => {
    const shown = ['1,000', '-12,500', '125,250', '0,125', '1000,125', '1,25', '1.125'].map((text) =>
      numbers.number(text),
    );
    assert.deepEqual(shown, ['1,000', '-12,500', '125,250', 0.125, 1000.125, 1.25, 1.125]);
  });
});
