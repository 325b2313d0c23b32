import type { MemoryReport, ProgramRequest, Samples, Trainer } from '../../gateway/engine';
import { parameterLayout, planSegments } from '../../gateway/model';

const nothing = {
  ...{ parameters: 0, base: 0, activations: 0, gradients: 0, optimiser: 0, workspace: 0, input: 0 },
  peakBytes: 0,
} satisfies MemoryReport;

/** A trainer that trains nothing: its rounds return at once, with numbers that differ from gateway to gateway. */
export class IdleTrainer implements Trainer {
  readonly kind = 'javascript';
  private size = 0;

  /** @param draw a number between -1 and 1 */
  constructor(private readonly draw: () => number) {}

  async configure({ model, plan }: ProgramRequest): Promise<MemoryReport> {
    if (plan)
      this.size = planSegments(parameterLayout(model), plan).reduce((sum, { length }) => sum + length, 0);
    return nothing;
  }

  async setParameters(): Promise<void> {}

  async train(samples: Samples) {
    const delta = Float32Array.from({ length: this.size }, () => this.draw() / 1000);
    return {
      ...{ delta, steps: 4, samples: samples.count, lossBefore: 1, lossAfter: 0.9 },
      ...{ gradientVariance: 0.5, stopped: false, durationMs: 1 },
    };
  }

  async evaluate(samples: Samples) {
    return { count: samples.count, loss: 1, confusion: new Uint32Array() };
  }

  async predict(): Promise<Float32Array> {
    return new Float32Array();
  }

  cancel(): void {}

  async close(): Promise<void> {}
}
