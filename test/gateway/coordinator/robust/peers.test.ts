import { deepEqual, equal, ok } from 'node:assert/strict';
import fc from 'fast-check';
import { peerAgreements } from '../../../../gateway/coordinator/robust/peers';
import { runSync } from '../../../../gateway/platform';
import { contribution } from '../aggregation/contributions';
import { close } from '../aggregation/rules';

const agreements = (...given: ReturnType<typeof contribution>[]) => runSync(peerAgreements(given));

describe('the agreement of a contribution with its peers', () => {
  it('is the median of its cosines to the others', () => {
    const [one, two, three] = agreements(contribution([3, 0]), contribution([5, 5]), contribution([0, -2]));
    // One has cosines of sqrt(1/2) and 0 to the others, two of sqrt(1/2) and -sqrt(1/2), three of 0 and -sqrt(1/2).
    close([one!, two!, three!], [Math.SQRT1_2 / 2, 0, -Math.SQRT1_2 / 2]);
  });

  it('is the same however many contributions a gateway sends, and none with itself', () => {
    const honest = ['a', 'b', 'c'].map((gateway) => contribution([1, 0], { gateway }));
    const flood = Array.from({ length: 6 }, () => contribution([-1, 0], { gateway: 'x' }));
    deepEqual(agreements(...flood, ...honest), [...flood.map(() => -1), ...honest.map(() => 1)]);
    deepEqual(
      agreements(...flood),
      flood.map(() => undefined),
    );
  });

  it('leaves those with more than half of a buffer of peers as they are, whatever few others send together', () => {
    const few = ['u', 'v'].map((gateway) => contribution([9, 9, 9], { gateway }));
    const honest = ['a', 'b', 'c', 'd'].map((gateway) => contribution([1, -2, 1], { gateway }));
    const found = agreements(...few, ...honest);
    deepEqual(found.slice(0, 2), [0, 0]);
    close(
      found.slice(2).map((one) => one!),
      [1, 1, 1, 1],
    );
  });

  it('is undefined without a peer, for a delta of zeros, and where no parameter is held by two', () => {
    deepEqual(agreements(contribution([1, 1])), [undefined]);
    deepEqual(agreements(contribution([0, 0]), contribution([1, 1])), [undefined, undefined]);
    const apart = contribution([1], { segments: [{ offset: 5, length: 1 }] });
    deepEqual(agreements(contribution([1, 1]), apart), [undefined, undefined]);
  });

  it('compares over the parameters that two plans share, whatever the plans, and with 16 gateways at most', () => {
    const size = 6;
    const plan = fc.subarray([0, 1, 2, 3, 4, 5], { minLength: 1 });
    const value = fc.integer({ min: -9, max: 9 });
    const one = fc.tuple(plan, fc.array(value, { minLength: size, maxLength: size }));
    fc.assert(
      fc.property(fc.array(one, { minLength: 2, maxLength: 40 }), (buffer) => {
        const given = buffer.map(([held, values]) => {
          const segments = held.map((offset) => ({ offset, length: 1 }));
          return contribution(
            held.map((at) => values[at]!),
            { segments },
          );
        });
        const found = runSync(peerAgreements(given));
        const width = Math.min(buffer.length, 16);
        const peers = Array.from({ length: width }, (_, i) => Math.floor((i * buffer.length) / width));
        buffer.forEach(([held, values], i) => {
          const cosines = peers.flatMap((k) => {
            const [others, theirs] = buffer[k]!;
            const both = held.filter((at) => i !== k && others.includes(at));
            const sum = (of: (at: number) => number) => both.reduce((total, at) => total + of(at), 0);
            const lengths =
              Math.sqrt(sum((at) => values[at]! ** 2)) * Math.sqrt(sum((at) => theirs[at]! ** 2));
            return lengths > 0 ? [sum((at) => values[at]! * theirs[at]!) / lengths] : [];
          });
          cosines.sort((a, b) => a - b);
          const middle = cosines.length >> 1;
          const expected =
            cosines.length % 2 === 1 ? cosines[middle] : (cosines[middle - 1]! + cosines[middle]!) / 2;
          if (cosines.length === 0) equal(found[i], undefined);
          else ok(Math.abs(found[i]! - expected!) < 1e-9, `${found[i]}, not ${expected}`);
        });
      }),
      { numRuns: 60 },
    );
  });
});
