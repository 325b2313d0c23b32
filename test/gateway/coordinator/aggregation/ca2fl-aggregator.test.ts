import { deepEqual, equal, ok } from 'node:assert/strict';
import fc from 'fast-check';
import type { Segment } from '../../../../gateway/model';
import { contribution } from './contributions';
import { close, combine, rule } from './rules';

describe('the CA2FL rule', () => {
  const from = (gateway: string, delta: number[], fields = {}) => contribution(delta, { gateway, ...fields });
  const values = (...[aggregator, list]: Parameters<typeof combine>) => combine(aggregator, list).values;

  it('agrees with buffers worked by hand', () => {
    const aggregator = rule({ kind: 'ca2fl' });
    // Nothing is cached: h = 0 and the mean of the buffer. Then h_a = 4, h_b = 2.
    close(values(aggregator, [from('a', [4]), from('b', [2])]), [3]);
    // h = 3; c is new, so its h_i is h. v = 3 + ((6 - 4) + (9 - 3)) / 2 = 7. Then h_a = 6, h_c = 9.
    close(values(aggregator, [from('a', [6]), from('c', [9])]), [7]);
    // h = (6 + 2 + 9) / 3 = 17/3, v = 17/3 + ((5 - 6) + (1 - 2)) / 2 = 14/3.
    close(values(aggregator, [from('a', [5]), from('b', [1])]), [14 / 3]);
  });

  it('keeps gateways that send seldom in the mean', () => {
    const aggregator = rule({ kind: 'ca2fl' });
    combine(aggregator, [from('fast', [1]), from('slow', [-1])]);
    // FedBuff would step 1 each time; the slow gateway's last update balances it.
    for (let i = 0; i < 5; i++) close(values(aggregator, [from('fast', [1])]), [0]);
  });

  it('does not count a new gateway on top of the mean: if all updates are the same, that is the step', () => {
    const aggregator = rule({ kind: 'ca2fl' });
    close(values(aggregator, [from('a', [2]), from('b', [2])]), [2]);
    close(values(aggregator, [from('c', [2]), from('d', [2])]), [2]);
  });

  it('compares two contributions of one gateway with what it sent before the buffer', () => {
    const aggregator = rule({ kind: 'ca2fl' });
    combine(aggregator, [from('a', [2])]);
    // h = 2, v = 2 + ((4 - 2) + (6 - 2)) / 2 = 5; the later one stays.
    close(values(aggregator, [from('a', [4]), from('a', [6])]), [5]);
    close(values(aggregator, [from('a', [6])]), [6]);
  });

  it('calibrates each coordinate by the plans that hold it', () => {
    const aggregator = rule({ kind: 'ca2fl' });
    const wide = {
      segments: [
        { offset: 0, length: 1 },
        { offset: 2, length: 2 },
      ],
    };
    const narrow = { segments: [{ offset: 1, length: 2 }] };
    combine(aggregator, [from('a', [1, 3, 5], wide), from('b', [8, 7], narrow)]);
    // Means of the last updates: 1, 8, (3 + 7) / 2 = 5, 5. Now a sends on [1, 4): its last update there is none (8), 3, 5.
    const list = [from('a', [10, 10, 10], { segments: [{ offset: 1, length: 3 }] })];
    const { values: got, pseudoGradient } = combine(aggregator, list);
    deepEqual(pseudoGradient.held, [{ offset: 1, length: 3 }]);
    close(got.slice(1, 4), [8 + (10 - 8), 5 + (10 - 3), 5 + (10 - 5)]);
  });

  it('forgets the gateways with the oldest updates when its memory is full', () => {
    // An update of one value and its plan take 12 bytes.
    const aggregator = rule({ kind: 'ca2fl', cacheBytes: 24 });
    for (const [i, gateway] of ['a', 'b', 'a', 'c'].entries()) combine(aggregator, [from(gateway, [i])]);
    deepEqual([...aggregator.arrays().keys()], ['plan/a', 'delta/a', 'plan/c', 'delta/c', 'sums']);
    // The mean is that of a's 2 and c's 3.
    close(values(aggregator, [from('new', [2.5])]), [2.5]);
    combine(aggregator, [from('huge', [1, 2, 3, 4, 5])]);
    equal(aggregator.arrays().has('delta/huge'), false);
  });

  it('keeps plans with the largest offsets exactly in a checkpoint', () => {
    const aggregator = rule({ kind: 'ca2fl' });
    const segments = [
      { offset: 16_777_217, length: 1 },
      { offset: 0x7fc0_0001, length: 1 },
    ];
    aggregator.restore(
      new Map([
        [
          'plan/a',
          new Float32Array(
            Uint32Array.from(segments.flatMap(({ offset, length }) => [offset, length])).buffer,
          ),
        ],
        ['delta/a', Float32Array.of(1, 2)],
      ]),
    );
    const plan = aggregator.arrays().get('plan/a');
    deepEqual([...new Uint32Array(plan?.buffer ?? new ArrayBuffer(0))], [16_777_217, 1, 0x7fc0_0001, 1]);
  });

  it('agrees with a reference that stores every number by name, for any plans and gateways', () => {
    const size = 8;
    const coordinates = fc
      .uniqueArray(fc.nat(size - 1), { minLength: 1 })
      .map((list) => list.sort((a, b) => a - b));
    const update = coordinates.chain((held) =>
      fc.record({
        gateway: fc.constantFrom('a', 'b', 'c', 'd'),
        values: fc.array(fc.integer({ min: -9, max: 9 }), { minLength: held.length, maxLength: held.length }),
        held: fc.constant(held),
      }),
    );
    const buffers = fc.array(fc.array(update, { minLength: 1, maxLength: 4 }), {
      minLength: 1,
      maxLength: 6,
    });
    fc.assert(
      fc.property(buffers, (list) => {
        const aggregator = rule({ kind: 'ca2fl' });
        const last = new Map<string, Map<number, number>>();
        for (const buffer of list) {
          const got = combine(
            aggregator,
            buffer.map(({ gateway, values, held }) => from(gateway, values, { segments: runs(held) })),
            0,
            size,
          );
          for (let i = 0; i < size; i++) {
            const all = [...last.values()].flatMap((own) => own.get(i) ?? []);
            const h = mean(all);
            const holders = buffer.filter(({ held }) => held.includes(i));
            if (holders.length === 0) continue;
            const calibrated = holders.map(
              ({ gateway, values, held }) => values[held.indexOf(i)]! - (last.get(gateway)?.get(i) ?? h),
            );
            ok(Math.abs(got.values[i]! - (h + mean(calibrated))) < 1e-9);
          }
          for (const { gateway, values, held } of buffer) {
            last.set(gateway, new Map(held.map((coordinate, k) => [coordinate, values[k]!])));
          }
        }
      }),
    );
  });
});

const mean = (list: readonly number[]) =>
  list.length === 0 ? 0 : list.reduce((sum, value) => sum + value, 0) / list.length;

/** Coordinates, ascending, as merged runs. */
function runs(coordinates: readonly number[]): Segment[] {
  const segments: { offset: number; length: number }[] = [];
  for (const coordinate of coordinates) {
    const run = segments.at(-1);
    if (run && run.offset + run.length === coordinate) run.length++;
    else segments.push({ offset: coordinate, length: 1 });
  }
  return segments;
}
