import { FtteError, KeyedRandom } from '../../platform';
import { Augmenter } from '../augmentation';
import type { PrivateSteps, Samples, TrainOptions, TrainResult } from '../interface/engine';
import type { TrainingParts } from './compile';
import type { ArenaProgram } from './program';
import { relativeVariance, takeDelta } from './round-end';

/**
 * One local round with differential privacy. Whatever leaves it follows from clipped sums with noise: no loss is measured.
 * A round that is ended early makes fewer steps than it was counted for.
 * @throws FtteError `plan-invalid` if program and options do not belong together; `config-invalid`
 */
export function trainPrivateRound(
  program: ArenaProgram,
  training: TrainingParts,
  samples: Samples,
  { privacy, learningRate, seed, augmentation, maxSteps, shouldStop }: TrainOptions,
): TrainResult {
  const { plan, optimiser, perExample } = training;
  if (!privacy || !perExample) {
    const text = privacy
      ? 'this program does not clip the gradient of each example: compile it with perExample'
      : 'this program trains with differential privacy alone: give the settings of its steps';
    throw new FtteError('plan-invalid', text);
  }
  checkSteps(privacy);
  const { floats, run, loaded, compiled } = program;
  const augmenter = augmentation && new Augmenter(augmentation, compiled.model.input[0]!);
  const random = new KeyedRandom(privacy.key);
  const sum = new PrivateSum(floats, perExample, plan.size, privacy, random);
  optimiser.reset(floats);
  run.learningRate = learningRate;
  run.seed = random.integer(2 ** 31) ^ seed;
  run.step = 0;
  const taken = new Uint32Array(samples.count);
  const most = Math.min(privacy.steps, maxSteps ?? Number.POSITIVE_INFINITY);
  let squares = 0;
  while (run.step < most && !shouldStop?.()) {
    run.step++;
    const order = taken.subarray(0, take(taken, privacy.rate, random));
    program.privateStep(samples, order, sum.addExample, sum.addNoise, augmenter);
    squares += run.squares;
  }
  const steps = run.step;
  const delta = takeDelta(program, plan, loaded);
  const end = { arena: floats, learningRate };
  const gradientVariance = relativeVariance(training, delta, end, steps, squares);
  const [lossBefore, lossAfter] = [Number.NaN, Number.NaN];
  const stopped = steps < privacy.steps;
  return { delta, steps, samples: samples.count, lossBefore, lossAfter, gradientVariance, stopped };
}

/** Writes the places of the samples that a step takes. @returns their number */
function take(places: Uint32Array, rate: number, random: KeyedRandom): number {
  let count = 0;
  for (let i = 0; i < places.length; i++) if (random.uniform() < rate) places[count++] = i;
  return count;
}

/** The sum of the clipped gradients of a step, with its noise, divided by the batch. */
class PrivateSum {
  private readonly example: number;
  private readonly sums: number;

  constructor(
    private readonly floats: Float32Array,
    { example, sums }: NonNullable<TrainingParts['perExample']>,
    private readonly size: number,
    private readonly settings: PrivateSteps,
    private readonly random: KeyedRandom,
  ) {
    this.example = example.offset >> 2;
    this.sums = sums.offset >> 2;
  }

  /** Adds the gradient of the present example, shortened to the clipping norm. One that is not finite adds nothing. */
  readonly addExample = (): void => {
    const { floats, example, sums, size, settings } = this;
    let squares = 0;
    for (let i = example; i < example + size; i++) squares += floats[i]! * floats[i]!;
    if (!Number.isFinite(squares)) return;
    const norm = Math.sqrt(squares);
    const share = (norm > settings.clip ? settings.clip / norm : 1) / settings.batch;
    for (let i = 0; i < size; i++) floats[sums + i]! += floats[example + i]! * share;
  };

  /** Adds noise to each planned coordinate. */
  readonly addNoise = (): void => {
    const { floats, sums, size, settings, random } = this;
    const deviation = (settings.noise * settings.clip) / settings.batch;
    for (let i = sums; i < sums + size; i++) floats[i]! += deviation * random.noise();
  };
}

function checkSteps({ steps, rate, clip, noise, batch, key }: PrivateSteps): void {
  const positive = { clip, noise, batch };
  for (const [name, value] of Object.entries(positive)) {
    if (!(value > 0 && Number.isFinite(value)))
      throw new FtteError('config-invalid', `privacy.${name}: expected a number above 0, got ${value}`);
  }
  if (!(rate > 0 && rate <= 1))
    throw new FtteError('config-invalid', `privacy.rate: expected above 0 and at most 1, got ${rate}`);
  if (!Number.isInteger(steps) || steps < 0)
    throw new FtteError('config-invalid', `privacy.steps: expected a whole number, got ${steps}`);
  if (key.length !== 32)
    throw new FtteError('config-invalid', `privacy.key: expected 32 bytes, got ${key.length}`);
}
