import assert from 'node:assert/strict';
import { type Random, SeededRandom } from '../../../../gateway/platform';
import { createDelayModel } from '../../../../gateway/simulation';

/** A generator that returns these uniform numbers, then fails. */
function scripted(...numbers: number[]): Random {
  const random = new SeededRandom(1);
  random.uniform = () => {
    const next = numbers.shift();
    assert.ok(next !== undefined, 'no more numbers');
    return next;
  };
  return random;
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('a published delay model', () => {
  const ranges = {
    mild: { fast: [1, 2], medium: [3, 5], slow: [5, 8] },
    large: { fast: [1, 2], medium: [3, 5], slow: [50, 80] },
  } as const;
  for (const severity of ['mild', 'large'] as const) {
    it(`fadas ${severity} has durations that are uniform over the published range of each class`, () => {
      const spec = { kind: 'fadas', severity, unitMs: 1000 } as const;
      const model = createDelayModel(spec, 300, new SeededRandom(4));
      const names = new Set(model.speeds.map(({ name }) => name));
      assert.deepEqual([...names].sort(), ['fast', 'medium', 'slow']);
      model.speeds.forEach(({ name, isStraggler }, client) => {
        const [from, to] = ranges[severity][name as 'fast' | 'medium' | 'slow'];
        assert.equal(model.computeMs(client, 7, scripted(0)), 1000 * from);
        assert.equal(model.computeMs(client, 7, scripted(0.5)), (1000 * (from + to)) / 2);
        assert.equal(isStraggler, name === 'slow');
      });
    });
  }

  it('fadas has a mix of one half, one third and one sixth over many fleets, as Dirichlet(3, 2, 1)', () => {
    const counts: Record<string, number> = { fast: 0, medium: 0, slow: 0 };
    for (let seed = 0; seed < 400; seed++) {
      const spec = { kind: 'fadas', severity: 'mild', unitMs: 1 } as const;
      for (const { name } of createDelayModel(spec, 50, new SeededRandom(seed)).speeds) {
        counts[name] = (counts[name] ?? 0) + 1 / (400 * 50);
      }
    }
    assert.ok(Math.abs((counts['fast'] ?? 0) - 1 / 2) < 0.03, `fast ${counts['fast']}`);
    assert.ok(Math.abs((counts['medium'] ?? 0) - 1 / 3) < 0.03, `medium ${counts['medium']}`);
    assert.ok(Math.abs((counts['slow'] ?? 0) - 1 / 6) < 0.03, `slow ${counts['slow']}`);
  });

  it('half-normal has a mean of the scale times the square root of 2 over pi', () => {
    const model = createDelayModel({ kind: 'half-normal', scaleMs: 100 }, 1, new SeededRandom(1));
    const random = new SeededRandom(2);
    const draws = Array.from({ length: 20_000 }, () => model.computeMs(0, 1, random));
    assert.ok(Math.min(...draws) >= 0);
    assert.ok(Math.abs(mean(draws) - 100 * Math.sqrt(2 / Math.PI)) < 1.5, `mean ${mean(draws)}`);
  });
});

describe('stragglers', () => {
  const spec = {
    kind: 'stragglers',
    share: 0.3,
    slowdown: 10,
    jitter: 0.2,
    step: { kind: 'fixed', ms: 1 },
  } as const;

  it('are exactly the given share of clients, slower by the factor within the jitter', () => {
    const model = createDelayModel(spec, 10, new SeededRandom(1));
    assert.equal(model.speeds.filter(({ isStraggler }) => isStraggler).length, 3);
    model.speeds.forEach(({ isStraggler }, client) => {
      const factor = isStraggler ? 10 : 1;
      assert.equal(model.computeMs(client, 50, scripted(0.5)), 50 * factor);
      assert.equal(model.computeMs(client, 50, scripted(0)), 40 * factor);
      assert.equal(model.computeMs(client, 50, scripted(1)), 60 * factor);
    });
  });

  it('are the clients with the highest affinity', () => {
    const affinity = [0, 0.9, 0.1, 1, 0.2, 0, 0, 0, 0.8, 0];
    const model = createDelayModel(spec, 10, new SeededRandom(1), affinity);
    const slow = model.speeds.flatMap(({ isStraggler }, client) => (isStraggler ? [client] : []));
    assert.deepEqual(slow, [1, 3, 8]);
  });

  it('differ between seeds without an affinity', () => {
    const slow = (seed: number) =>
      createDelayModel(spec, 100, new SeededRandom(seed)).speeds.map(({ isStraggler }) => isStraggler);
    assert.deepEqual(slow(1), slow(1));
    assert.notDeepEqual(slow(1), slow(2));
  });
});
