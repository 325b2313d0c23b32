import assert from 'node:assert/strict';
import fc from 'fast-check';
import { planMemory } from '../../../../gateway/engine';
import {
  densePlan,
  gather,
  type LayerSpec,
  type ModelSpec,
  type Plan,
  parameterLayout,
  planSegments,
  resolveModel,
  scatterAdd,
} from '../../../../gateway/model';
import { FtteError, SeededRandom } from '../../../../gateway/platform';
import { assertClose, describeEngines } from '../../../support/engine/engines';
import { exampleParameters, exampleSamples, inputsOf } from '../../../support/engine/models';
import { referenceLoss, referenceOutputs } from '../../../support/engine/reference-model';

const count = 3;
const length = fc.integer({ min: 1, max: 9 });
const step = fc.integer({ min: 1, max: 3 });
const convolution = fc.record({
  flat: fc.boolean(),
  depthwise: fc.boolean(),
  bias: fc.boolean(),
  padding: fc.constantFrom('same' as const, 'valid' as const),
  lines: length,
  pixels: fc.integer({ min: 1, max: 14 }),
  channels: fc.integer({ min: 1, max: 19 }),
  filters: fc.integer({ min: 1, max: 19 }),
  kernel: fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 5 })),
  stride: fc.tuple(step, step),
  seed: fc.nat(1000),
});
type Drawn = typeof convolution extends fc.Arbitrary<infer T> ? T : never;

/** The drawn convolution between a pointwise one, which asks it for a gradient, and a dense layer. */
function modelOf({
  flat,
  depthwise,
  bias,
  padding,
  lines,
  pixels,
  channels,
  filters,
  kernel,
  stride,
}: Drawn) {
  const same = { padding, bias } as const;
  const own: LayerSpec = flat
    ? depthwise
      ? { type: 'depthwiseconv1d', kernel: kernel[1], stride: stride[1], ...same }
      : { type: 'conv1d', filters, kernel: kernel[1], stride: stride[1], ...same }
    : depthwise
      ? { type: 'depthwiseconv2d', kernel, stride, ...same }
      : { type: 'conv2d', filters, kernel, stride, ...same };
  const layers: LayerSpec[] = [
    { type: 'conv1d', filters: channels, kernel: 1, padding: 'same' },
    ...(flat ? [] : [{ type: 'reshape', shape: [lines, pixels, channels] } satisfies LayerSpec]),
    own,
    { type: 'flatten' },
    { type: 'dense', units: 3 },
  ];
  try {
    return resolveModel([flat ? pixels : lines * pixels, 2], layers, 3, 'softmax-cross-entropy');
  } catch (error) {
    if (error instanceof FtteError && error.code === 'model-invalid') return undefined; // too short for the kernel
    throw error;
  }
}

/** Some tensors whole, some by channels, as the seed has it. */
function somePlan(model: ModelSpec, seed: number, microBatch: number): Plan {
  const random = new SeededRandom(seed);
  const entries = parameterLayout(model).tensors.flatMap(({ inputChannels }, tensor) => {
    const all = Array.from({ length: inputChannels }, (_, c) => c);
    const channels = all.filter(() => random.uniform() < 0.5);
    if (channels.length > 0) return [{ tensor, channels }];
    return random.uniform() < 0.5 ? [{ tensor }] : [];
  });
  return entries.length > 0 ? { entries, microBatch } : densePlan(parameterLayout(model), microBatch);
}

describeEngines('Convolutions of random shapes, strides and paddings', (engine) => {
  const forModels = (check: (model: ModelSpec, drawn: Drawn) => void, numRuns: number) =>
    fc.assert(
      fc.property(convolution, (drawn) => {
        const model = modelOf(drawn);
        if (model) check(model, drawn);
      }),
      { numRuns, seed: 5 },
    );

  it('give what their definition says', () => {
    forModels((model) => {
      const program = engine.compile({ model });
      const parameters = exampleParameters(model);
      program.loadParameters(parameters);
      const x = inputsOf(model, exampleSamples(model, count));
      const got = program.predict(x, count);
      for (let i = 0; i < count; i++) {
        const size = x.length / count;
        const input = Float64Array.from(x.subarray(i * size, (i + 1) * size));
        const logits = referenceOutputs(model, Float64Array.from(parameters), input).map(Math.exp);
        const sum = logits.reduce((a, b) => a + b, 0);
        assertClose(
          got.subarray(3 * i, 3 * i + 3),
          logits.map((value) => value / sum),
          1e-5,
          'outputs',
        );
      }
    }, 150);
  });

  it('have the gradient that the loss has along any direction, whatever is trained', () => {
    forModels((model, { seed }) => {
      const parameters = exampleParameters(model);
      const samples = exampleSamples(model, count);
      const plan = somePlan(model, seed, 1 + (seed % count));
      const segments = planSegments(parameterLayout(model), plan);
      const program = engine.compile({
        model,
        plan,
        optimiser: { kind: 'sgd', momentum: 0 },
        batchSize: count,
      });
      program.loadParameters(parameters);
      const { delta } = program.train(samples, { epochs: 1, learningRate: 1, seed: 1 });
      const random = new SeededRandom(seed);
      const direction = delta.map(() => random.normal());
      const lossAt = (distance: number) => {
        const moved = new Float64Array(parameters.length);
        const change = new Float32Array(parameters.length);
        scatterAdd(change, segments, direction);
        for (let i = 0; i < moved.length; i++) moved[i] = parameters[i]! + distance * change[i]!;
        return referenceLoss(model, moved, samples);
      };
      const wanted = (lossAt(1e-6) - lossAt(-1e-6)) / 2e-6;
      const got = -delta.reduce((sum, value, i) => sum + value * direction[i]!, 0);
      const size = Math.sqrt(delta.reduce((sum, value) => sum + value * value, 0));
      assert.ok(Math.abs(got - wanted) <= 1e-4 * (size + 1e-3), `${got}, expected ${wanted}`);
      assert.equal(gather(program.readParameters(), segments).length, delta.length);
    }, 150);
  });

  it('write no byte beyond the plan, and the last bytes of it', () => {
    forModels((model, { seed }) => {
      const plan = somePlan(model, seed, 1 + (seed % count));
      const program = engine.compile({
        model,
        plan,
        optimiser: { kind: 'sgd', momentum: 0.9 },
        batchSize: count,
      });
      program.loadParameters(exampleParameters(model));
      program.train(exampleSamples(model, count), { epochs: 1, learningRate: 0.1, seed: 1 });
      const { peakBytes } = program.memory;
      // The planner promises no more than this: what a kernel leaves at the end may be what was there before.
      assert.ok(program.arenaBytes <= peakBytes && program.arenaBytes > peakBytes - 64);
    }, 100);
  });

  it('repeat to the last bit', () => {
    forModels((model, { seed }) => {
      const run = () => {
        const plan = somePlan(model, seed, 1 + (seed % count));
        const program = engine.compile({ model, plan, batchSize: count });
        program.loadParameters(exampleParameters(model));
        return program.train(exampleSamples(model, 5), { epochs: 2, learningRate: 0.1, seed: 2 });
      };
      assert.deepEqual(run(), run());
    }, 30);
  });
});

describe('A convolution that is not trained', () => {
  const picture: LayerSpec[] = [
    { type: 'reshape', shape: [16, 16, 4] },
    { type: 'conv2d', filters: 4, kernel: 1, padding: 'same' },
    { type: 'relu' },
    { type: 'depthwiseconv2d', kernel: 3, padding: 'same' },
    { type: 'relu' },
    { type: 'conv2d', filters: 4, kernel: 3, padding: 'same' },
    { type: 'globalaveragepool2d' },
    { type: 'dense', units: 2 },
  ];
  const model = resolveModel([256, 4], picture, 2, 'softmax-cross-entropy');
  const layout = parameterLayout(model);
  const bytes = 256 * 4 * 4;
  const activationsOf = (wanted: (layer: number, role: string) => boolean, channels?: number[]) => {
    const entries = layout.tensors.flatMap(({ layer, role }, tensor) =>
      wanted(layer, role) ? [{ tensor, ...(channels && role === 'kernel' ? { channels } : {}) }] : [],
    );
    const { activations, input } = planMemory({ model, plan: { entries, microBatch: 1 }, batchSize: 1 });
    return activations + input;
  };

  it('keeps no input: biases alone need no more than two pictures and the masks', () => {
    const masks = 2 * (bytes / 32);
    assert.ok(activationsOf((_, role) => role === 'bias') <= 2 * bytes + masks + 64);
    assert.ok(activationsOf(() => true) >= 4 * bytes);
  });

  it('keeps of the input what belongs to the chosen channels, of single channels too', () => {
    const two = activationsOf((layer) => layer === 3 || layer === 5, [0, 1]);
    const three = activationsOf((layer) => layer === 3 || layer === 5, [0, 1, 2]);
    assert.equal(three - two, 2 * (bytes / 4));
  });
});
