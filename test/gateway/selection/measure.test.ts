import assert from 'node:assert/strict';
import type { EvaluateResult, ProgramRequest, Samples, Trainer, TrainOptions } from '../../../gateway/engine';
import { initialParameters, parameterLayout } from '../../../gateway/model';
import { type Measurement, measureImportance } from '../../../gateway/selection';
import { momentum, wearable } from './tools';

const layout = parameterLayout(wearable);
const samples: Samples = { count: 4, x: new Float32Array(4 * 128 * 6), y: new Uint16Array(4) };
/** Windows that a trial is judged by. */
const judged = 1000;
const deepest = layout.tensors.findIndex(({ role, layer }) => role === 'kernel' && layer > 0);

/** Number of the judged that are right after a training. */
type Script = (plan: NonNullable<ProgramRequest['plan']>, seed: number) => number;

/** A trainer whose trials end as the script says. */
class ScriptedTrainer implements Trainer {
  readonly kind = 'javascript';
  readonly trials: { readonly plan: string; readonly seed: number }[] = [];
  private plan: NonNullable<ProgramRequest['plan']> | undefined;
  private right = 0;

  constructor(private readonly script: Script) {}

  async configure({ plan }: ProgramRequest) {
    this.plan = plan;
    const none = { parameters: 0, base: 0, activations: 0, gradients: 0, optimiser: 0 };
    return { ...none, workspace: 0, input: 0, peakBytes: 0 };
  }
  async setParameters() {}
  async train({ count }: Samples, { seed }: Omit<TrainOptions, 'shouldStop'>) {
    assert.ok(this.plan);
    this.trials.push({ plan: JSON.stringify(this.plan), seed });
    this.right = this.script(this.plan, seed);
    const losses = { lossBefore: 1, lossAfter: 1, gradientVariance: 0 };
    const delta = new Float32Array(0);
    return { delta, steps: 1, samples: count, ...losses, stopped: false, durationMs: 1 };
  }
  async evaluate(): Promise<EvaluateResult> {
    const confusion = new Uint32Array(36);
    confusion[0] = this.right;
    confusion[1] = judged - this.right;
    return { count: judged, loss: 1, confusion };
  }
  async predict() {
    return new Float32Array(0);
  }
  cancel() {}
  async close() {}
}

const measure = (trainer: Trainer, rest: Partial<Measurement> = {}) =>
  measureImportance('contribution', {
    trainer,
    model: wearable,
    parameters: initialParameters(wearable, 1),
    version: 3,
    optimiser: momentum,
    batchSize: 4,
    learningRate: 0.01,
    training: samples,
    heldOut: samples,
    seed: 40,
    ...rest,
  });

/** Input channels of a kernel that a plan trains; 0 where it trains none. */
const channelsOf = ({ entries }: Parameters<Script>[0], tensor: number) => {
  const entry = entries.find((each) => each.tensor === tensor);
  return entry && (entry.channels?.length ?? layout.tensors[tensor]!.inputChannels);
};

describe('The measured gain of some channels', () => {
  it('is the mean over several trials, all with the same orders of samples', async () => {
    const luck = [0, 30, 90];
    const trainer = new ScriptedTrainer(
      (plan, seed) => 500 + luck[seed - 40]! * (channelsOf(plan, deepest) ? 1 : 0),
    );
    const importance = await measure(trainer);
    const gains = importance?.gains?.find(({ tensor }) => tensor === deepest)?.gains;
    assert.deepEqual(gains, [0.04, 0.04, 0.04, 0.04]);
    const plans = new Set(trainer.trials.map(({ plan }) => plan));
    assert.equal(trainer.trials.length, 3 * plans.size);
    for (const plan of plans) {
      const seeds = trainer.trials.filter((each) => each.plan === plan).map(({ seed }) => seed);
      assert.deepEqual(seeds, [40, 41, 42]);
    }
  });

  it('has nothing of what an order of samples does to every trial', async () => {
    const trainer = new ScriptedTrainer(
      (plan, seed) => 300 + 100 * (seed - 40) + 2 * (channelsOf(plan, deepest) ?? 0),
    );
    const importance = await measure(trainer, { repeats: 4 });
    for (const { tensor, gains } of importance?.gains ?? []) {
      const { inputChannels } = layout.tensors[tensor]!;
      const counts = [1 / 8, 1 / 4, 1 / 2, 1].map((share) => share * inputChannels);
      if (tensor === deepest)
        assert.deepEqual(
          gains,
          counts.map((count) => (2 * count) / judged),
        );
      else assert.ok(gains.every((gain) => gain === 0));
    }
  });

  it('is left out where the measurement was stopped before all of its trials', async () => {
    const trainer = new ScriptedTrainer(() => 500);
    const importance = await measure(trainer, { stopped: () => trainer.trials.length >= 17 });
    assert.equal(trainer.trials.length, 17);
    // Three without channels, twelve of the first kernel, and two of the second.
    assert.deepEqual(importance?.gains?.length, 1);
  });
});
