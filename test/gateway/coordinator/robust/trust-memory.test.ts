import { deepEqual, equal, ok } from 'node:assert/strict';
import { TrustMemory } from '../../../../gateway/coordinator/robust/trust-memory';

/** A fleet of which nothing is known. */
const start = { prior: 0, lowest: -0.1 };

/** A memory in which five gateways agree with the fleet. */
function among(): TrustMemory {
  const memory = new TrustMemory();
  for (const id of ['a', 'b', 'c', 'd', 'e']) for (let i = 0; i < 3; i++) memory.judge(id, 0.5, 0, start);
  return memory;
}

const near = (actual: number, expected: number) =>
  ok(Math.abs(actual - expected) < 1e-6, `${actual}, not ${expected}`);

describe('the trust in a gateway', () => {
  // T <- 0.7 T + 0.3 c from 0 on, worked by hand; the factor is (T + 0.1) / 0.2 within 0 and 1.
  for (const [what, cosines, trust, factor] of [
    ['is not used before the third contribution', [-1, -1], -0.51, 1],
    ['weighs one that hardly agrees', [0.1, 0.1, 0.1], 0.0657, 0.8285],
    ['leaves one with rare labels, at right angles to the fleet, half its weight', [0, 0, 0], 0, 0.5],
    ['weighs one that agrees whole', [0.5, 0.5, 0.5], 0.3285, 1],
    ['weighs one that disagrees a little nearly nothing', [-0.14, -0.14, -0.14], -0.09198, 0.0401],
  ] as const)
    it(what, () => {
      const memory = among();
      const judged = cosines.map((cosine) => memory.judge('x', cosine, 7, start)).at(-1)!;
      near(judged.trust, trust);
      near(judged.factor, factor);
      equal(judged.change, undefined);
    });

  it('begins at the median of the fleet', () => {
    near(among().fleet.prior, 0.3285);
    equal(new TrustMemory().fleet.prior, 0);
  });

  it('is low 3 robust deviations below the median, where gateways point against each other', () => {
    equal(among().fleet.lowest, -0.1);
    const memory = new TrustMemory();
    // After one contribution: -0.12, -0.06, 0, 0.06 and 0.12; the median of the distances to 0 is 0.06.
    for (const [i, cosine] of [-0.4, -0.2, 0, 0.2, 0.4].entries()) memory.judge(`g${i}`, cosine, 0, start);
    near(memory.fleet.prior, 0);
    near(memory.fleet.lowest, -3 * 1.4826 * 0.06);
    const [first, , last] = [0, 0, 0].map(() => memory.judge('x', -0.3, 1, { prior: 0, lowest: -0.3 }));
    deepEqual([first!.factor, last!.change], [1, undefined]);
    near(last!.factor, (0.3 - 0.1971) / 0.2);
  });

  it('ends in quarantine for twenty versions below -0.1, then goes on from 0 on probation', () => {
    const memory = among();
    for (const version of [10, 11]) equal(memory.judge('x', -0.5, version, start).change, undefined);
    equal(memory.judge('x', -0.5, 12, start).change, 'quarantined');
    const { since, until } = memory.quarantineOf('x', 31)!;
    deepEqual([since, until], [12, 32]);
    equal(memory.judge('x', 0.9, 31, start).factor, 0, 'it waited in the buffer');
    equal(memory.quarantineOf('x', 32), undefined);
    const released = memory.judge('x', 0.2, 32, start);
    near(released.trust, 0.06);
    deepEqual([released.change, released.isOnProbation], ['released', true]);
    equal(memory.judge('x', -0.6, 33, start).change, 'quarantined', 'at once, without another trial');
  });

  it('quarantines nobody among three, and never half of a fleet: then the direction is wrong', () => {
    const few = new TrustMemory();
    for (const id of ['a', 'b', 'x'])
      for (let i = 0; i < 5; i++) few.judge(id, id === 'x' ? -1 : 1, 0, start);
    equal(few.quarantineOf('x', 1), undefined);
    const all = new TrustMemory();
    const ids = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
    for (let i = 0; i < 5; i++) for (const id of ids) all.judge(id, -1, 0, start);
    equal(ids.filter((id) => all.quarantineOf(id, 1)).length, 3);
  });

  it('is forgotten by a release', () => {
    const memory = among();
    for (let i = 0; i < 3; i++) memory.judge('x', -1, 1, start);
    deepEqual([memory.release('x'), memory.release('x'), memory.release('a')], [true, false, false]);
    equal(memory.judge('x', -1, 2, { prior: 0.2, lowest: -0.1 }).factor, 1);
  });

  it('is the same after a restart, whatever the names of the gateways', () => {
    const memory = among();
    for (let i = 0; i < 3; i++) memory.judge('Gerät 1/ß', -0.7, 4, start);
    const { ids, trust } = Object.fromEntries(memory.arrays());
    const other = new TrustMemory();
    other.restore(ids, trust);
    deepEqual(other.arrays(), memory.arrays());
    deepEqual(other.quarantineOf('Gerät 1/ß', 5), memory.quarantineOf('Gerät 1/ß', 5));
    other.restore(ids, trust!.slice(1));
    equal(other.quarantineOf('Gerät 1/ß', 5), undefined, 'arrays that do not fit each other');
  });
});
