import { createEngine, type Samples } from '../../gateway/engine';
import { levelStep, maskUpdate, seedBytes } from '../../gateway/masking';
import { densePlan, type ModelSpec, parameterLayout } from '../../gateway/model';
import { runSync, SeededRandom } from '../../gateway/platform';
import { noiseFor } from '../../gateway/privacy';
import { parseTask, privateRound, type Task, taskModel } from '../../gateway/task';

/** Forms in which an update leaves its gateway. */
export const protections = ['plain', 'clipped', 'clipped, noise', 'masked'] as const;

/** An update that is made for an attack. */
export interface AttackedRound {
  readonly task: Task;
  readonly samples: Samples;
  readonly parameters: Float32Array;
  readonly protection: (typeof protections)[number];
  readonly budget: { readonly epsilon: number; readonly rounds: number };
  readonly seed: number;
  /** A private round without its noise. */
  readonly isSilent?: boolean;
}

/** Noise of a round without noise: the engine takes none that is not positive. */
const hardlyAny = 1e-9;

const rate = 0.03;
/** A norm that is far below that of a usual update, so that clipping alone is seen. */
const clippedTo = 0.1;
const engine = createEngine();

/** One local round. @returns the delta on all parameters */
export function trainOnce({
  task,
  samples,
  parameters,
  protection,
  budget,
  seed,
  isSilent = false,
}: AttackedRound): Float32Array {
  const model = taskModel(task);
  const isPrivate = protection === 'clipped, noise';
  const plan = densePlan(parameterLayout(model), 1);
  const { optimiser, epochs } = task.training;
  const batchSize = Math.min(task.training.batchSize, samples.count);
  const program = engine.compile({ model, plan, optimiser, batchSize, perExample: isPrivate });
  try {
    program.loadParameters(parameters);
    const steps = samples.count === 1 ? 1 : epochs;
    const options = { epochs: steps, learningRate: rate, seed };
    if (isPrivate) {
      const drawn = noisy(task, samples.count, budget, seed);
      const privacy = isSilent ? { ...drawn, noise: hardlyAny } : drawn;
      return program.train(samples, { ...options, privacy }).delta;
    }
    const { delta } = program.train(samples, options);
    if (protection === 'clipped') {
      const norm = Math.hypot(...delta);
      if (norm > clippedTo) for (let i = 0; i < delta.length; i++) delta[i]! *= clippedTo / norm;
    }
    if (protection === 'masked') return masked(delta, seed);
    return delta;
  } finally {
    program.release();
  }
}

/** A masked update as the coordinator gets it, read as if it were a plain one: numbers of two bytes with their sign. */
function masked(delta: Float32Array, seed: number): Float32Array {
  const random = new SeededRandom(seed);
  const drawn = () => Uint8Array.from({ length: seedBytes }, () => random.uniform() * 256);
  const setup = { epoch: '0'.repeat(64), setup: '1'.repeat(16), seeds: [drawn(), drawn(), drawn()] };
  const names = { federation: 'leak', gateway: 'edge', update: seed.toString(16).padStart(16, '0') };
  const segments = [{ offset: 0, length: delta.length }];
  const numbers = runSync(maskUpdate(delta, 1, segments, setup, names, () => random.uniform()));
  return Float32Array.from(numbers.subarray(0, delta.length), (value) => ((value << 16) >> 16) * levelStep);
}

const noises = new Map<string, number>();

/** Steps with the noise that a gateway would take for the budget. */
function noisy(task: Task, count: number, { epsilon, rounds }: AttackedRound['budget'], seed: number) {
  const asked = parseTask({ ...task, privacy: { level: 'record', epsilon, rounds } });
  const round = privateRound(asked, count)!; // it has privacy
  const steps = count === 1 ? 1 : round.steps;
  const name = `${epsilon} ${rounds} ${round.rate} ${steps}`;
  const noise =
    noises.get(name) ?? noiseFor({ epsilon, delta: 1e-5, rate: round.rate, steps: steps * rounds });
  if (noise === undefined) throw new Error(`no noise keeps epsilon ${epsilon}`);
  noises.set(name, noise);
  const key = Uint8Array.from({ length: 32 }, (_, i) => (seed * 131 + i * 7) & 255);
  return { steps, rate: round.rate, batch: round.batch, clip: round.clip, noise, key };
}

/** Draws of windows that the expectation of a private round is the mean of. */
const expectedOver = 4;

/** The update that somebody expects who knows all windows: without noise and masks, and over the draws of a private round. */
export function expectedUpdate(round: AttackedRound): Float32Array {
  if (round.protection === 'masked') return trainOnce({ ...round, protection: 'plain' });
  if (round.protection !== 'clipped, noise') return trainOnce(round);
  const sum = new Float32Array(round.parameters.length);
  for (let draw = 0; draw < expectedOver; draw++) {
    const delta = trainOnce({ ...round, seed: round.seed + 1000 * (draw + 1), isSilent: true });
    for (let i = 0; i < sum.length; i++) sum[i]! += delta[i]! / expectedOver;
  }
  return sum;
}

/** The change of the last layer's biases: the more windows have a label, the more its bias rises. */
export function labelShares(model: ModelSpec, delta: Float32Array): number[] {
  const bias = parameterLayout(model)
    .tensors.filter(({ role }) => role === 'bias')
    .at(-1)!;
  return [...delta.subarray(bias.offset, bias.offset + bias.size)];
}

/** The labels with the largest shares. */
export const namedLabels = (shares: readonly number[], count: number): number[] =>
  shares
    .map((share, label) => ({ share, label }))
    .sort((a, b) => b.share - a.share)
    .slice(0, count)
    .map(({ label }) => label);

/** The input of the first dense layer, by least squares over its outputs: dW = x db. */
export function innermost(model: ModelSpec, delta: Float32Array): number[] {
  const { tensors } = parameterLayout(model);
  const at = tensors.findIndex(
    ({ layer, role }) => role === 'kernel' && model.layers[layer]?.type === 'dense',
  );
  const [kernel, bias] = [tensors[at]!, tensors[at + 1]!];
  const [rows, columns] = kernel.shape as [number, number];
  const change = delta.subarray(bias.offset, bias.offset + bias.size);
  const squares = change.reduce((sum, value) => sum + value * value, 0) || 1;
  return Array.from({ length: rows }, (_, row) => {
    let sum = 0;
    for (let j = 0; j < columns; j++) sum += delta[kernel.offset + row * columns + j]! * change[j]!;
    return sum / squares;
  });
}

/** Pearson's correlation; 0 if one of the two does not vary. */
export function correlation(a: readonly number[], b: readonly number[]): number {
  const [ma, mb] = [a, b].map((values) => values.reduce((sum, value) => sum + value, 0) / values.length) as [
    number,
    number,
  ];
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i]! - ma, b[i]! - mb];
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  return aa * bb > 0 ? ab / Math.sqrt(aa * bb) : 0;
}
