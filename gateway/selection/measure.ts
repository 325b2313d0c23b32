import type { EvaluateResult, Samples, Trainer } from '../engine';
import {
  channelRatios,
  channelsAt,
  densePlan,
  encodeScores,
  type ImportanceScores,
  type ModelSpec,
  type PlanEntry,
  parameterLayout,
  planSegments,
  scatterAdd,
  type TensorGains,
} from '../model';
import type { Optimiser } from '../task';
import {
  byScore,
  entriesOf,
  isKernel,
  outputLayer,
  selectionUnits,
  type Unit,
  unitNorm,
} from './strategies/units';

/** Batches behind a gradient. */
const gradientBatches = 8;

/** A measurement: of which model, on which version, with which samples. */
export interface Measurement {
  /** Used up to the end of the measurement, and left configured for something else. */
  readonly trainer: Trainer;
  readonly model: ModelSpec;
  /** Parameters of the version that is measured on, flat. */
  readonly parameters: Float32Array;
  readonly version: number;
  readonly optimiser: Optimiser;
  readonly batchSize: number;
  readonly learningRate: number;
  /** Samples to train on. */
  readonly training: Samples;
  /** Other samples, on which gains are measured. */
  readonly heldOut: Samples;
  readonly seed: number;
  /** Optimiser steps of one trial. Default 60. */
  readonly steps?: number;
  /** Trials of the same channels, each with its own order of samples, that a gain is the mean of. Default 3. */
  readonly repeats?: number;
  /** Asked between trials; true ends the measurement. */
  readonly stopped?: () => boolean;
  /** Called with the progress, 0 to 1. */
  readonly onProgress?: (share: number) => void;
}

/** L2 norms of a version's units. */
export function measureNorms(model: ModelSpec, parameters: Float32Array): Uint8Array {
  const layout = parameterLayout(model);
  return encodeScores(selectionUnits(layout).map((unit) => unitNorm(layout, unit, parameters)));
}

/**
 * L2 norms of the loss's gradient by unit, the root mean square over some batches. One plain step of rate 1 moves the
 * parameters by the gradient and nothing else.
 */
async function measureGradients(measurement: Measurement): Promise<Uint8Array> {
  const { trainer, model, parameters, training, seed } = measurement;
  const layout = parameterLayout(model);
  const units = selectionUnits(layout);
  const batchSize = Math.min(measurement.batchSize, training.count);
  const plan = densePlan(layout, batchSize);
  const segments = planSegments(layout, plan);
  const sums = new Float64Array(units.length);
  const gradient = new Float32Array(layout.size);
  await trainer.configure({ model, plan, batchSize, optimiser: { kind: 'sgd', momentum: 0 } });
  await trainer.setParameters(parameters);
  for (let batch = 0; batch < gradientBatches && !measurement.stopped?.(); batch++) {
    const options = { epochs: 1, learningRate: 1, seed: seed + batch, maxSteps: 1, lossSamples: 1 };
    const { delta } = await trainer.train(copyOf(training), options);
    gradient.fill(0);
    scatterAdd(gradient, segments, delta);
    units.forEach((unit, i) => {
      sums[i]! += unitNorm(layout, unit, gradient) ** 2;
    });
  }
  return encodeScores(sums.map(Math.sqrt));
}

/**
 * Gains of training some input channels of one kernel, beside the output layer and all biases, which are trained in
 * every trial (MCUNetV3, Lin 2022, section 3.2): for each kernel below the output layer and each ratio a few short
 * trainings from the same version, judged on other samples. All channels are tried with the same orders of samples, and a
 * gain is the mean of what was gained with each: what an order does to both sides is in neither.
 */
async function measureGains(measurement: Measurement): Promise<TensorGains[]> {
  const { model, parameters, seed, repeats = 3 } = measurement;
  const layout = parameterLayout(model);
  const last = outputLayer(layout);
  const below = selectionUnits(layout).filter(({ tensor }) => layout.tensors[tensor]!.layer < last);
  const kernels = [...new Set(below.map(({ tensor }) => tensor))].map((tensor) => {
    const own = below.filter((unit) => unit.tensor === tensor);
    return { tensor, units: byScore(own, (unit) => unitNorm(layout, unit, parameters)) };
  });
  const trials = 1 + kernels.reduce((sum, { units }) => sum + ratiosOf(units).length, 0);
  let done = 0;
  const quality = async (units: readonly Unit[]) => {
    const entries = withBiases(layout, entriesOf(layout, units));
    const results: EvaluateResult[] = [];
    for (let i = 0; i < repeats && !measurement.stopped?.(); i++)
      results.push(await trial({ ...measurement, seed: seed + i }, entries));
    measurement.onProgress?.(++done / trials);
    return results;
  };
  const plain = await quality([]);
  const measured: TensorGains[] = [];
  for (const { tensor, units } of kernels) {
    const gains: number[] = [];
    for (const ratio of ratiosOf(units)) {
      if (measurement.stopped?.()) return measured;
      const results = await quality(units.slice(0, channelsAt(ratio, units.length)));
      if (results.length < repeats) return measured;
      gains.push(meanGain(plain, results));
    }
    measured.push({ tensor, gains });
  }
  return measured;
}

/** The scores that a strategy uses, and no others; undefined for a strategy that needs none. */
export async function measureImportance(
  strategy: string,
  measurement: Measurement,
): Promise<Omit<ImportanceScores, 'norms'> | undefined> {
  const { version } = measurement;
  if (strategy === 'contribution') return { version, gains: await measureGains(measurement) };
  if (strategy !== 'gradient' && strategy !== 'dynamic') return undefined;
  return { version, gradients: await measureGradients(measurement) };
}

const ratiosOf = (units: readonly Unit[]): readonly number[] =>
  units[0]?.channel === undefined ? [1] : channelRatios;

/** Trains the entries for a while, and judges what came of it. */
async function trial(measurement: Measurement, entries: readonly PlanEntry[]): Promise<EvaluateResult> {
  const { trainer, model, optimiser, parameters, training, learningRate, seed, steps = 60 } = measurement;
  const batchSize = Math.min(measurement.batchSize, training.count);
  const plan = { entries, microBatch: batchSize };
  await trainer.configure({ model, plan, optimiser, batchSize });
  await trainer.setParameters(parameters);
  const epochs = Math.ceil((steps * batchSize) / training.count);
  const options = { epochs, learningRate, seed, maxSteps: steps, lossSamples: 1 };
  const { delta } = await trainer.train(copyOf(training), options);
  const trained = parameters.slice();
  scatterAdd(trained, planSegments(parameterLayout(model), plan), delta);
  await trainer.setParameters(trained);
  return trainer.evaluate(copyOf(measurement.heldOut));
}

/** With what comes along in every trial, so that trials differ by their kernels alone. */
function withBiases(layout: ReturnType<typeof parameterLayout>, entries: readonly PlanEntry[]): PlanEntry[] {
  const all = new Map(entries.map((entry) => [entry.tensor, entry]));
  layout.tensors.forEach((tensor, index) => {
    if (tensor.trainable && !isKernel(tensor) && tensor.role !== 'gamma' && !all.has(index))
      all.set(index, { tensor: index });
  });
  return [...all.values()].sort((a, b) => a.tensor - b.tensor);
}

function meanGain(plain: readonly EvaluateResult[], results: readonly EvaluateResult[]): number {
  const gains = results.map((result, i) => gainOver(plain[i]!, result));
  const mean = gains.reduce((sum, gain) => sum + gain, 0) / gains.length;
  return Math.round(mean * 10_000) / 10_000;
}

/** Accuracy gained, or the share of the squared error that went away; 0 where training came to nothing usable. */
function gainOver(plain: EvaluateResult, result: EvaluateResult): number {
  const gain = result.errors
    ? 1 - result.errors.meanSquared / (plain.errors?.meanSquared ?? Number.NaN)
    : accuracyOf(result) - accuracyOf(plain);
  return Number.isFinite(gain) ? gain : 0;
}

function accuracyOf({ confusion, count }: EvaluateResult): number {
  const classes = Math.round(Math.sqrt(confusion.length));
  let right = 0;
  for (let label = 0; label < classes; label++) right += confusion[label * (classes + 1)] ?? 0;
  return right / Math.max(1, count);
}

/** A trainer in another thread takes the arrays away. */
const copyOf = ({ count, x, y }: Samples): Samples => ({ count, x: x.slice(), y: y.slice() });
