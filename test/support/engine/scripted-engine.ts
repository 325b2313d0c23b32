import type {
  Engine,
  Program,
  ProgramRequest,
  Samples,
  TrainOptions,
  TrainResult,
} from '../../../gateway/engine';
import { parameterLayout } from '../../../gateway/model';

/** Seeds that make the scripted engine fail, each in its own way. */
export const faults = {
  /** An exception inside the request that is no FtteError, as a trap in a kernel would be. */
  trap: 9001,
  /** An exception once the request was answered and is cancelled: not before its answer has come. */
  later: 9002,
  /** The thread ends. */
  exit: 9003,
  /** The thread's heap overflows. */
  memory: 9004,
  /** Not a fault: trains until a request to stop. */
  endless: 9005,
} as const;

/** An engine that computes nothing of use and fails on request: predictions are the first parameter plus the input. */
export function scriptedEngine(): Engine {
  return { kind: 'javascript', compile: (request) => new ScriptedProgram(request) };
}

class ScriptedProgram implements Program {
  readonly kind = 'javascript';
  readonly arenaBytes = 8;
  readonly memory = {
    parameters: 8,
    base: 0,
    activations: 0,
    gradients: 0,
    optimiser: 0,
    workspace: 0,
    input: 0,
    peakBytes: 8,
  };
  private readonly parameters: Float32Array;

  constructor(request: ProgramRequest) {
    this.parameters = new Float32Array(parameterLayout(request.model).size);
  }

  release(): void {}

  loadParameters(flat: Float32Array): void {
    this.parameters.set(flat);
  }

  readParameters(): Float32Array {
    return this.parameters.slice();
  }

  train(samples: Samples, { seed, shouldStop }: TrainOptions): TrainResult {
    let stopped = false;
    switch (seed) {
      case faults.trap:
        throw new RangeError('memory access out of bounds');
      case faults.later: {
        const fail = () => {
          if (!shouldStop?.()) return void setImmediate(fail);
          throw new Error('nobody asked');
        };
        setImmediate(fail);
        break;
      }
      case faults.exit:
        process.exit(7);
        break;
      case faults.memory:
        for (const hoard: unknown[] = []; ; ) hoard.push(Array.from({ length: 1000 }, (_, i) => ({ i })));
      case faults.endless:
        while (!stopped) stopped = shouldStop?.() ?? true;
    }
    const delta = new Float32Array(this.parameters.length).fill(1);
    return {
      delta,
      steps: 1,
      samples: samples.count,
      lossBefore: 1,
      lossAfter: 1,
      gradientVariance: 0,
      stopped,
    };
  }

  evaluate(samples: Samples) {
    return { count: samples.count, loss: this.parameters[0]!, confusion: new Uint32Array(4) };
  }

  predict(x: Float32Array, count: number): Float32Array {
    return x.slice(0, count).map((value) => value + this.parameters[0]!);
  }
}
