import { classesOf, type ModelSpec, sampleRows, sizeOf } from '../../model';
import { FtteError, SeededRandom, shuffle } from '../../platform';
import type { Samples, TrainOptions } from './engine';

/** Checks the whole flat vector of a model. @throws FtteError `model-invalid` */
export function checkParameters(flat: Float32Array, wanted: number): void {
  const got = flat.length;
  if (got === wanted) return;
  throw new FtteError('model-invalid', `got ${got} parameters, the model has ${wanted}`, { got, wanted });
}

/** Checks examples without targets, `[count, ...model.input]`. @throws FtteError `window-shape` */
export function checkInputs({ input }: ModelSpec, x: Float32Array, count: number): void {
  checkValues(x, count, sizeOf(input), `examples of [${input}]`);
}

/** Checks samples against the model that they train. @throws FtteError `window-shape`, `label-unknown` */
export function checkSamples(model: ModelSpec, { x, y, count }: Samples): void {
  const shape = [sampleRows(model), ...model.input.slice(1)];
  const target = model.target.kind === 'following' ? ` (${model.target.rows} rows follow an input)` : '';
  checkValues(x, count, sizeOf(shape), `examples of [${shape}]${target}`);
  const classes = classesOf(model);
  const wanted = classes === 0 ? 0 : count;
  if (y.length !== wanted) {
    const learns = classes === 0 ? ', expected none: the model learns without' : '';
    throw new FtteError('label-unknown', `${count} examples have ${y.length} labels${learns}`, {
      got: y.length,
      wanted,
    });
  }
  for (let i = 0; i < y.length; i++) {
    if (y[i]! < classes) continue;
    const has = model.outputs === classes ? `${classes} outputs` : `one output for ${classes} labels`;
    throw new FtteError('label-unknown', `example ${i} has label ${y[i]}, the model has ${has}`);
  }
}

/**
 * Checks a request to train.
 * @param trainable what a program with a plan trains; undefined for one without
 * @throws FtteError `plan-invalid`, `config-invalid`
 */
export function checkTraining<T>(trainable: T | undefined, { epochs, learningRate }: TrainOptions): T {
  if (!trainable) {
    throw new FtteError('plan-invalid', 'this program was compiled without a plan: it can only predict');
  }
  if (!(learningRate > 0 && Number.isFinite(learningRate))) {
    throw new FtteError('config-invalid', `learning rate is ${learningRate}, expected a number above 0`);
  }
  if (!Number.isInteger(epochs) || epochs < 0) {
    throw new FtteError('config-invalid', `epochs is ${epochs}, expected a whole number of 0 or more`);
  }
  return trainable;
}

const defaultLossSamples = 128;
/** Keeps the choice of loss samples apart from the order of training. */
const lossStream = 0x9e3779b9;

/** The samples that a round measures its loss on: the same ones for the same seed, in ascending order. */
export function chooseLossSamples(count: number, { lossSamples, seed }: TrainOptions): Uint32Array {
  const limit = lossSamples ?? defaultLossSamples;
  const all = Uint32Array.from({ length: count }, (_, i) => i);
  if (count <= limit) return all;
  return shuffle(all, new SeededRandom(seed ^ lossStream))
    .slice(0, limit)
    .sort();
}

function checkValues(x: Float32Array, count: number, size: number, what: string): void {
  if (Number.isInteger(count) && count >= 0 && x.length === count * size) return;
  throw new FtteError('window-shape', `${count} ${what} are ${count * size} values, got ${x.length}`, {
    got: x.length,
    wanted: count * size,
  });
}

/** The rate of the step after one whose gradient has this squared norm: see `TrainOptions.gradientLimit`. */
export const shortened = (rate: number, squares: number, limit: number): number =>
  squares > limit * limit ? (rate * limit) / Math.sqrt(squares) : rate;
