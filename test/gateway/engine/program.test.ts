import assert from 'node:assert/strict';
import { createEngine, type TrainOptions } from '../../../gateway/engine';
import { loadKernels, openWasm } from '../../../gateway/engine/kernels/wasm';
import { type ArenaProgram, compileProgram } from '../../../gateway/engine/program/program';
import {
  densePlan,
  type Plan,
  parameterLayout,
  planSegments,
  resolveModel,
  segmentsSize,
} from '../../../gateway/model';
import { type Optimiser, presetLayers } from '../../../gateway/task';
import { assertClose, describeEngines } from '../../support/engine/engines';
import { exampleParameters, exampleSamples, smallModels } from '../../support/engine/models';
import { assertSketched } from '../../support/engine/sketched';

const momentum: Optimiser = { kind: 'sgd', momentum: 0.9 };
const adam: Optimiser = { kind: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-7 };
const round: TrainOptions = { epochs: 2, learningRate: 0.05, seed: 3 };
const model = resolveModel([24, 3], presetLayers('cnn1d', 'S', 4, [24, 3]), 4, 'softmax-cross-entropy');
const layout = parameterLayout(model);

/** Every other input channel of every kernel, and the first bias. */
const channelPlan = (microBatch: number): Plan => ({
  entries: layout.tensors.flatMap(({ inputChannels, role }, tensor) => {
    if (role === 'bias') return tensor === 1 ? [{ tensor }] : [];
    const channels = Array.from({ length: Math.ceil(inputChannels / 2) }, (_, i) => i * 2);
    return [{ tensor, channels }];
  }),
  microBatch,
});

describeEngines('A program', (engine) => {
  const compile = (plan: Plan, optimiser: Optimiser, batchSize = 8) => {
    const program = engine.compile({ model, plan, optimiser, batchSize });
    program.loadParameters(exampleParameters(model));
    return program;
  };

  for (const [title, optimiser] of [
    ['momentum', momentum],
    ['Adam', adam],
    ['plain SGD', { kind: 'sgd', momentum: 0 }],
  ] as const) {
    it(`trains chosen channels with ${title} alike at every micro-batch, updated at once or at the end`, () => {
      const samples = exampleSamples(model, 19);
      const size = segmentsSize(planSegments(layout, channelPlan(8)));
      const wanted = compile(channelPlan(8), optimiser).train(samples, round);
      assert.equal(wanted.delta.length, size);
      assert.ok(wanted.gradientVariance > 0);
      for (const microBatch of [1, 3, 7]) {
        const got = compile(channelPlan(microBatch), optimiser).train(samples, round);
        assertClose(got.delta, wanted.delta, 2e-3, `micro-batch ${microBatch}`);
        // Where the gradient is summed in the velocity, its norm is that of a sketch.
        if (optimiser === momentum) assertSketched(got, wanted, 4);
        else assertClose([got.gradientVariance], [wanted.gradientVariance], 2e-3, 'variance');
      }
    });
  }

  it('measures the same variance with SGD, from its state, as with Adam, from a sum', () => {
    // At rates at which the parameters hardly move, all see the same gradients.
    const samples = exampleSamples(model, 20);
    const trained = (plan: Plan, optimiser: Optimiser, learningRate: number) =>
      compile(plan, optimiser).train(samples, { ...round, learningRate });
    const biases = layout.tensors.flatMap(({ role }, tensor) => (role === 'bias' ? [{ tensor }] : []));
    const few: Plan = { entries: biases, microBatch: 8 };
    const whole = densePlan(layout, 8);
    for (const [plan, optimiser] of [
      [few, momentum],
      [whole, { kind: 'sgd', momentum: 0 }],
    ] as const) {
      const [one, other] = [trained(plan, optimiser, 1e-5), trained(plan, adam, 1e-7)];
      assertClose([one.gradientVariance], [other.gradientVariance], 1e-2, 'variance');
    }
    assertSketched(trained(whole, momentum, 1e-5), trained(whole, adam, 1e-7), 4);
  });

  it('writes the arena of a plan of channels to its last byte, and leaves nothing in it unused', () => {
    for (const microBatch of [1, 4, 8]) {
      for (const optimiser of [momentum, adam]) {
        const program = compile(channelPlan(microBatch), optimiser);
        program.train(exampleSamples(model, 16), round);
        assert.equal(program.arenaBytes, program.memory.peakBytes);
      }
    }
  });

  it('does not touch what the plan does not name', () => {
    const program = compile(channelPlan(4), momentum);
    program.train(exampleSamples(model, 16), round);
    assert.deepEqual(program.readParameters(), exampleParameters(model));
  });

  it('treats all channels chosen one by one as the whole tensor', () => {
    const all: Plan = {
      entries: layout.tensors.map(({ inputChannels }, tensor) =>
        inputChannels > 0
          ? { tensor, channels: Array.from({ length: inputChannels }, (_, i) => i) }
          : { tensor },
      ),
      microBatch: 4,
    };
    const samples = exampleSamples(model, 16);
    const whole = compile(densePlan(layout, 4), momentum);
    assert.deepEqual(compile(all, momentum).train(samples, round), whole.train(samples, round));
    assert.deepEqual(compile(all, momentum).memory, whole.memory);
  });

  it('measures a loss that does not depend on the micro-batch it is measured with', () => {
    const samples = exampleSamples(model, 23);
    const losses = [1, 4, 8].map((size) => compile(densePlan(layout, size), momentum).evaluate(samples).loss);
    assertClose(losses, Array(3).fill(losses[0]), 1e-5, 'loss');
  });

  it('evaluates, predicts and rounds over nothing without a fuss', () => {
    const none = { count: 0, x: new Float32Array(0), y: new Uint16Array(0) };
    const program = compile(densePlan(layout, 4), momentum);
    assert.deepEqual([program.evaluate(none).loss, program.predict(none.x, 0).length], [0, 0]);
    const { steps, delta, stopped } = program.train(none, round);
    assert.deepEqual([steps, stopped, delta.every((value) => value === 0)], [0, false, true]);
  });

  const refused: [title: string, code: string, call: () => unknown][] = [
    [
      'a micro-batch of nothing',
      'plan-invalid',
      () => compile({ entries: [{ tensor: 0 }], microBatch: 0 }, momentum),
    ],
    ['a plan of nothing', 'plan-invalid', () => compile({ entries: [], microBatch: 1 }, momentum)],
    [
      'a channel that is not there',
      'plan-invalid',
      () => compile({ entries: [{ tensor: 0, channels: [3] }], microBatch: 1 }, momentum),
    ],
    ['a batch of a half', 'plan-invalid', () => compile(densePlan(layout, 1), momentum, 0.5)],
    [
      'parameters of another model',
      'model-invalid',
      () => engine.compile({ model }).loadParameters(new Float32Array(3)),
    ],
    ['half a window', 'window-shape', () => engine.compile({ model }).predict(new Float32Array(36), 1)],
    [
      'a label beyond the outputs',
      'label-unknown',
      () => {
        const samples = exampleSamples(model, 4);
        samples.y[2] = 4;
        engine.compile({ model }).evaluate(samples);
      },
    ],
    [
      'a learning rate of zero',
      'config-invalid',
      () =>
        compile(densePlan(layout, 1), momentum).train(exampleSamples(model, 4), {
          ...round,
          learningRate: 0,
        }),
    ],
    [
      'training without a plan',
      'plan-invalid',
      () => engine.compile({ model }).train(exampleSamples(model, 4), round),
    ],
  ];
  for (const [title, code, call] of refused) {
    it(`refuses ${title}`, () => assert.throws(call, { code }));
  }

  it('refuses a model with nothing in it to learn', () => {
    const [, bare] = smallModels[0]!;
    const empty = { ...bare, layers: [{ type: 'flatten' } as const], shapes: [[5]], outputs: 5 };
    assert.throws(() => engine.compile({ model: empty }), { code: 'model-invalid' });
  });
});

describe('Idle memory', () => {
  const loaded = loadKernels('strict');
  const cnn = resolveModel([128, 6], presetLayers('cnn1d', 'M', 6, [128, 6]), 6, 'softmax-cross-entropy');
  const { tensors } = parameterLayout(cnn);
  const late = (_: unknown, tensor: number) => tensor >= tensors.length - 4;
  /** Which kernels a step calls that trains some tensors, and the change it makes. */
  const trained = (microBatch: number, chosen: (of: (typeof tensors)[number], tensor: number) => boolean) => {
    assert.ok('module' in loaded);
    const calls = new Set<string>();
    const whole = densePlan(parameterLayout(cnn), microBatch);
    const plan = {
      ...whole,
      entries: whole.entries.filter(({ tensor }) => chosen(tensors[tensor]!, tensor)),
    };
    const request = { model: cnn, plan, optimiser: momentum, batchSize: 16 };
    const program = compileProgram(request, (bytes) => {
      const host = openWasm(loaded.module, 'strict', bytes);
      const noted = Object.entries(host.kernels).map(
        ([name, kernel]: [string, (...x: number[]) => number]) => [
          name,
          (...numbers: number[]) => {
            calls.add(name);
            return kernel(...numbers);
          },
        ],
      );
      return { ...host, kernels: Object.fromEntries(noted) };
    });
    program.loadParameters(exampleParameters(cnn));
    const result = program.train(exampleSamples(cnn, 16), { ...round, epochs: 1 });
    assert.equal(program.arenaBytes, program.memory.peakBytes);
    return { calls, result };
  };

  it('makes convolutions quicker where there is some, with the same result', () => {
    const large = trained(16, () => true);
    const small = trained(1, () => true);
    for (const name of ['winograd', 'winogradInput', 'winogradWeights'])
      assert.ok(large.calls.has(name), name);
    assert.ok(!small.calls.has('winogradWeights') && small.calls.has('affineInput'));
    assertClose(large.result.delta, small.result.delta, 1e-4, 'delta');
  });

  // Where less is trained, the forward pass of a convolution is when the arena is fullest, or that of its gradient.
  for (const [title, kernel, chosen] of [
    ['forward', 'winograd', late],
    ['backward', 'winogradInput', (of, tensor) => late(of, tensor) || of.role === 'bias'],
  ] as [string, string, Parameters<typeof trained>[1]][]) {
    it(`is found in outputs that are not there yet and inputs that are done with, ${title}`, () => {
      const large = trained(16, chosen);
      const small = trained(1, chosen);
      assert.ok(large.calls.has(kernel));
      assertClose(large.result.delta, small.result.delta, 1e-4, 'delta');
    });
  }
});

describe('Choosing an engine', () => {
  it('puts the next program of the same size where one was released, and never one where another still is', () => {
    const engine = createEngine('wasm-strict');
    const compile = () => engine.compile({ model, plan: densePlan(layout, 4) }) as ArenaProgram;
    const first = compile();
    const second = compile();
    const { buffer } = first.floats;
    assert.notEqual(second.floats.buffer, buffer);
    first.release();
    assert.equal(compile().floats.buffer, buffer);
    assert.notEqual(compile().floats.buffer, buffer);
  });

  it('does not put a larger or a much smaller program where one was released', () => {
    const engine = createEngine('wasm-strict');
    const released = engine.compile({ model, plan: densePlan(layout, 32) }) as ArenaProgram;
    released.release();
    const small = engine.compile({ model, plan: densePlan(layout, 1) }) as ArenaProgram;
    assert.notEqual(small.floats.buffer, released.floats.buffer);
  });

  it('takes WebAssembly that repeats to the last bit unless asked for another', () => {
    const engine = createEngine();
    assert.deepEqual([engine.kind, engine.fallback], ['wasm-strict', undefined]);
  });

  it('takes the relaxed build only if it is asked for, and says why where it cannot be had', () => {
    const { kind, fallback } = createEngine('wasm-relaxed');
    assert.equal(kind === 'wasm-relaxed', fallback === undefined);
  });

  it('runs in JavaScript where there is no memory for WebAssembly, and says so; strict alone refuses', () => {
    const { Memory } = WebAssembly;
    WebAssembly.Memory = class {
      constructor() {
        throw new RangeError('could not allocate memory');
      }
    } as unknown as typeof Memory;
    try {
      const engine = createEngine();
      assert.equal(engine.compile({ model }).kind, 'javascript');
      assert.match(engine.fallback ?? '', /could not allocate/);
      assert.throws(() => createEngine('wasm-strict').compile({ model }), { code: 'engine-unavailable' });
    } finally {
      WebAssembly.Memory = Memory;
    }
    assert.equal(createEngine().compile({ model }).kind, 'wasm-strict');
  });
});
