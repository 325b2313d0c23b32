import { createEngine, type EvaluateResult, type Program, type Samples } from '../../engine';
import type { ModelSpec } from '../../model';

/** One program that measures the models of all clients, because none of them keeps anything in it. */
export class SharedEvaluator {
  private program: Program | undefined;
  private loaded: Float32Array | undefined;

  constructor(private readonly model: ModelSpec) {}

  readonly evaluate = (parameters: Float32Array, samples: Samples): EvaluateResult => {
    this.program ??= createEngine().compile({ model: this.model });
    if (this.loaded !== parameters) this.program.loadParameters(parameters);
    this.loaded = parameters;
    return this.program.evaluate(samples);
  };

  release(): void {
    this.program?.release();
    this.program = undefined;
    this.loaded = undefined;
  }
}
