import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  densePlan,
  type LayerSpec,
  outputShape,
  parameterLayout,
  resolveModel,
  type Shape,
} from '../../../../gateway/model';
import { type Random, SeededRandom } from '../../../../gateway/platform';
import { stepOperations } from '../../../../gateway/selection';
import { createDelayModel } from '../../../../gateway/simulation';
import { dirichlet, exponential, gamma } from '../../../../gateway/simulation/random/distributions';

/** Gives these uniform numbers, then fails. */
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

describe('the published delay models', () => {
  const ranges = {
    mild: { fast: [1, 2], medium: [3, 5], slow: [5, 8] },
    large: { fast: [1, 2], medium: [3, 5], slow: [50, 80] },
  } as const;
  for (const severity of ['mild', 'large'] as const) {
    it(`fadas ${severity}: each class's durations are uniform over the published range`, () => {
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

  it('fadas: over many fleets the mix is Dirichlet(3, 2, 1): a half, a third, a sixth', () => {
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

  it('half-normal: the mean is the scale times the square root of 2 over pi', () => {
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

  it('are exactly the share, slower by the factor, every round within its jitter', () => {
    const model = createDelayModel(spec, 10, new SeededRandom(1));
    assert.equal(model.speeds.filter(({ isStraggler }) => isStraggler).length, 3);
    model.speeds.forEach(({ isStraggler }, client) => {
      const factor = isStraggler ? 10 : 1;
      assert.equal(model.computeMs(client, 50, scripted(0.5)), 50 * factor);
      assert.equal(model.computeMs(client, 50, scripted(0)), 40 * factor);
      assert.equal(model.computeMs(client, 50, scripted(1)), 60 * factor);
    });
  });

  it('are the clients with the most of the slow labels, where slowness goes with labels', () => {
    const affinity = [0, 0.9, 0.1, 1, 0.2, 0, 0, 0, 0.8, 0];
    const model = createDelayModel(spec, 10, new SeededRandom(1), affinity);
    const slow = model.speeds.flatMap(({ isStraggler }, client) => (isStraggler ? [client] : []));
    assert.deepEqual(slow, [1, 3, 8]);
  });

  it('are others with another seed, where it does not', () => {
    const slow = (seed: number) =>
      createDelayModel(spec, 100, new SeededRandom(seed)).speeds.map(({ isStraggler }) => isStraggler);
    assert.deepEqual(slow(1), slow(1));
    assert.notDeepEqual(slow(1), slow(2));
  });
});

describe('distributions', () => {
  it('gamma has its shape as mean and variance', () => {
    for (const shape of [0.3, 1, 4.5]) {
      const random = new SeededRandom(9);
      const draws = Array.from({ length: 40_000 }, () => gamma(shape, random));
      const m = mean(draws);
      const variance = mean(draws.map((draw) => (draw - m) ** 2));
      assert.ok(Math.abs(m - shape) < 0.05 * shape + 0.01, `mean ${m} of ${shape}`);
      assert.ok(Math.abs(variance - shape) < 0.12 * shape, `variance ${variance} of ${shape}`);
    }
  });

  it('exponential has its mean', () => {
    const random = new SeededRandom(9);
    const draws = Array.from({ length: 20_000 }, () => exponential(30, random));
    assert.ok(Math.abs(mean(draws) - 30) < 1);
  });

  it('dirichlet adds up to one and is never negative, however small the concentration', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 1e-6, max: 100, noNaN: true }), { minLength: 1, maxLength: 10 }),
        fc.nat(),
        (concentration, seed) => {
          const drawn = dirichlet(concentration, new SeededRandom(seed));
          assert.ok(drawn.every((share) => share >= 0));
          assert.ok(Math.abs(drawn.reduce((sum, share) => sum + share, 0) - 1) < 1e-9);
        },
      ),
    );
  });
});

describe('the estimated cost of a step', () => {
  // conv1d 4x2 -> 3 filters, kernel 3: 4 * 3 * 3 * 2 * 2 = 144 operations; flatten 12, dense 12 -> 2: 48.
  const model = resolveModel(
    [4, 2],
    [
      { type: 'conv1d', filters: 3, kernel: 3, padding: 'same' },
      { type: 'flatten' },
      { type: 'dense', units: 2 },
    ],
    2,
    'softmax-cross-entropy',
  );
  const layout = parameterLayout(model);

  it('is forward, weight gradients, and input gradients above the deepest trained layer', () => {
    const forward = 144 + 12 + 48;
    const weights = 144 + 48;
    const inputs = 12 + 48;
    assert.equal(stepOperations(model, densePlan(layout, 1)), forward + weights + inputs);
  });

  it('leaves out what lies below a late layer', () => {
    const last = { entries: [{ tensor: 2 }, { tensor: 3 }], microBatch: 1 };
    assert.equal(stepOperations(model, last), 144 + 12 + 48 + 48);
  });

  it('counts the weight gradients of the chosen input channels only', () => {
    const half = { entries: [{ tensor: 0, channels: [1] }], microBatch: 1 };
    assert.equal(stepOperations(model, half), 144 + 12 + 48 + (12 + 48) + 144 / 2);
  });

  it('spares weight gradients, not input gradients, where only biases are trained', () => {
    const biases = { entries: [{ tensor: 1 }, { tensor: 3 }], microBatch: 1 };
    assert.equal(stepOperations(model, biases), 144 + 12 + 48 + (12 + 48));
  });

  const layers: readonly { spec: LayerSpec; input: Shape; forward: number }[] = [
    {
      spec: { type: 'conv1d', filters: 3, kernel: 3, stride: 2, padding: 'same' },
      input: [4, 2],
      forward: 72,
    },
    { spec: { type: 'conv2d', filters: 3, kernel: [1, 2], padding: 'same' }, input: [4, 5, 2], forward: 480 },
    { spec: { type: 'depthwiseconv1d', kernel: 3, padding: 'same' }, input: [4, 2], forward: 48 },
    { spec: { type: 'depthwiseconv2d', kernel: 3, padding: 'same' }, input: [4, 5, 2], forward: 720 },
    { spec: { type: 'gru', units: 5, sequences: true }, input: [4, 2], forward: 4 * 2 * 15 * 7 },
  ];
  for (const { spec, input, forward } of layers) {
    it(`counts the products of a ${spec.type}: forward, and as many again for its weights' gradient`, () => {
      const outputs = outputShape(spec, input, 0, undefined).reduce((product, size) => product * size, 1);
      const single = resolveModel(input, [spec, { type: 'flatten' }], outputs, 'softmax-cross-entropy');
      const plan = densePlan(parameterLayout(single), 1);
      assert.equal(stepOperations(single, plan), 2 * forward + 2 * outputs);
    });
  }
});
