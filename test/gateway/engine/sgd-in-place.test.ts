import assert from 'node:assert/strict';
import type { TrainOptions } from '../../../gateway/engine';
import { javascriptKernels } from '../../../gateway/engine/kernels/javascript';
import type { Kernels } from '../../../gateway/engine/kernels/kernels';
import { loadKernels, openWasm } from '../../../gateway/engine/kernels/wasm';
import { compileSchedule } from '../../../gateway/engine/program/compile';
import { densePlan, type Plan, parameterLayout, resolveModel } from '../../../gateway/model';
import { SeededRandom } from '../../../gateway/platform';
import { presetLayers } from '../../../gateway/task';
import { assertClose, describeEngines } from '../../support/engine/engines';
import { exampleParameters, exampleSamples } from '../../support/engine/models';
import { sketchDeviation, sketchError } from '../../support/engine/sketched';

const arenaBytes = 65_536;
/** Byte offsets: a vector of up to 8000 values, and its sketch. */
const [from, into] = [16, 40_000] as const;

const javascript = () => {
  const buffer = new ArrayBuffer(arenaBytes);
  return { kernels: javascriptKernels(buffer), arena: new Float32Array(buffer) };
};

/** The sketch of values in an arena, and its squared norm. */
function sketchOf(
  { kernels, arena }: { kernels: Kernels; arena: Float32Array },
  values: Float32Array,
  buckets: number,
  seed: number,
) {
  arena.set(values, from >> 2);
  kernels.zero(into, buckets);
  const squares = kernels.sketch(from, values.length, into, buckets, seed, 1);
  return { squares, values: arena.slice(into >> 2, (into >> 2) + buckets) };
}

const vector = (size: number, valueAt: (i: number, random: SeededRandom) => number) => {
  const random = new SeededRandom(size);
  return Float32Array.from({ length: size }, (_, i) => valueAt(i, random));
};
const squareOf = (values: Float32Array) => values.reduce((sum, value) => sum + value * value, 0);

/** Gradients as they come: spread out, of one output or input channel of a kernel, and of a few large values. */
const vectors: [title: string, values: Float32Array][] = [
  ['values all alike', vector(5000, (_, random) => random.normal())],
  ['values that are all the same', vector(4096, () => 1)],
  ['one output of sixty-four', vector(7680, (i, random) => (i % 64 === 5 ? random.normal() : 0))],
  ['eight outputs of thirty-two', vector(7680, (i, random) => (i % 32 < 8 ? random.normal() : 0))],
  ['a run of three hundred', vector(7680, (i, random) => (i >= 700 && i < 1000 ? random.normal() : 0))],
  ['many small values and few large ones', vector(4000, (_, random) => random.normal() ** 5)],
];

describe('The sketch of a vector', () => {
  for (const [title, values] of vectors) {
    for (const buckets of [64, 128]) {
      it(`has the norm of ${title} on average, and spreads as theory says, with ${buckets} buckets`, () => {
        const host = javascript();
        const wanted = squareOf(values);
        const trials = 300;
        const errors = Array.from(
          { length: trials },
          (_, seed) => sketchOf(host, values, buckets, seed).squares / wanted - 1,
        );
        const mean = errors.reduce((sum, error) => sum + error, 0) / trials;
        const spread = Math.sqrt(errors.reduce((sum, error) => sum + error * error, 0) / trials);
        const deviation = Math.sqrt(2 / buckets);
        assert.ok(Math.abs(mean) < (4 * deviation) / Math.sqrt(trials), `mean ${mean}`);
        // A sample deviation of so many trials is itself known to some five in a hundred.
        assert.ok(spread < 1.25 * deviation, `spread ${spread}, theory ${deviation}`);
      });
    }
  }

  it('is linear: of a sum the sum, and what is taken away is gone', () => {
    const host = javascript();
    const [a, b] = [vector(900, (_, random) => random.normal()), vector(900, (i) => Math.sin(i))];
    const [ofA, ofB] = [a, b].map((values) => sketchOf(host, values, 128, 7).values);
    const sum = a.map((value, i) => value + b[i]!);
    assertClose(
      sketchOf(host, sum, 128, 7).values,
      ofA!.map((value, i) => value + ofB![i]!),
      1e-5,
      'sum',
    );
    host.arena.set(sum, from >> 2);
    host.kernels.zero(into, 128);
    host.kernels.sketch(from, 900, into, 128, 7, 1);
    assert.ok(host.kernels.sketch(from, 900, into, 128, 7, -1) < 1e-9);
  });

  it('has the same bits in WebAssembly as in JavaScript, whatever the length', () => {
    for (const build of ['strict', 'relaxed'] as const) {
      const loaded = loadKernels(build);
      if ('missing' in loaded) continue;
      const { kernels, buffer } = openWasm(loaded.module, build, arenaBytes);
      const [one, other] = [{ kernels, arena: new Float32Array(buffer) }, javascript()];
      for (const size of [1, 2, 3, 4, 5, 17, 130, 4001]) {
        const values = vector(size, (_, random) => random.normal());
        for (const seed of [0, -1, 0x7fffffff, 12_345]) {
          const [got, wanted] = [one, other].map((host) => sketchOf(host, values, 64, seed));
          assert.deepEqual(got!.values, wanted!.values, `${size} values, seed ${seed}, ${build}`);
          assertClose([got!.squares], [wanted!.squares], 1e-12, 'norm');
        }
      }
    }
  });
});

/** Long enough that a gradient lives shortly, in bytes of its own, where the micro-batch is the batch. */
const model = resolveModel([64, 3], presetLayers('cnn1d', 'S', 4, [64, 3]), 4, 'softmax-cross-entropy');
const layout = parameterLayout(model);
const batchSize = 16;
const round: TrainOptions = { epochs: 2, learningRate: 0.02, seed: 3 };
/** All biases, and some input channels of the kernels. */
const channels: Plan['entries'] = layout.tensors.map(({ inputChannels }, tensor) =>
  inputChannels > 2 ? { tensor, channels: [0, inputChannels - 1] } : { tensor },
);

describeEngines('Gradients summed in the velocity', (engine) => {
  const train = (plan: Plan, options: Partial<TrainOptions> = {}, momentum = 0.9) => {
    const optimiser = { kind: 'sgd', momentum } as const;
    const request = { model, plan, optimiser, batchSize, frozen: 'int8' } as const;
    const { sums } = compileSchedule(request).training!.optimiser;
    assert.equal(
      sums === undefined,
      plan.microBatch === batchSize,
      'gradients are summed where they should be',
    );
    const program = engine.compile(request);
    program.loadParameters(exampleParameters(model));
    const result = program.train(exampleSamples(model, 29), { ...round, ...options });
    assert.equal(program.arenaBytes, program.memory.peakBytes);
    return result;
  };

  for (const momentum of [0.3, 0.9, 0.99]) {
    it(`make the steps of a gradient of its own, with a momentum of ${momentum} and a smaller last batch`, () => {
      for (const entries of [densePlan(layout, 1).entries, channels]) {
        const wanted = train({ entries, microBatch: batchSize }, {}, momentum);
        for (const microBatch of [1, 3]) {
          const got = train({ entries, microBatch }, {}, momentum);
          assertClose(got.delta, wanted.delta, 1e-4, `micro-batch ${microBatch}`);
          assertClose([got.lossAfter], [wanted.lossAfter], 1e-5, 'loss');
        }
      }
    });
  }

  it('repeat to the last bit with the same seed, and forget the round before', () => {
    const plan = { entries: channels, microBatch: 2 };
    assert.deepEqual(train(plan), train(plan));
    const optimiser = { kind: 'sgd', momentum: 0.9 } as const;
    const program = engine.compile({ model, plan, optimiser, batchSize });
    program.loadParameters(exampleParameters(model));
    const samples = exampleSamples(model, 29);
    const first = program.train(samples, round);
    assert.deepEqual(program.train(samples, round), first);
  });

  it('estimate the variance without bias, with the error that theory gives, for a whole model and for channels', () => {
    const rounds = engine.kind === 'javascript' ? 3 : 24;
    for (const entries of [densePlan(layout, 1).entries, channels]) {
      const seeds = Array.from({ length: rounds }, (_, seed) => seed);
      const errors = seeds.map((seed) => {
        const exact = train({ entries, microBatch: batchSize }, { seed, epochs: 4 });
        assert.equal(exact.steps, 8);
        return sketchError(train({ entries, microBatch: 1 }, { seed, epochs: 4 }), exact);
      });
      const deviation = sketchDeviation(8);
      for (const error of errors) assert.ok(Math.abs(error) < 4 * deviation, `${error}, theory ${deviation}`);
      const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length;
      assert.ok(Math.abs(mean) < (4 * deviation) / Math.sqrt(errors.length), `${mean}`);
    }
  });

  it('take the same steps where the micro-batch is the batch and the gradient would be the largest thing there', () => {
    const wide = resolveModel(
      [6, 3],
      [{ type: 'flatten' }, { type: 'dense', units: 400 }, { type: 'relu' }, { type: 'dense', units: 4 }],
      4,
      'softmax-cross-entropy',
    );
    const [wholeBatch, inParts] = [batchSize, 2].map((microBatch) => {
      const plan = densePlan(parameterLayout(wide), microBatch);
      const optimiser = { kind: 'sgd', momentum: 0.9 } as const;
      const program = engine.compile({ model: wide, plan, optimiser, batchSize });
      program.loadParameters(exampleParameters(wide));
      const result = program.train(exampleSamples(wide, 19), round);
      assert.deepEqual([program.memory.gradients, program.arenaBytes], [0, program.memory.peakBytes]);
      return result;
    });
    assertClose(wholeBatch!.delta, inParts!.delta, 1e-4, 'delta');
    assertClose([wholeBatch!.gradientVariance], [inParts!.gradientVariance], 1e-4, 'variance');
  });

  it('know it exactly where the plan is smaller than a sketch', () => {
    const biases = layout.tensors.flatMap(({ role }, tensor) => (role === 'bias' ? [{ tensor }] : []));
    const [got, wanted] = [2, batchSize].map((microBatch) => {
      const plan = { entries: biases, microBatch };
      const program = engine.compile({ model, plan, optimiser: { kind: 'sgd', momentum: 0.9 }, batchSize });
      program.loadParameters(exampleParameters(model));
      return program.train(exampleSamples(model, 29), round);
    });
    assertClose([got!.gradientVariance], [wanted!.gradientVariance], 1e-4, 'variance');
  });
});
