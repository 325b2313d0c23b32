import { deepEqual, equal, ok } from 'node:assert/strict';
import { NormMemory, strictLimits, wideLimits } from '../../../../gateway/coordinator/robust/norm-memory';

const memoryAfter = (buffers: number[][], limits = wideLimits) => {
  const memory = new NormMemory(limits);
  let count = 0;
  for (const norms of buffers) memory.add(norms.map((norm) => ({ gateway: `g${count++}`, norm })));
  return memory;
};

describe('the memory of norms', () => {
  for (const [what, buffers, usual, most, limit] of [
    ['knows nothing before the first buffer', [], undefined, undefined, undefined],
    ['says the median, and refuses nobody before it knows ten', [[1, 2, 3]], 2, 4, undefined],
    [
      'clips to twice the norm that two thirds stay below, and refuses beyond 4 times',
      [[1, 1, 1, 1, 1.5, 1.5, 2, 2, 9, 9]],
      ...[1.5, 4, 8],
    ],
    [
      'is moved up to the longest of the others by a third',
      [[1, 1, 1, 1, 1, 1.5, 99, 99, 99]],
      1,
      3,
      undefined,
    ],
    [
      'clips to 4 times the usual norm, and refuses beyond 8 times, however many are long',
      [[1, 1, 1, 1, 1, 1, 9, 9, 9, 9]],
      ...[1, 4, 8],
    ],
    [
      'takes a large norm as four times the usual one',
      [
        [1, 2, 3],
        [100, 100],
      ],
      3,
      12,
      undefined,
    ],
    ['learns nothing from deltas of 0', [[0, 0, 0, 5]], 5, 10, undefined],
    [
      'follows a fleet whose norms all grow',
      [
        [1, 1, 1],
        [9, 9, 9, 9],
      ],
      4,
      8,
      undefined,
    ],
    ['keeps the last hundred', [Array(100).fill(1), Array(51).fill(2)], 2, 4, 8],
  ] as const)
    it(what, () => {
      const memory = memoryAfter(buffers as unknown as number[][]);
      deepEqual([memory.usual, memory.most, memory.limit], [usual, most, limit]);
    });

  it('has strict limits, which half of a fleet cannot move', () => {
    const memory = memoryAfter([[1, 1, 1, 1, 1, 1, 9, 9, 9, 9]], strictLimits);
    deepEqual([memory.usual, memory.most, memory.limit], [1, 1.5, 4]);
  });

  it('gives each gateway one voice, however often it sends and in how many buffers', () => {
    const memory = new NormMemory(wideLimits);
    const of = (gateway: string, norm: number) => ({ gateway, norm });
    for (let i = 0; i < 10; i++) memory.add([of('x', 0.001), of('x', 0.002)]);
    for (const gateway of ['a', 'b', 'c', 'd']) memory.add([of(gateway, 1)]);
    // Those of the first buffers are the scale at first: 1 counts as four times 0.002, and so on.
    memory.add(['a', 'b', 'c', 'd', 'x'].map((gateway) => of(gateway, gateway === 'x' ? 0.002 : 1)));
    ok(memory.usual! > 0.002, `${memory.usual}`);
    const other = new NormMemory(wideLimits);
    other.restore(memory.array, memory.gateways);
    equal(other.usual, memory.usual);
  });

  it('is the same after a restart, and takes nothing strange from a file', () => {
    const memory = memoryAfter([
      [0.1, 0.2, 0.7],
      [3, 1e-9],
    ]);
    const other = new NormMemory(wideLimits);
    other.restore(memory.array, memory.gateways);
    equal(other.usual, memory.usual);
    deepEqual(other.array, memory.array);
    other.restore([Number.NaN, -1, Number.POSITIVE_INFINITY, 4]);
    equal(other.usual, 4);
  });
});
