import {
  type EvaluateResult,
  type MemoryReport,
  type ProgramRequest,
  planMemory,
  type Samples,
  type Trainer,
  type TrainOptions,
  type TrainResult,
} from '../../engine';
import { type Clock, FtteError } from '../../platform';
import type { Pool } from './pool';
import { timeBoxed } from './time-box';

/**
 * The engine of a simulated gateway. The pool computes a round at any time between its start and its virtual end, where
 * the clock waits for the result: the gateway sees the same result whenever it is computed.
 */
export class SimulatedTrainer implements Trainer {
  readonly kind = 'wasm-strict';
  private request: ProgramRequest | undefined;
  private parameters: Float32Array | undefined;
  /** Ends the current round. */
  private end: (() => void) | undefined;

  constructor(private readonly options: SimulatedTrainerOptions) {}

  async configure(request: ProgramRequest): Promise<MemoryReport> {
    this.request = request;
    return (this.options.memoryOf ?? planMemory)(request);
  }

  /** Keeps the parameters without a copy: the participant does not change them afterwards. */
  async setParameters(flat: Float32Array): Promise<void> {
    this.parameters = flat;
  }

  train(
    samples: Samples,
    options: Omit<TrainOptions, 'shouldStop'>,
  ): Promise<TrainResult & { durationMs: number }> {
    const { request, parameters } = this;
    const { pool, clock, hold, isLost } = this.options;
    if (!request || !parameters)
      return Promise.reject(new FtteError('not-ready', 'configure the trainer first'));
    this.parameters = undefined;
    const fullMs = this.options.durationMs(request, samples.count, options);
    const { durationMs, ...box } = timeBoxed(request, samples.count, options, fullMs);
    const lost = isLost();
    const work = lost
      ? undefined
      : pool.train({ program: request, parameters, samples, options: { ...options, ...box } });
    // A failure is reported at the end of the round, where the gateway waits for it.
    work?.catch(() => undefined);
    return new Promise((resolve, reject) => {
      const timer = clock.after(durationMs, () => {
        this.end = undefined;
        if (!work) return reject(new FtteError('engine-crashed', 'the gateway lost its round'));
        hold(work.then((result) => resolve({ ...result, durationMs }), reject));
      });
      this.end = () => {
        this.end = undefined;
        timer.cancel();
        reject(new FtteError('cancelled', 'the round was cancelled'));
      };
    });
  }

  /** Takes no virtual time: measuring some windows is short beside a round over all. */
  async evaluate(samples: Samples): Promise<EvaluateResult> {
    const { parameters } = this;
    const { evaluate } = this.options;
    if (evaluate && parameters) return evaluate(parameters, samples);
    throw new FtteError('engine-unavailable', 'this simulated gateway only trains');
  }

  predict(): Promise<never> {
    return Promise.reject(new FtteError('engine-unavailable', 'a simulated gateway only trains'));
  }

  /** Cancels the current round. */
  cancel(): void {
    this.end?.();
  }

  async close(): Promise<void> {
    this.cancel();
  }
}

/** Options of a simulated trainer. */
export interface SimulatedTrainerOptions {
  readonly pool: Pick<Pool, 'train'>;
  readonly clock: Clock;
  /** Virtual time of a round without a time limit, ms. */
  readonly durationMs: (request: ProgramRequest, samples: number, options: TrainOptions) => number;
  /** Whether the gateway loses this round. */
  readonly isLost: () => boolean;
  /** Stops the clock until the promise is settled. */
  readonly hold: (work: Promise<unknown>) => void;
  /** Measures a model on windows that are held out. Absent: `evaluate` is refused. */
  readonly evaluate?: ((parameters: Float32Array, samples: Samples) => EvaluateResult) | undefined;
  /** Memory of a program; a fleet shares a cache. Default: `planMemory`. */
  readonly memoryOf?: (request: ProgramRequest) => MemoryReport;
}
