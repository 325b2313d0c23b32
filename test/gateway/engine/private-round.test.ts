import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createEngine, type PrivateSteps, planMemory, type Samples } from '../../../gateway/engine';
import { densePlan, parameterLayout, resolveModel } from '../../../gateway/model';
import { KeyedRandom } from '../../../gateway/platform';
import { type Optimiser, presetLayers } from '../../../gateway/task';
import { assertClose, describeEngines } from '../../support/engine/engines';
import { exampleParameters, exampleSamples } from '../../support/engine/models';

const model = resolveModel([32, 3], presetLayers('cnn1d', 'S', 4, [32, 3]), 4, 'softmax-cross-entropy');
const layout = parameterLayout(model);
const count = 12;
const samples = exampleSamples(model, count);
const plan = densePlan(layout, 1);
const key = Uint8Array.from({ length: 32 }, (_, i) => i);
const learningRate = 0.05;
/** Settings with which a private round is one of plain SGD over all samples: no clipping, next to no noise. */
const plain: PrivateSteps = { steps: 3, rate: 1, clip: 1e6, noise: 1e-15, batch: count, key };

const optimisers: readonly Optimiser[] = [
  { kind: 'sgd', momentum: 0.9 },
  { kind: 'sgd', momentum: 0 },
  { kind: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-7 },
];

/** The first samples, but one that is left out. */
function without(place: number): Samples {
  const kept = Array.from({ length: count }, (_, i) => i).filter((i) => i !== place);
  const size = samples.x.length / count;
  return {
    count: kept.length,
    x: Float32Array.from(kept.flatMap((i) => [...samples.x.subarray(i * size, (i + 1) * size)])),
    y: Uint16Array.from(kept, (i) => samples.y[i]!),
  };
}

const lengthOf = (values: Float32Array) => Math.hypot(...values);

describeEngines('A round with differential privacy', (engine) => {
  const programOf = (optimiser: Optimiser, perExample: boolean, microBatch = 1) => {
    const program = engine.compile({
      model,
      plan: { ...plan, microBatch },
      optimiser,
      batchSize: count,
      frozen: 'int8',
      perExample,
    });
    program.loadParameters(exampleParameters(model));
    return program;
  };
  const train = (given: Samples, privacy: Partial<PrivateSteps>, optimiser = optimisers[1]!) =>
    programOf(optimiser, true).train(given, {
      epochs: 1,
      learningRate,
      seed: 1,
      privacy: { ...plain, ...privacy },
    });

  for (const optimiser of optimisers) {
    const title = optimiser.kind === 'sgd' ? `SGD with momentum ${optimiser.momentum}` : 'Adam';
    it(`makes the steps of a plain round where nothing is clipped and the noise is nothing: ${title}`, () => {
      const wanted = programOf(optimiser, false, count).train(samples, { epochs: 3, learningRate, seed: 1 });
      const got = train(samples, {}, optimiser);
      // Adam divides by roots of squares that are nearly 0, where the order of additions shows.
      assertClose(got.delta, wanted.delta, optimiser.kind === 'adam' ? 2e-2 : 1e-4, 'delta');
      assert.equal(got.steps, 3);
      assert.ok(Number.isNaN(got.lossBefore) && Number.isNaN(got.lossAfter), 'a loss was measured');
    });
  }

  it('changes by at most the clipping norm over the batch with one sample more or less, whatever the sample', () => {
    const clip = 0.01;
    const all = train(samples, { steps: 1, clip }).delta;
    for (let place = 0; place < count; place++) {
      const { delta } = train(without(place), { steps: 1, clip });
      const change = lengthOf(delta.map((value, i) => value - all[i]!));
      const most = (learningRate * clip) / count;
      assert.ok(change <= most * (1 + 1e-3), `${change} of ${most}`);
      assert.ok(change > most * 0.99, 'every gradient here is longer than the clipping norm');
    }
  });

  it('takes nothing from an example whose gradient is not finite', () => {
    const broken = { ...samples, x: samples.x.slice() };
    broken.x.fill(Number.NaN, 0, samples.x.length / count);
    assertClose(train(broken, {}).delta, train(without(0), {}).delta, 1e-6, 'delta');
  });

  it('is noise of the announced size alone where there are no samples', () => {
    const none: Samples = { count: 0, x: new Float32Array(0), y: new Uint16Array(0) };
    const { delta } = train(none, { steps: 1, clip: 0.5, noise: 2, batch: 8 });
    const deviation = (learningRate * 2 * 0.5) / 8;
    const mean = delta.reduce((sum, value) => sum + value, 0) / delta.length;
    const spread = lengthOf(delta) / Math.sqrt(delta.length);
    assert.ok(Math.abs(mean) < (4 * deviation) / Math.sqrt(delta.length), `mean ${mean}`);
    assert.ok(Math.abs(spread / deviation - 1) < 4 / Math.sqrt(2 * delta.length), `deviation ${spread}`);
  });

  it('repeats to the last bit with the same key, and differs in every number with another', () => {
    const noisy = { rate: 0.5, clip: 0.1, noise: 1 };
    const { delta } = train(samples, noisy);
    assert.deepEqual(train(samples, noisy).delta, delta);
    const other = train(samples, { ...noisy, key: key.map((byte) => byte + 1) }).delta;
    assert.ok(other.every((value, i) => value !== delta[i]));
  });

  it('stays in the arena that was planned, also for samples that are all taken', () => {
    const [momentum] = optimisers;
    const program = programOf(momentum!, true);
    program.train(samples, { epochs: 1, learningRate, seed: 1, privacy: plain });
    assert.equal(program.arenaBytes, program.memory.peakBytes);
    assert.ok(program.memory.peakBytes > programOf(momentum!, false).memory.peakBytes);
  });

  it('is refused by a program that clips nothing, and a plain round by one that clips', () => {
    const round = { epochs: 1, learningRate, seed: 1 };
    const sgd = optimisers[1]!;
    const refused = (pattern: RegExp) => ({ code: 'plan-invalid', message: pattern });
    assert.throws(
      () => programOf(sgd, false).train(samples, { ...round, privacy: plain }),
      refused(/perExample/),
    );
    assert.throws(() => programOf(sgd, true).train(samples, round), refused(/differential privacy alone/));
    assert.throws(() => programOf(sgd, true, 4), refused(/micro-batch is 4, expected 1/));
  });

  it('names a setting with which it would protect nothing', () => {
    for (const wrong of [{ noise: 0 }, { clip: Number.NaN }, { batch: -1 }, { rate: 1.5 }, { steps: 0.5 }]) {
      const [name] = Object.keys(wrong);
      assert.throws(() => train(samples, wrong), {
        code: 'config-invalid',
        message: new RegExp(`^privacy.${name}: expected`),
      });
    }
    assert.throws(() => train(samples, { key: key.slice(1) }), /privacy.key: expected 32 bytes, got 31/);
  });
});

describe('The memory of a round with differential privacy', () => {
  it('has one vector more than micro-batches of one, and a budget is refused as for any program', () => {
    const request = { model, plan, batchSize: count, optimiser: optimisers[0]! };
    const [alone, together] = [planMemory({ ...request, perExample: true }), planMemory(request)];
    assert.equal(alone.gradients - together.gradients, layout.size * 4);
    const budgetBytes = alone.peakBytes - 1;
    assert.throws(() => createEngine('javascript').compile({ ...request, perExample: true, budgetBytes }), {
      code: 'budget-too-small',
    });
  });
});

describe('Random numbers from a key', () => {
  it('are those of AES in counter mode, and lie strictly between 0 and 1', () => {
    const random = new KeyedRandom(new Uint8Array(32));
    // The first block of AES-256 with a key of zeros over a counter of zeros begins with dc95c078 a2408989.
    const [high, low] = [0x78c095dc >>> 5, Number(0x898940a2n >> 6n)];
    assert.equal(random.uniform(), (high * 2 ** 26 + low + 0.5) * 2 ** -53);
    for (let i = 0; i < 20_000; i++) {
      const value = random.uniform();
      assert.ok(value > 0 && value < 1);
    }
  });

  it('have the moments of a normal distribution', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
        const random = new KeyedRandom(bytes);
        const values = Array.from({ length: 4000 }, () => random.noise());
        const moment = (power: number) => values.reduce((sum, x) => sum + x ** power, 0) / values.length;
        assert.ok(Math.abs(moment(1)) < 0.1);
        assert.ok(Math.abs(moment(2) - 1) < 0.15);
        assert.ok(Math.abs(moment(4) - 3) < 1);
      }),
      { numRuns: 5, seed: 3 },
    );
  });
});
