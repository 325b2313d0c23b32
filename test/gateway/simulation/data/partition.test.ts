import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type FtteError, SeededRandom } from '../../../../gateway/platform';
import { type DataSet, type PartitionRequest, partition } from '../../../../gateway/simulation';
import { splitData } from '../../../../gateway/simulation/data/split';
import { syntheticData } from '../support';

const all = (data: DataSet) => Array.from(data.y, (_, i) => i);
const request = (changes: Partial<PartitionRequest>): PartitionRequest => ({
  spec: { kind: 'by-person' },
  clients: 4,
  samplesPerClient: undefined,
  repeat: false,
  ...changes,
});
const specs: PartitionRequest['spec'][] = [
  { kind: 'by-person' },
  { kind: 'dirichlet', alpha: 0.3 },
  { kind: 'shards', perClient: 2 },
];
const people = fc.array(fc.integer({ min: 8, max: 30 }), { minLength: 2, maxLength: 8 });
const ascending = (a: number, b: number) => a - b;

describe('the partition of data among clients', () => {
  for (const spec of specs) {
    it(`${spec.kind} uses no sample twice and gives every client some`, () => {
      fc.assert(
        fc.property(people, fc.integer({ min: 1, max: 8 }), fc.nat(1000), (perPerson, clients, seed) => {
          const data = syntheticData(perPerson);
          const dealt = partition(data, all(data), request({ spec, clients }), new SeededRandom(seed));
          assert.equal(dealt.length, clients);
          assert.ok(dealt.every((mine) => mine.length > 0));
          const used = dealt.flat();
          assert.equal(new Set(used).size, used.length);
          // Equal sizes leave a remainder; the other kinds deal out all samples.
          const left = data.y.length - used.length;
          assert.ok(spec.kind === 'dirichlet' ? left < clients : left === 0);
        }),
      );
    });

    it(`${spec.kind} deals the same samples for the same seed`, () => {
      const data = syntheticData([20, 20, 20]);
      const deal = (seed: number) => partition(data, all(data), request({ spec }), new SeededRandom(seed));
      assert.deepEqual(deal(1), deal(1));
      assert.notDeepEqual(deal(1), deal(2));
    });

    it(`${spec.kind} gives a client at most samplesPerClient samples`, () => {
      const data = syntheticData([20, 20, 20]);
      const dealt = partition(data, all(data), request({ spec, samplesPerClient: 5 }), new SeededRandom(1));
      assert.ok(dealt.every((mine) => mine.length === 5));
    });

    it(`${spec.kind} gives all clients enough samples if it may repeat them`, () => {
      const data = syntheticData([10, 10]);
      const dealt = partition(
        data,
        all(data),
        request({ spec, clients: 50, samplesPerClient: 4, repeat: true }),
        new SeededRandom(1),
      );
      assert.ok(dealt.every((mine) => mine.length === 4));
      const uses = new Map<number, number>();
      for (const i of dealt.flat()) uses.set(i, (uses.get(i) ?? 0) + 1);
      assert.ok(Math.max(...uses.values()) <= 10);
    });
  }

  it('by-person gives no client samples of two people if there are more clients than people', () => {
    fc.assert(
      fc.property(people, fc.nat(1000), fc.integer({ min: 0, max: 8 }), (perPerson, seed, more) => {
        const data = syntheticData(perPerson);
        const clients = perPerson.length + more;
        const dealt = partition(data, all(data), request({ clients }), new SeededRandom(seed));
        for (const mine of dealt) assert.equal(new Set(mine.map((i) => data.person?.[i])).size, 1);
      }),
    );
  });

  it('by-person gives all samples of a person to one client if there are more people than clients', () => {
    const data = syntheticData([5, 6, 7, 8, 9]);
    const dealt = partition(data, all(data), request({ clients: 2 }), new SeededRandom(3));
    for (let p = 0; p < 5; p++) {
      assert.equal(dealt.filter((mine) => mine.some((i) => data.person?.[i] === p)).length, 1);
    }
  });

  it('dirichlet gives clients the mix of all data for a large alpha, and nearly one label each for a small one', () => {
    const data = syntheticData(new Array<number>(20).fill(60));
    const largestShare = (alpha: number) => {
      const dealt = partition(
        data,
        all(data),
        request({ spec: { kind: 'dirichlet', alpha }, clients: 20, samplesPerClient: 30 }),
        new SeededRandom(5),
      );
      const shares = dealt.map(
        (mine) =>
          Math.max(...[0, 1, 2].map((label) => mine.filter((i) => data.y[i] === label).length)) / mine.length,
      );
      return shares.reduce((sum, share) => sum + share, 0) / shares.length;
    };
    assert.ok(largestShare(1000) < 0.5, `even: ${largestShare(1000)}`);
    assert.ok(largestShare(0.05) > 0.8, `skewed: ${largestShare(0.05)}`);
    assert.ok(largestShare(1) > largestShare(1000) && largestShare(1) < largestShare(0.05));
  });

  it('shards gives a client at most one more label than shards, where labels meet', () => {
    const data = syntheticData([30, 30, 30]);
    const dealt = partition(
      data,
      all(data),
      request({ spec: { kind: 'shards', perClient: 1 }, clients: 9 }),
      new SeededRandom(2),
    );
    for (const mine of dealt) assert.ok(new Set(mine.map((i) => data.y[i])).size <= 2);
  });

  it('names the number of samples if clients need more', () => {
    const data = syntheticData([10, 10]);
    assert.throws(
      () => partition(data, all(data), request({ clients: 5, samplesPerClient: 5 }), new SeededRandom(1)),
      (error: FtteError) => error.code === 'scenario-invalid' && /20 training samples/.test(error.message),
    );
  });

  it('refuses by-person for data that names nobody', () => {
    const data = syntheticData([10, 10], 3, 0, false);
    assert.throws(() => partition(data, all(data), request({}), new SeededRandom(1)), /names nobody/);
  });
});

describe('the people set apart for validation', () => {
  it('are whole people, and neither training nor test people', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), fc.nat(1000), (count, seed) => {
        const data = syntheticData([6, 7, 8, 9, 10, 11, 12], 3, 2);
        const split = splitData(data, { people: count }, new SeededRandom(seed));
        const of = (part: readonly number[]) => new Set(part.map((i) => data.person?.[i] as number));
        const [training, validation, test] = [of(split.training), of(split.validation), of(split.test)];
        assert.equal(validation.size, count);
        assert.deepEqual([...test].sort(ascending), [5, 6]);
        for (const person of validation) assert.ok(!training.has(person) && !test.has(person));
        for (const person of training) assert.ok(!test.has(person));
        const parts = [...split.training, ...split.validation, ...split.test];
        assert.deepEqual(parts.sort(ascending), all(data));
      }),
    );
  });

  it('are a share of the samples if the data names nobody', () => {
    const data = syntheticData([50, 50], 3, 1, false);
    const split = splitData(data, { share: 0.2 }, new SeededRandom(1));
    assert.deepEqual([split.training.length, split.validation.length, split.test.length], [40, 10, 50]);
  });

  it('are refused if they leave no training people', () => {
    const data = syntheticData([5, 5, 5], 3, 1);
    assert.throws(
      () => splitData(data, { people: 2 }, new SeededRandom(1)),
      /fewer than the 2 training people/,
    );
  });

  it('are refused as a share if the data names people', () => {
    const data = syntheticData([5, 5, 5], 3, 1);
    assert.throws(() => splitData(data, { share: 0.5 }, new SeededRandom(1)), /names people/);
  });
});
