import { deepEqual, equal, ok } from 'node:assert/strict';
import type { Evidence } from '../../../../gateway/coordinator/robust/evidence';
import { TrustMemory } from '../../../../gateway/coordinator/robust/trust-memory';

/** Judges what a gateway has in a buffer, which moves the model as usual unless it says how far. */
const judgeBy = (
  memory: TrustMemory,
  gateway: string,
  evidence: Omit<Evidence, 'pull'> & { readonly pull?: number },
  version: number,
) => memory.judge(new Map([[gateway, { pull: 1, ...evidence }]]), version).get(gateway)!;

const judge = (memory: TrustMemory, gateway: string, cosine: number, version: number, pull = 1) =>
  judgeBy(memory, gateway, { peers: cosine, direction: cosine, isLong: false, pull }, version);

/** A memory in which five gateways agree with the fleet: 0.5 is their trust. */
function among(): TrustMemory {
  const memory = new TrustMemory();
  for (const id of ['a', 'b', 'c', 'd', 'e']) for (let i = 0; i < 3; i++) judge(memory, id, 0.5, 0);
  return memory;
}

const near = (actual: number, expected: number) =>
  ok(Math.abs(actual - expected) < 1e-6, `${actual}, not ${expected}`);

describe('the trust in a gateway', () => {
  // The mean of what came.
  for (const [what, cosines, trust, change] of [
    ['is not used before the third contribution', [-1, -1], -1, undefined],
    ['leaves one that hardly agrees as it is', [0.1, 0.1, 0.1], 0.1, undefined],
    ['leaves one with rare labels, at right angles to the fleet, as it is', [-0.1, 0.1, 0], 0, undefined],
    ['leaves one that disagrees a little as it is', [-0.04, -0.04, -0.04], -0.04, undefined],
    ['ends where one is far below all others and pushes back', [-0.9, 0, -0.9], -0.6, 'quarantined'],
  ] as const)
    it(what, () => {
      const memory = among();
      const judged = cosines.map((cosine) => judge(memory, 'x', cosine, 7)).at(-1)!;
      near(judged.trust, trust);
      deepEqual([judged.factor, judged.change], [change ? 0 : 1, change]);
    });

  it('is the mean of its first five contributions, and then four fifths of what it was', () => {
    const memory = among();
    const trust = [1, 0, 0.5, 0.5, 0, 0.9].map((cosine) => judge(memory, 'x', cosine, 7).trust);
    for (const [i, expected] of [1, 0.5, 0.5, 0.5, 0.4, 0.5].entries()) near(trust[i]!, expected);
  });

  it('leaves one as it is that is against its peers along the way, or against the way among its peers', () => {
    const memory = among();
    const slow = { peers: -0.4, direction: 0.5, isLong: false };
    const swings = { peers: 0.6, direction: -0.5, isLong: false };
    for (let version = 0; version < 9; version++) {
      equal(judgeBy(memory, 'slow', slow, version).change, undefined);
      equal(judgeBy(memory, 'swings', swings, version).change, undefined);
    }
  });

  it('judges nobody by peers where gateways do not agree among each other', () => {
    const memory = new TrustMemory();
    const apart = { peers: 0.05, direction: 0.5, isLong: false };
    for (const id of ['a', 'b', 'c', 'd', 'e']) for (let i = 0; i < 3; i++) judgeBy(memory, id, apart, 0);
    for (let version = 1; version < 9; version++) equal(judge(memory, 'x', -0.9, version).change, undefined);
  });

  it('asks only gateways that had peers whether there is a common way', () => {
    const memory = among();
    const alone = { peers: undefined, direction: 0.5, isLong: false };
    for (let i = 0; i < 9; i++) for (let k = 0; k < 9; k++) judgeBy(memory, `alone ${k}`, alone, i);
    const changes = [9, 10, 11].map((version) => judge(memory, 'x', -0.9, version).change);
    deepEqual(changes, [undefined, undefined, 'quarantined']);
  });

  it('takes the first peers of a gateway in full, however often it had none', () => {
    const memory = among();
    const alone = { peers: undefined, direction: 0.95, isLong: true };
    for (let i = 0; i < 9; i++) equal(judgeBy(memory, 'x', alone, i).change, undefined);
    near(judgeBy(memory, 'x', { ...alone, peers: 0.45 }, 9).trust, 0.7);
  });

  it('makes nobody an outlier where gateways disagree without a gap, as they do with labels of their own', () => {
    const memory = new TrustMemory();
    const ids = Array.from({ length: 11 }, (_, i) => `g${i}`);
    for (let i = 0; i < 20; i++)
      for (const [k, id] of ids.entries()) equal(judge(memory, id, (k - 5) / 11, i).change, undefined);
    const { lowest, highest } = memory.fleet(20);
    deepEqual([lowest, highest], [-Infinity, Infinity]);
  });

  it('ends, too, where a few carry the direction by long updates that are nearly the same', () => {
    const memory = among();
    const changesOf = (id: string, peers: number, isLong: boolean) =>
      Array.from({ length: 9 }, (_, version) => {
        const evidence = { peers, direction: 0.95, isLong };
        return judgeBy(memory, id, evidence, version).change;
      });
    equal(changesOf('x', 0.05, true).indexOf('quarantined'), 2);
    ok(changesOf('short', 0.05, false).every((change) => change === undefined));
    ok(changesOf('with all others', 0.5, true).every((change) => change === undefined));
  });

  it('is in quarantine for twenty versions, then on probation, where it counts nothing', () => {
    const memory = among();
    for (const version of [8, 9, 10, 11, 12]) judge(memory, 'x', -0.6, version);
    const { since, until } = memory.quarantineOf('x', 20)!;
    deepEqual([since, until], [10, 30]);
    equal(judge(memory, 'x', 0.9, 29).factor, 0, 'it waited in the buffer');
    equal(memory.quarantineOf('x', 30), undefined);
    deepEqual([...memory.probations(29), ...memory.probations(30)], ['x']);
    for (const version of [30, 31]) {
      const { factor, change } = judge(memory, 'x', 0.2, version);
      deepEqual([factor, change], [0, undefined]);
      deepEqual([...memory.probations(version)], ['x']);
    }
    const { factor, change } = judge(memory, 'x', 0.2, 32);
    deepEqual([factor, change, memory.probations(32).size], [1, 'released', 0]);
  });

  it('goes back into quarantine if its probation does not agree with the fleet', () => {
    const memory = among();
    for (const version of [8, 9, 10]) judge(memory, 'x', -0.6, version);
    const changes = [30, 31, 32].map((version) => judge(memory, 'x', -0.01, version).change);
    deepEqual(changes, [undefined, undefined, 'quarantined']);
    equal(memory.quarantineOf('x', 51)!.until, 52);
  });

  it('counts the quarantines of a gateway, over a probation, a release and a restart', () => {
    const memory = among();
    const times = (from: TrustMemory, version: number) => from.quarantineOf('x', version)?.times;
    for (const version of [8, 9, 10]) judge(memory, 'x', -0.6, version);
    equal(times(memory, 11), 1);
    for (const version of [30, 31, 32]) judge(memory, 'x', -0.01, version);
    equal(times(memory, 33), 2);
    memory.release('x');
    const { ids, trust, pull, times: counts } = Object.fromEntries(memory.arrays());
    const other = new TrustMemory();
    other.restore(ids, trust, pull, counts);
    for (const version of [33, 34, 35]) for (const one of [memory, other]) judge(one, 'x', -0.6, version);
    deepEqual([times(memory, 36), times(other, 36)], [3, 3]);
    const earlier = new TrustMemory();
    const arrays = Object.fromEntries(memory.arrays());
    earlier.restore(arrays['ids'], arrays['trust'], arrays['pull']);
    equal(times(earlier, 36), 1, 'a checkpoint from before they were counted');
  });

  it('quarantines nobody among four, and never half of a fleet: then the direction is wrong', () => {
    const few = new TrustMemory();
    for (let i = 0; i < 9; i++) for (const id of ['a', 'b', 'c', 'x']) judge(few, id, id === 'x' ? -1 : 1, i);
    equal(few.quarantineOf('x', 9), undefined);
    const half = new TrustMemory();
    const ids = ['a', 'b', 'c', 'd', 'u', 'v', 'w', 'x'];
    for (let i = 0; i < 9; i++) for (const id of ids) judge(half, id, id > 'm' ? -1 : 1, i);
    ok(half.quarantines(9).size < 4);
  });

  it('counts only gateways that are in quarantine now, and those that still contribute, in half of a fleet', () => {
    const memory = among();
    const back = { peers: 0.3, direction: -0.9, isLong: false };
    const push = (from: number, ...ids: string[]) => {
      for (let i = from; i < from + 3; i++) for (const id of ids) judgeBy(memory, id, back, i);
    };
    push(0, 'v', 'w', 'x', 'y');
    deepEqual([...memory.quarantines(3).keys()], ['v', 'w', 'x', 'y']);
    push(3, 'z');
    equal(memory.quarantineOf('z', 6), undefined, 'five of ten are half');
    push(22, 'z');
    ok(memory.quarantineOf('z', 25), 'the quarantines of the others have lapsed');
    ok(memory.isEnough(102) && !memory.isEnough(103), 'nine have not contributed for a hundred versions');
    ok(
      memory.isEnough(
        103,
        ['p', 'q', 'r', 's'].map((gateway) => ({ gateway })),
      ),
    );
    memory.forgetLapsed(103);
    deepEqual([...memory.probations(103)], ['z']);
    memory.forgetLapsed(125);
    equal(memory.probations(125).size, 0);
  });

  it('is forgotten with a gateway that is taken out of the federation', () => {
    const memory = among();
    for (let i = 0; i < 3; i++) judge(memory, 'x', -0.9, i);
    memory.forget('x');
    equal(memory.quarantineOf('x', 3), undefined);
    equal(judge(memory, 'x', -0.9, 3).factor, 1);
  });

  it('is forgotten by a release', () => {
    const memory = among();
    for (let i = 0; i < 3; i++) judge(memory, 'x', -1, 1);
    deepEqual([memory.release('x'), memory.release('x'), memory.release('a')], [true, false, false]);
    equal(judge(memory, 'x', -1, 2).factor, 1);
  });

  it('is forgotten by a release in probation, too', () => {
    const memory = among();
    for (let i = 0; i < 3; i++) judge(memory, 'x', -1, 1);
    equal(judge(memory, 'x', 0.2, 21).factor, 0);
    deepEqual([memory.release('x'), memory.release('x'), memory.probations(22).size], [true, false, 0]);
    equal(judge(memory, 'x', 0.2, 22).factor, 1);
  });

  it('asks only gateways that are of the fleet now whether there is a common way, before a restart and after it', () => {
    const memory = new TrustMemory();
    const gone = ['p', 'q', 'r', 's', 't'];
    for (let i = 0; i < 3; i++) for (const id of gone) judge(memory, id, 0, 0);
    for (let i = 198; i < 201; i++) for (const id of ['a', 'b', 'c', 'd', 'e']) judge(memory, id, 0.5, i);
    const changes = [201, 202, 203].map((version) => judge(memory, 'x', -0.9, version).change);
    deepEqual(changes, [undefined, undefined, 'quarantined']);
    const { ids, trust, pull } = Object.fromEntries(memory.arrays());
    const other = new TrustMemory();
    other.restore(ids, trust, pull);
    for (const one of [memory, other])
      deepEqual([one.hasCommonWay(204), one.hasCommonWay(50)], [true, false]);
    deepEqual(other.fleet(204), memory.fleet(204));
  });

  it('is the same after a restart, whatever the names of the gateways', () => {
    const memory = among();
    for (let i = 0; i < 3; i++) judge(memory, 'Gerät 1/ß', -0.7, 4);
    const { ids, trust, pull } = Object.fromEntries(memory.arrays());
    const other = new TrustMemory();
    other.restore(ids, trust, pull);
    deepEqual(other.arrays(), memory.arrays());
    deepEqual(other.quarantineOf('Gerät 1/ß', 5), memory.quarantineOf('Gerät 1/ß', 5));
    other.restore(ids, trust!.slice(1), pull);
    equal(other.quarantineOf('Gerät 1/ß', 5), undefined, 'arrays that do not fit each other');
  });

  it('takes no numbers from a checkpoint that none of its own can be', () => {
    const memory = among();
    const { ids, trust, pull } = Object.fromEntries(memory.arrays());
    const restored = (numbers: Float32Array, pulls: Float32Array) => {
      const other = new TrustMemory();
      other.restore(ids, numbers, pulls);
      return other.arrays().get('trust')!.length / 7;
    };
    equal(restored(trust!, pull!), 5);
    // Peers, direction, since, probation and last of the first gateway.
    for (const [place, value] of [
      [0, 1e30],
      [1, -2],
      [4, 1e9],
      [5, 1e30],
      [6, 1e9],
    ] as const)
      equal(restored(trust!.with(place, value), pull!), 4);
    equal(restored(trust!, pull!.with(0, 6)), 4);
  });

  it('counts what it knows of a gateway as usual contributions if the checkpoint is from before these were weighed', () => {
    const memory = among();
    judge(memory, 'a', 0.9, 4);
    const { ids, trust } = Object.fromEntries(memory.arrays());
    const earlier = new TrustMemory();
    earlier.restore(ids, trust);
    deepEqual(earlier.arrays(), memory.arrays(), 'all of them were usual');
    for (const pull of [Float32Array.of(1), Float32Array.from({ length: 10 }, () => Number.NaN)])
      earlier.restore(ids, trust, pull);
    equal(earlier.isEnough(4), false, 'numbers that no pull can be');
    equal(trust!.length, 7 * 5, 'as earlier versions read it');
  });

  it('moves by how far a contribution moves the model, however many small ones come between', () => {
    const memory = among();
    // Two usual contributions backward, one forward, and ten forward of a hundredth each.
    for (const cosine of [-0.6, -0.6, 0.6]) judge(memory, 'x', cosine, 1, 0.5);
    near(judge(memory, 'x', 0.6, 1, 0).trust, -0.2);
    for (let i = 0; i < 10; i++) judge(memory, 'y', 0.6, 2, 0.01);
    near(judge(memory, 'y', -0.4, 2, 0.9).trust, -0.3);
    for (let i = 0; i < 10; i++) judge(memory, 'z', 0.6, 2, 0.01);
    near(judge(memory, 'z', -0.4, 2, 100).trust, -0.4);
  });

  it('takes a gateway that is new to a fleet for a usual one until it can be judged, whatever it claims', () => {
    const memory = among();
    const factors = [4, 0.5, 4, 4].map((pull) => judge(memory, 'x', 0.5, 3, pull).factor);
    deepEqual(factors, [0.25, 1, 0.25, 1]);
    equal(judge(new TrustMemory(), 'x', 0.5, 0, 4).factor, 1, 'all are new in a new fleet');
  });

  it('knows of a gateway after its probation as much as one usual contribution says', () => {
    const memory = among();
    for (const version of [8, 9, 10]) judge(memory, 'x', -0.6, version);
    for (const version of [30, 31, 32]) judge(memory, 'x', 0.6, version, 4);
    near(judge(memory, 'x', -0.6, 33, 0.5).trust, 0.2);
  });

  it('ends with the contribution by which a gateway turns, before that has moved anything', () => {
    const memory = among();
    for (let version = 1; version < 40; version++) judge(memory, 'x', 0.5, version);
    const { factor, change } = judge(memory, 'x', -0.5, 40, 4);
    deepEqual([factor, change], [0, 'quarantined']);
  });
});
