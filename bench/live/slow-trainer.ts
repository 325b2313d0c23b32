import { setTimeout as pause } from 'node:timers/promises';
import type { ProgramRequest, Samples, Trainer, TrainOptions } from '../../gateway/engine';

/**
 * A trainer that is slowed down as on a slower machine: it returns the result of a round when `stepMs` per step have passed
 * on the real clock.
 */
export class SlowTrainer implements Trainer {
  constructor(
    private readonly trainer: Trainer,
    private readonly stepMs: number,
  ) {}

  get kind() {
    return this.trainer.kind;
  }

  configure(request: ProgramRequest) {
    return this.trainer.configure(request);
  }

  setParameters(flat: Float32Array) {
    return this.trainer.setParameters(flat);
  }

  async train(samples: Samples, options: Omit<TrainOptions, 'shouldStop'>) {
    const start = performance.now();
    const result = await this.trainer.train(samples, options);
    const left = result.steps * this.stepMs - (performance.now() - start);
    if (left > 0) await pause(left);
    return { ...result, durationMs: performance.now() - start };
  }

  evaluate(samples: Samples) {
    return this.trainer.evaluate(samples);
  }

  predict(x: Float32Array, count: number) {
    return this.trainer.predict(x, count);
  }

  cancel() {
    this.trainer.cancel();
  }

  close() {
    return this.trainer.close();
  }
}
