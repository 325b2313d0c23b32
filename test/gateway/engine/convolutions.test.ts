import assert from 'node:assert/strict';
import fc from 'fast-check';
import { planMemory } from '../../../gateway/engine';
import { javascriptKernels } from '../../../gateway/engine/kernels/javascript';
import { loadKernels, openWasm } from '../../../gateway/engine/kernels/wasm';
import { geometryOf, inputParts, type Way, type Ways } from '../../../gateway/engine/layers/geometry';
import { FtteError, SeededRandom } from '../../../gateway/platform';
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
} from '../../../gateway/task';
import { assertClose, describeEngines } from '../../support/engines';
import { exampleParameters, exampleSamples, inputsOf } from '../../support/models';
import { referenceLoss, referenceOutputs } from '../../support/reference-model';

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
      assert.ok(Math.abs(got - wanted) <= 1e-4 * (size + 1e-3), `${got}, wanted ${wanted}`);
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

const arenaBytes = 1 << 18;
/** Byte offsets: input, weights, output, and a table. */
const [X, W, Y, G] = [64, 1 << 16, 2 << 16, 3 << 16] as const;
const way = fc
  .record({
    length: fc.integer({ min: 1, max: 12 }),
    taps: fc.integer({ min: 1, max: 5 }),
    stride: step,
    same: fc.boolean(),
  })
  .map(({ length, taps, stride, same }): Way => {
    const windows = same ? Math.ceil(length / stride) : Math.max(1, Math.floor((length - taps) / stride) + 1);
    const before = same ? Math.floor(Math.max((windows - 1) * stride + taps - length, 0) / 2) : 0;
    return { length, windows, taps, stride, before };
  });
const kernelCase = fc.record({
  ways: fc.tuple(way, way),
  channels: fc.integer({ min: 1, max: 21 }),
  outputs: fc.integer({ min: 1, max: 18 }),
  batch: fc.integer({ min: 1, max: 2 }),
  biased: fc.boolean(),
  seed: fc.nat(1000),
});

for (const build of ['strict', 'relaxed'] as const) {
  const loaded = loadKernels(build);
  if ('missing' in loaded) {
    describe.skip(`Convolution kernels of the ${build} build (${loaded.missing})`, () => undefined);
    continue;
  }
  describe(`Convolution kernels of the ${build} build`, () => {
    const host = openWasm(loaded.module, build, arenaBytes);
    const oracle = new ArrayBuffer(arenaBytes + 64);
    const javascript = javascriptKernels(oracle);
    /** Runs a call on both, over the same random values and the given tables, and compares all that is there after. */
    const compare = (
      seed: number,
      tables: readonly number[][],
      call: (kernels: typeof javascript) => void,
    ) => {
      const random = new SeededRandom(seed);
      const floats = new Float32Array(oracle, 0, arenaBytes / 4);
      for (let i = 0; i < floats.length; i++) floats[i] = random.uniform() - 0.5;
      const ints = new Int32Array(oracle);
      for (const [i, table] of tables.entries()) ints.set(table, G / 4 + 64 * i);
      new Uint8Array(host.buffer, 0, arenaBytes).set(new Uint8Array(oracle, 0, arenaBytes));
      call(javascript);
      call(host.kernels);
      const got = new Float32Array(host.buffer, 0, G / 4);
      for (let i = 0; i < got.length; i++) {
        if (got[i] !== floats[i] && !(Math.abs(got[i]! - floats[i]!) <= 2e-5))
          assert.fail(`[${i}] is ${got[i]}, wanted ${floats[i]}`);
      }
    };
    const size = ([down, across]: Ways, channels: number) => ({
      x: down.length * across.length * channels,
      y: (outputs: number) => down.windows * across.windows * outputs,
    });

    it('agree with JavaScript on convolutions of random shapes', () => {
      fc.assert(
        fc.property(kernelCase, ({ ways, channels, outputs, batch, biased, seed }) => {
          const sizes = size(ways, channels);
          const columns = Math.min(8, outputs);
          const bias = biased ? W + 40_000 : 0;
          compare(seed, [geometryOf(ways, channels, outputs)], (k) => {
            k.convolve(X, sizes.x, W, outputs, bias, Y, sizes.y(outputs) + 1, G, batch, columns);
          });
          compare(seed, [geometryOf(ways, channels, outputs)], (k) =>
            k.convolveWeights(X, sizes.x, Y, sizes.y(outputs), W, G, batch, outputs),
          );
          const positions = ways[0].taps * ways[1].taps;
          compare(seed, [], (k) => k.flipPanel(W, Y, positions, channels, outputs, channels > 8 ? 8 : 0));
        }),
        { numRuns: 60, seed: 3 },
      );
    });

    it('agree with JavaScript on convolutions of single channels', () => {
      fc.assert(
        fc.property(kernelCase, ({ ways, channels, batch, biased, seed }) => {
          const sizes = size(ways, channels);
          const bias = biased ? W + 40_000 : 0;
          const chosen = Array.from({ length: channels }, (_, c) => c).filter((c) => c % 3 !== 1);
          const names = [...chosen, 0, 0, 0];
          compare(seed, [geometryOf(ways, channels, channels, 1)], (k) =>
            k.depthwise(X, sizes.x, W, bias, Y, sizes.y(channels) + 3, G, batch),
          );
          for (const own of [undefined, chosen]) {
            const width = own?.length ?? channels;
            compare(seed, [geometryOf(ways, width, width, 1), names], (k) =>
              k.depthwiseWeights(
                X,
                size(ways, width).x,
                Y,
                sizes.y(channels),
                channels,
                own ? G + 256 : 0,
                W,
                G,
                batch,
              ),
            );
          }
        }),
        { numRuns: 60, seed: 4 },
      );
    });

    it('agree with JavaScript on the parts of an input gradient, which cover each of its places once', () => {
      fc.assert(
        fc.property(kernelCase, ({ ways, channels, batch, seed }) => {
          const sizes = size(ways, channels);
          const parts = inputParts(ways, channels, channels, -1);
          const seen = new Uint8Array(sizes.x);
          for (const { at, tap, geometry } of parts) {
            const [lines, pixels, line, pixel] = geometry as [number, number, number, number];
            for (let r = 0; r < lines; r++)
              for (let p = 0; p < pixels; p++)
                for (let c = 0; c < channels; c++) seen[at + r * line + p * pixel + c]!++;
            const first = W + 4096 + tap * channels * 4;
            compare(seed, [geometry], (k) =>
              k.depthwise(X, sizes.y(channels), first, 0, Y + at * 4, sizes.x, G, batch),
            );
          }
          assert.ok(seen.every((times) => times === 1));
        }),
        { numRuns: 40, seed: 6 },
      );
    });
  });
}
