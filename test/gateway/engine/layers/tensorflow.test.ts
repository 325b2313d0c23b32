import assert from 'node:assert/strict';
import type { Program, ProgramRequest, Samples } from '../../../../gateway/engine';
import {
  densePlan,
  gather,
  type ModelSpec,
  type Plan,
  parameterLayout,
  planSegments,
} from '../../../../gateway/model';
import type { Optimiser } from '../../../../gateway/task';
import { convolutionModels } from '../../../support/engine/convolution-models';
import { assertClose, describeEngines } from '../../../support/engine/engines';
import {
  exampleParameters,
  exampleSamples,
  inputsOf,
  lossModels,
  smallModels,
} from '../../../support/engine/models';
import { readyTensorFlow, TensorFlowReference } from '../../../support/engine/tensorflow-reference';

const plainSgd: Optimiser = { kind: 'sgd', momentum: 0 };
const momentum: Optimiser = { kind: 'sgd', momentum: 0.9 };
/** TensorFlow.js adds epsilon after the bias correction, Keras and we before it: next to nothing, it is the same. */
const adam: Optimiser = { kind: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-10 };
const count = 7;

/** The first, the last, every second, and every third from the second on of the input channels, where there are any. */
function channelChoices(inputChannels: number): number[][] {
  const all = Array.from({ length: inputChannels }, (_, channel) => channel);
  const some = [
    all.slice(0, 1),
    all.slice(-1),
    all.filter((c) => c % 2 === 0),
    all.filter((c) => c % 3 === 1),
  ];
  return some.filter((channels) => channels.length > 0);
}

const answers = new WeakMap<ModelSpec, Map<string, unknown>>();

/** The answer of TensorFlow.js to a question about a model: it takes most of the time, and is asked for once for all engines. */
function askTensorFlow<T>(
  model: ModelSpec,
  question: string,
  ask: (reference: TensorFlowReference, samples: Samples) => T,
): T {
  const known = answers.get(model) ?? new Map<string, unknown>();
  answers.set(model, known);
  if (!known.has(question)) {
    const reference = new TensorFlowReference(model, exampleParameters(model));
    try {
      known.set(question, ask(reference, exampleSamples(model, count)));
    } finally {
      reference.dispose();
    }
  }
  return known.get(question) as T;
}

describeEngines('An engine against TensorFlow.js', (engine) => {
  before(readyTensorFlow);

  const programFor = (request: ProgramRequest): Program => {
    const program = engine.compile(request);
    program.loadParameters(exampleParameters(request.model));
    return program;
  };
  const gradientOf = (model: ModelSpec) =>
    askTensorFlow(model, 'gradient', (reference, samples) => reference.gradient(samples));
  /** The parameters after `steps` steps over the whole set at once, so that the order of samples does not matter. */
  const trained = (
    model: ModelSpec,
    plan: Plan,
    optimiser: Optimiser,
    learningRate: number,
    steps: number,
  ) => {
    const program = programFor({ model, plan, optimiser, batchSize: count });
    const { delta } = program.train(exampleSamples(model, count), { epochs: steps, learningRate, seed: 1 });
    return delta;
  };
  const changeOf = (model: ModelSpec, plan: Plan, after: Float32Array) => {
    const before = exampleParameters(model);
    return gather(
      after.map((value, i) => value - before[i]!),
      planSegments(parameterLayout(model), plan),
    );
  };

  for (const [name, model] of [...smallModels, ...convolutionModels, ...lossModels]) {
    describe(name, () => {
      const layout = parameterLayout(model);

      it('predicts the same probabilities, and measures the same loss', () => {
        const program = programFor({ model });
        const samples = exampleSamples(model, count);
        const x = inputsOf(model, samples);
        const outputs = askTensorFlow(model, 'outputs', (reference) => reference.predict({ x, count }));
        const loss = askTensorFlow(model, 'loss', (reference) => reference.loss(samples));
        assertClose(program.predict(x, count), outputs, 1e-5, 'outputs');
        assertClose([program.evaluate(samples).loss], [loss], 1e-5, 'loss');
      });

      it('computes the same gradient of every tensor, at every micro-batch', () => {
        const gradient = gradientOf(model);
        for (const microBatch of [1, 3, count]) {
          // One plain step at rate 1 moves the parameters by minus the gradient.
          const delta = trained(model, densePlan(layout, microBatch), plainSgd, 1, 1);
          for (const { name, offset, size } of layout.tensors) {
            assertClose(
              delta.slice(offset, offset + size).map((value) => -value),
              gradient.slice(offset, offset + size),
              1e-4,
              `${name} at micro-batch ${microBatch}`,
            );
          }
        }
      });

      const rules: [title: string, optimiser: Optimiser, learningRate: number][] = [
        ['plain SGD', plainSgd, 0.1],
        ['SGD with momentum', momentum, 0.05],
        ['Adam', adam, 0.01],
      ];
      for (const [title, optimiser, learningRate] of rules) {
        it(`takes the same five steps of ${title}`, () => {
          const after = askTensorFlow(model, title, (reference, samples) =>
            reference.train(Array(5).fill(samples), optimiser, learningRate),
          );
          const plan = densePlan(layout, 2);
          assertClose(
            trained(model, plan, optimiser, learningRate, 5),
            changeOf(model, plan, after),
            2e-3,
            'change',
          );
        });
      }

      it('moves the tensors of a plan just as far, whichever it names', () => {
        const all = layout.tensors.map((_, tensor) => tensor);
        const subsets = [
          ...all.map((tensor) => [tensor]),
          all.filter((tensor) => layout.tensors[tensor]?.role === 'bias'),
          all.filter((tensor) => tensor % 4 === 0 || tensor === all.length - 1),
          all.slice(-3),
        ];
        for (const tensors of subsets.filter(({ length }) => length > 0)) {
          const after = askTensorFlow(model, `tensors ${tensors}`, (reference, samples) =>
            reference.train([samples, samples], momentum, 0.05, tensors),
          );
          const plan: Plan = { entries: tensors.map((tensor) => ({ tensor })), microBatch: 3 };
          const delta = trained(model, plan, momentum, 0.05, 2);
          assertClose(delta, changeOf(model, plan, after), 1e-3, `plan of tensors ${tensors}`);
        }
      });

      it('computes the same gradient for some input channels of a kernel as for all of them', () => {
        const gradient = gradientOf(model);
        layout.tensors.forEach(({ inputChannels, name }, tensor) => {
          for (const channels of channelChoices(inputChannels)) {
            const plan: Plan = { entries: [{ tensor, channels }], microBatch: 3 };
            const wanted = gather(gradient, planSegments(layout, plan));
            const delta = trained(model, plan, plainSgd, 1, 1);
            assertClose(
              delta.map((value) => -value),
              wanted,
              1e-4,
              `${name}, channels ${channels}`,
            );
          }
        });
      });

      it('measures the spread of the gradients over the steps of a round', () => {
        const pair = exampleSamples(model, 2);
        const size = pair.x.length / 2;
        const single = (i: number): Samples => ({
          count: 1,
          x: pair.x.slice(i * size, (i + 1) * size),
          y: pair.y.slice(i, i + 1),
        });
        const [a, b] = [0, 1].map((i) =>
          askTensorFlow(model, `gradient of ${i}`, (reference) => reference.gradient(single(i))),
        ) as [Float32Array, Float32Array];
        const square = (values: Float32Array) => values.reduce((sum, value) => sum + value * value, 0);
        const mean = square(a.map((value, i) => (value + b[i]!) / 2));
        const program = programFor({
          model,
          plan: densePlan(layout, 1),
          optimiser: plainSgd,
          batchSize: 1,
        });
        // At a small rate, both gradients are taken at almost the same parameters.
        const { gradientVariance, steps } = program.train(pair, {
          epochs: 1,
          learningRate: 3e-4,
          seed: 1,
        });
        assert.equal(steps, 2);
        assertClose([gradientVariance], [((square(a) + square(b)) / 2 - mean) / mean], 1e-2, 'variance');
      });
    });
  }
});
