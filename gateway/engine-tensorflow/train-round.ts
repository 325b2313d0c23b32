import {
  Augmenter,
  checkTraining,
  chooseLossSamples,
  SampleOrder,
  type Samples,
  shortened,
  type TrainOptions,
  type TrainResult,
} from '../engine';
import { gather, planSegments, type scatterAdd, segmentsSize } from '../model';
import { SeededRandom } from '../platform';
import { stepRule } from './step-rule';
import { dropoutMask, type TensorFlowProgram } from './tensorflow-program';

/** Keeps the dropouts apart from the order of training. */
const dropoutStream = 0x85ebca6b;

/**
 * One local round, as the engine's own does it: shuffled epochs of optimiser steps from the loaded parameters, with what
 * it changed and how the gradients spread. The parameters are back where they were when it returns.
 */
export function trainRound(program: TensorFlowProgram, samples: Samples, options: TrainOptions): TrainResult {
  const { optimiser = { kind: 'sgd', momentum: 0 }, batchSize = 32 } = program.request;
  const plan = checkTraining(program.request.plan, options);
  const { epochs, learningRate, seed } = options;
  const {
    maxSteps = Number.POSITIVE_INFINITY,
    gradientLimit = Number.POSITIVE_INFINITY,
    shouldStop,
  } = options;
  const { flat, layout } = program;
  const segments = planSegments(layout, plan);
  const size = segmentsSize(segments);
  const trained = plan.entries.map(({ tensor }) => layout.tensors[tensor]!); // planSegments has checked them
  const rule = stepRule(optimiser, size);
  const base = flat.slice();
  const measured = chooseLossSamples(samples.count, options);
  const meanLoss = () => (measured.length === 0 ? 0 : program.lossOf(samples, measured) / measured.length);

  const lossBefore = meanLoss();
  const passes = new SampleOrder(samples, new SeededRandom(seed), options.balance);
  const mask = dropoutMask(new SeededRandom(seed ^ dropoutStream));
  const order = passes.places;
  const changed = changedSamples(options, program.model.input[0]!);
  const whole = new Float32Array(layout.size);
  const sum = new Float64Array(size);
  let [steps, squares, stopped] = [0, 0, false];
  let rate = learningRate;
  for (let epoch = 0; epoch < epochs && !stopped; epoch++) {
    passes.next();
    for (let from = 0; from < order.length; from += batchSize) {
      if (steps >= maxSteps || shouldStop?.()) {
        stopped = true;
        break;
      }
      steps++;
      const batch = order.subarray(from, from + batchSize);
      whole.fill(0);
      for (let at = 0; at < batch.length; at += plan.microBatch) {
        const part = batch.subarray(at, at + plan.microBatch);
        const { samples: given, order: places } = changed(samples, part, steps, at);
        program.addGradient(given, places, 1 / batch.length, trained, mask, whole);
      }
      const gradient = gather(whole, segments);
      let own = 0;
      for (let i = 0; i < size; i++) {
        sum[i]! += gradient[i]!;
        own += gradient[i]! ** 2;
      }
      squares += own;
      const before = gather(flat, segments);
      const after = before.slice();
      rule.step(after, gradient, rate);
      rate = shortened(learningRate, own, gradientLimit);
      put(flat, segments, after);
    }
  }
  const lossAfter = steps === 0 ? lossBefore : meanLoss();
  const delta = gather(flat, segments);
  gather(base, segments).forEach((value, i) => {
    delta[i]! -= value;
  });
  flat.set(base);
  const mean = steps < 2 ? 0 : sum.reduce((total, value) => total + (value / steps) ** 2, 0);
  const gradientVariance = mean > 0 ? Math.max(0, (squares / steps - mean) / mean) : 0;
  return { delta, steps, samples: samples.count, lossBefore, lossAfter, gradientVariance, stopped };
}

function put(flat: Float32Array, segments: Parameters<typeof scatterAdd>[1], values: Float32Array): void {
  let at = 0;
  for (const { offset, length } of segments) {
    flat.set(values.subarray(at, at + length), offset);
    at += length;
  }
}

/** The samples of a micro-batch as the round trains on them: changed copies, if the round has an augmentation. */
function changedSamples({ augmentation, seed }: TrainOptions, length: number) {
  const augmenter = augmentation && new Augmenter(augmentation, length);
  return (samples: Samples, order: Uint32Array, step: number, place: number) => {
    if (!augmenter) return { samples, order };
    const size = samples.x.length / samples.count;
    const x = new Float32Array(order.length * size);
    order.forEach((example, b) => {
      const source = samples.x.subarray(example * size, (example + 1) * size);
      x.set(source, b * size);
      augmenter.write(source, 0, x, b * size, { seed, step }, place + b);
    });
    const y = Uint16Array.from(samples.y.length > 0 ? order : [], (example) => samples.y[example]!);
    return { samples: { count: order.length, x, y }, order: Uint32Array.from(order, (_, b) => b) };
  };
}
