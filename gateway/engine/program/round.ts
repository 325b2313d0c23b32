import { SeededRandom } from '../../platform';
import { Augmenter } from '../augmentation';
import { checkTraining, chooseLossSamples, shortened } from '../interface/checks';
import type { Samples, TrainOptions, TrainResult } from '../interface/engine';
import { SampleOrder } from '../interface/sample-order';
import { trainPrivateRound } from './private-round';
import type { ArenaProgram } from './program';
import { relativeVariance, takeDelta } from './round-end';

/**
 * One local round: shuffled epochs of optimiser steps from the loaded parameters, with what it changed and how the
 * gradients spread. The parameters are back where they were when it returns.
 */
export function trainRound(program: ArenaProgram, samples: Samples, options: TrainOptions): TrainResult {
  const training = checkTraining(program.compiled.training, options);
  if (options.privacy || training.perExample) return trainPrivateRound(program, training, samples, options);
  const { plan, optimiser, batchSize } = training;
  const { epochs, learningRate, seed, augmentation } = options;
  const augmenter = augmentation && new Augmenter(augmentation, program.compiled.model.input[0]!);
  const { maxSteps = Number.POSITIVE_INFINITY, shouldStop } = options;
  const { floats, run, loaded } = program;
  optimiser.reset(floats);

  const measured = chooseLossSamples(samples.count, options);
  const meanLoss = () =>
    measured.length === 0 ? 0 : program.forwardAll(samples, measured) / measured.length;
  const lossBefore = meanLoss();

  const passes = new SampleOrder(samples, new SeededRandom(seed), options.balance);
  const order = passes.places;
  run.learningRate = learningRate;
  run.seed = seed;
  run.step = 0;
  let squares = 0;
  let rates = 0;
  const { gradientLimit = Number.POSITIVE_INFINITY } = options;
  let stopped = false;
  for (let epoch = 0; epoch < epochs && !stopped; epoch++) {
    passes.next();
    for (let from = 0; from < order.length; from += batchSize) {
      if (run.step >= maxSteps || shouldStop?.()) {
        stopped = true;
        break;
      }
      run.step++;
      program.step(samples, order, from, Math.min(batchSize, order.length - from), augmenter);
      squares += run.squares;
      rates += run.learningRate;
      run.learningRate = shortened(learningRate, run.squares, gradientLimit);
    }
  }
  const steps = run.step;
  const lossAfter = steps === 0 ? lossBefore : meanLoss();

  const delta = takeDelta(program, plan, loaded);
  const end = { arena: floats, learningRate: rates / steps };
  const gradientVariance = relativeVariance(training, delta, end, steps, squares);
  return { delta, steps, samples: samples.count, lossBefore, lossAfter, gradientVariance, stopped };
}
