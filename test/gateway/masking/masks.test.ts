import assert from 'node:assert/strict';
import {
  addMasks,
  Committee,
  checkSegment,
  committeeSize,
  depositsOf,
  drawSeeds,
  levelStep,
  levelsOf,
  makeOffer,
  maskKey,
  maskShare,
  maskUpdate,
  mostLevel,
  mostListed,
  nameOf,
  type OpeningList,
  openDeposit,
  openSum,
  quorumOf,
  seedsHeldBy,
  seedsOfResponder,
  subsetsOf,
} from '../../../gateway/masking';
import { mostCoordinates, mostRuns } from '../../../gateway/masking/opening/opening-list';
import type { Segment } from '../../../gateway/model';
import { segmentsSize } from '../../../gateway/model';
import { runSync } from '../../../gateway/platform';
import { Identity } from '../../../gateway/security';
import { maxValues } from '../../../gateway/wire/encodings/encoding';
import { maxSegments } from '../../../gateway/wire/messages/segment-code';
import { seededEntropy } from '../security/support';
import { testCommittee, testGateway, testUniform, updateId } from './committee-kit';

const names = {
  federation: 'clinic',
  epoch: '0'.repeat(64),
  gateway: 'g0',
  setup: '1'.repeat(16),
  update: updateId(1),
};
const key = (change: Partial<typeof names> = {}, index = 0) =>
  maskKey(new Uint8Array(32).fill(7), index, { ...names, ...change });

/** The masks of coordinates. */
function masks(segments: readonly Segment[], of = key()): Uint16Array {
  const into = new Uint16Array(segmentsSize(segments));
  runSync(addMasks(of, segments, into));
  return into;
}

describe('the masks of an update', () => {
  it('are those of the coordinate, whatever the plan is', () => {
    const whole = masks([{ offset: 0, length: 100_000 }]);
    for (const segments of [
      [
        { offset: 3, length: 5 },
        { offset: 40_001, length: 9 },
      ],
      [
        { offset: 32_760, length: 20 },
        { offset: 32_781, length: 1 },
      ],
      [{ offset: 99_999, length: 1 }],
      Array.from({ length: 500 }, (_, i) => ({ offset: 7 * i + 1, length: 3 })),
    ]) {
      const expected = segments.flatMap(({ offset, length }) => [...whole.subarray(offset, offset + length)]);
      assert.deepEqual([...masks(segments)], expected);
    }
  });

  it('differ between updates of one shape, between gateways, seeds, setups, committees and federations', () => {
    const run = [{ offset: 0, length: 8 }];
    const keys = [
      key(),
      key({ update: updateId(2) }),
      key({ gateway: 'g1' }),
      key({}, 1),
      key({ setup: '2'.repeat(16) }),
      key({ epoch: '3'.repeat(64) }),
      key({ federation: 'other' }),
    ];
    assert.equal(new Set(keys.map((one) => String(masks(run, one)))).size, keys.length);
  });

  it('have all values about equally often, which masks in floating point have not', () => {
    const counts = new Uint32Array(16);
    for (const mask of masks([{ offset: 0, length: 160_000 }])) counts[mask >> 12]!++;
    for (const count of counts) assert.ok(Math.abs(count - 10_000) < 500, `${count}`);
  });

  it('are those that Python computes from the same names', () => {
    assert.deepEqual([...masks([{ offset: 0, length: 3 }])], [30376, 37220, 28620]);
  });
});

describe('the levels of a delta', () => {
  const values = Float32Array.from({ length: 4000 }, (_, i) => Math.sin(i) * 0.01);

  it('are whole numbers, a step apart', () => {
    const levels = levelsOf(values, 1, testUniform(1));
    assert.ok(levels.every((level, i) => Math.abs(level * levelStep - values[i]!) <= levelStep));
  });

  it('are right on average, so that what rounding loses in one update is there in another', () => {
    const uniform = testUniform(5);
    const sums = new Float64Array(values.length);
    for (let round = 0; round < 100; round++)
      levelsOf(values, 1 / 8, uniform).forEach((level, i) => {
        sums[i]! += 8 * level * levelStep;
      });
    const errors = sums.map((sum, i) => sum / 100 - values[i]!);
    assert.ok(errors.every((error) => Math.abs(error) < 2 * levelStep));
    assert.ok(Math.abs(errors.reduce((sum, error) => sum + error, 0) / errors.length) < levelStep / 20);
  });

  it('are limited where a change is too large, so that no sum of sixteen wraps', () => {
    assert.deepEqual([...levelsOf(Float32Array.of(9, -9, 0), 1, () => 0.5)], [2047, -2047, 0]);
    assert.ok(mostListed * mostLevel < 2 ** 15);
  });
});

describe('the seeds of a gateway', () => {
  for (const [helpers, threshold] of [
    [3, 2],
    [4, 2],
    [5, 3],
    [7, 3],
  ] as const)
    it(`are all known to any ${threshold} of ${helpers} helpers, and to no ${threshold - 1}`, () => {
      const subsets = subsetsOf(helpers, threshold);
      const sets = subsetsOf(helpers, threshold + 1);
      for (const set of sets) {
        assert.equal(new Set(set.flatMap((helper) => seedsHeldBy(helper, subsets))).size, subsets.length);
        const answered = set.flatMap((helper) => seedsOfResponder(helper, set, subsets));
        assert.deepEqual(
          answered.sort((a, b) => a - b),
          subsets.map((_, index) => index),
        );
        for (const helper of set) {
          const held = seedsHeldBy(helper, subsets);
          assert.ok(seedsOfResponder(helper, set, subsets).every((index) => held.includes(index)));
        }
      }
      for (const set of subsets)
        assert.equal(new Set(set.flatMap((helper) => seedsHeldBy(helper, subsets))).size, subsets.length - 1);
    });

  it('reach a helper sealed, and nobody else: not another helper, not another gateway, not changed on the way', () => {
    const kit = testCommittee(5, 3);
    const { gateway, deposits, held, setup } = testGateway(kit, 'g1');
    const subsets = subsetsOf(5, 3);
    held.forEach((seeds, helper) => {
      assert.deepEqual([...seeds.keys()], seedsHeldBy(helper, subsets));
      for (const [index, seed] of seeds) assert.deepEqual(seed, setup.seeds[index]);
    });
    const [first] = deposits;
    assert.ok(first);
    assert.equal(openDeposit(first, kit.committee, 0, kit.sealing[1]!), undefined);
    assert.equal(openDeposit({ ...first, helper: 1 }, kit.committee, 1, kit.sealing[1]!), undefined);
    assert.equal(openDeposit({ ...first, gateway: 'g2' }, kit.committee, 0, kit.sealing[0]!), undefined);
    assert.equal(openDeposit({ ...first, setup: updateId(9) }, kit.committee, 0, kit.sealing[0]!), undefined);
    const other = testCommittee(5, 3, 4);
    assert.equal(openDeposit(first, other.committee, 0, kit.sealing[0]!), undefined);
    assert.equal(gateway, 'g1');
  });

  it('are signed by the gateway, so that the coordinator cannot replace them by its own', () => {
    const kit = testCommittee(3, 2);
    const forger = Identity.create(seededEntropy('forger'));
    const { identity } = testGateway(kit, 'g1').deposits[0]!;
    const setup = drawSeeds(kit.committee, updateId(5), seededEntropy('forged'));
    const [forged] = depositsOf(setup, kit.committee, 'g1', forger, seededEntropy('forged'));
    assert.ok(forged && openDeposit(forged, kit.committee, 0, kit.sealing[0]!));
    assert.equal(openDeposit({ ...forged, identity }, kit.committee, 0, kit.sealing[0]!), undefined);
  });
});

describe('a committee', () => {
  it('has three to seven helpers, and a quorum by which two lists share an honest signer', () => {
    assert.equal(committeeSize(2), undefined);
    for (let candidates = 3; candidates < 60; candidates++) {
      const size = committeeSize(candidates);
      assert.ok(size && size.helpers <= candidates);
      const quorum = quorumOf(size);
      assert.ok(quorum <= size.helpers && 2 * quorum - size.helpers > size.threshold - 1);
    }
  });

  it('is refused if it protects nothing, with the reason', () => {
    const { content } = testCommittee(3, 2).committee;
    const [first, second] = content.helpers;
    assert.ok(first && second);
    const stranger = Identity.create(seededEntropy('stranger'));
    const wrong = [
      [{ ...content, fewest: 2 }, /sums of at least 3 gateways, got 2/],
      [{ ...content, threshold: 1 }, /threshold of at least 2, got 1/],
      [{ ...content, threshold: 4 }, /3 helpers are too few/],
      [{ ...content, helpers: [first, first, second] }, /two helpers have one gateway/],
      [
        { ...content, helpers: [first, second, makeOffer(stranger, 'clinic', 'h9', new Uint8Array(32))] },
        /the key of h9 seals nothing/,
      ],
      [
        { ...content, helpers: [first, second, { ...first, gateway: 'h9' }] },
        /two helpers have one identity/,
      ],
      [
        {
          ...content,
          helpers: [
            first,
            second,
            {
              ...makeOffer(stranger, 'clinic', 'h7', first.sealing),
              gateway: 'h8',
              sealing: second.identity,
            },
          ],
        },
        /the key of h8 is not signed by it/,
      ],
    ] as const;
    for (const [one, reason] of wrong) assert.throws(() => new Committee(one), reason);
  });
});

describe('a masked sum', () => {
  it('has plans as large as those of a message', () => {
    assert.deepEqual([mostCoordinates, mostRuns], [maxValues, maxSegments]);
  });

  const kit = testCommittee(5, 3);
  const gateways = Array.from({ length: 6 }, (_, i) => testGateway(kit, `g${i}`));
  const whole = [{ offset: 10, length: 400 }];
  const part = [
    { offset: 0, length: 60 },
    { offset: 100, length: 350 },
  ];

  /** Masks deltas under their plans, opens the list with these helpers, and returns both sums. */
  function opened(planOf: (i: number) => number, responders: readonly number[], fewest = 3) {
    const uniform = testUniform(3);
    const plans = [whole, part];
    const exact = new Map<number, number>();
    const masked = new Map<string, Uint16Array>();
    const entries = gateways.map(({ gateway, setup }, i) => {
      const plan = planOf(i);
      const segments = plans[plan]!;
      const delta = Float32Array.from({ length: segmentsSize(segments) }, () => uniform() - 0.5);
      const levels = levelsOf(delta, 1 - i / 10, testUniform(i));
      let at = 0;
      for (const { offset, length } of segments)
        for (let c = offset; c < offset + length; c++) exact.set(c, (exact.get(c) ?? 0) + levels[at++]!);
      const update = updateId(100 + i);
      const own = { federation: 'clinic', gateway, update };
      const entry = { gateway, setup: setup.setup, update, plan };
      masked.set(nameOf(entry), runSync(maskUpdate(delta, 1 - i / 10, segments, setup, own, testUniform(i))));
      return entry;
    });
    const list: OpeningList = { epoch: kit.committee.epoch, entries, plans };
    const subsets = subsetsOf(5, 3);
    const shares = responders.map((helper) => {
      const seeds = seedsOfResponder(helper, responders, subsets);
      const seedOf = (gateway: string, setup: string, index: number) =>
        gateways
          .find((one) => one.gateway === gateway && one.setup.setup === setup)
          ?.held[helper]?.get(index);
      return runSync(maskShare(list, fewest, 'clinic', seeds, seedOf)) ?? new Uint16Array(0);
    });
    const sum = runSync(openSum(list, fewest, (name) => masked.get(name)!, shares));
    return { sum, exact, list, masked, shares };
  }

  for (const responders of [
    [0, 1, 2],
    [0, 2, 4],
    [2, 3, 4],
  ])
    it(`is exactly that of the levels, opened by helpers ${responders}`, () => {
      const { sum, exact } = opened(() => 0, responders);
      assert.ok(sum);
      const coordinates = sum.segments.flatMap(({ offset, length }) =>
        Array.from({ length }, (_, i) => offset + i),
      );
      assert.equal(coordinates.length, 400);
      for (const [i, c] of coordinates.entries()) assert.equal(sum.sums[i], exact.get(c));
    });

  it('leaves out what fewer gateways hold than are needed, and is exact on all else', () => {
    const { sum, exact } = opened((i) => (i < 4 ? 0 : 1), [0, 1, 2]);
    assert.ok(sum);
    const coordinates = sum.segments.flatMap(({ offset, length }) =>
      Array.from({ length }, (_, i) => offset + i),
    );
    assert.deepEqual([coordinates[0], coordinates.length], [10, 400]);
    for (const [i, c] of coordinates.entries()) assert.equal(sum.sums[i], exact.get(c), `${c}`);
    const { sum: other } = opened((i) => (i < 3 ? 0 : 1), [0, 1, 2], 4);
    assert.deepEqual(other?.segments, [
      { offset: 10, length: 50 },
      { offset: 100, length: 310 },
    ]);
  });

  it('does not open if a share is missing, comes twice, is too short, or gives a sum that no levels have', () => {
    const { list, masked, shares } = opened(() => 0, [0, 1, 2]);
    const tried = (given: readonly Uint16Array[]) =>
      runSync(openSum(list, 3, (name) => masked.get(name)!, given));
    assert.ok(tried(shares));
    assert.equal(tried(shares.slice(1)), undefined);
    assert.equal(tried([...shares.slice(1), shares[1]!]), undefined);
    assert.equal(tried([shares[0]!.subarray(1), ...shares.slice(1)]), undefined);
    const changed = shares[0]!.slice();
    changed[7]! ^= 0x8000;
    assert.equal(tried([changed, ...shares.slice(1)]), undefined);
  });

  it('hides the levels of one update, of which each is far smaller than a masked number', () => {
    const { masked } = opened(() => 0, [0, 1, 2]);
    const [first] = masked.values();
    assert.ok(first);
    const bare = first.filter((value) => value <= mostLevel || value >= 2 ** 16 - mostLevel).length;
    assert.ok(bare < first.length / 8, `${bare}`);
    assert.notEqual(first.at(-checkSegment.length), 1);
  });
});
