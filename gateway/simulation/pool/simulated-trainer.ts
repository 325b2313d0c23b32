import {
  type MemoryReport,
  type ProgramRequest,
  planMemory,
  type Samples,
  type Trainer,
  type TrainOptions,
  type TrainResult,
} from '../../engine';
import { type Segment, scatterAdd } from '../../model';
import { type Clock, FtteError } from '../../platform';
import type { Pool } from './pool';

export interface SimulatedTrainerOptions {
  readonly pool: Pick<Pool, 'train'>;
  readonly clock: Clock;
  /** Virtual time that a round takes, ms. */
  readonly durationMs: (request: ProgramRequest, samples: number, options: TrainOptions) => number;
  /** Whether the gateway loses this round. */
  readonly isLost: () => boolean;
  /** Keeps the clock from moving until the promise is settled. */
  readonly hold: (work: Promise<unknown>) => void;
  /** Memory of a program; a fleet hands in one that remembers. */
  readonly memoryOf?: (request: ProgramRequest) => MemoryReport;
}

/**
 * What of a round fits into its time: whole steps, of one length each, at least one. The pool has no clock, so it is
 * told the number of steps.
 */
export function boxed(
  { batchSize }: ProgramRequest,
  samples: number,
  { epochs, maxMs = Infinity }: Pick<TrainOptions, 'epochs' | 'maxMs'>,
  fullMs: number,
): { readonly durationMs: number; readonly maxSteps?: number } {
  if (fullMs <= maxMs) return { durationMs: fullMs };
  const steps = epochs * Math.ceil(samples / (batchSize ?? samples));
  const maxSteps = Math.max(1, Math.floor((steps * maxMs) / fullMs));
  return { durationMs: (fullMs * maxSteps) / steps, maxSteps };
}

/**
 * A gateway's engine in a simulation. A round is computed somewhere in the pool at any time between its start and its
 * virtual end, where the clock waits for it: what the gateway sees does not depend on when.
 */
export class SimulatedTrainer implements Trainer {
  readonly kind = 'wasm-strict';
  private request: ProgramRequest | undefined;
  private parameters: Float32Array | undefined;
  /** Ends the round that runs. */
  private end: (() => void) | undefined;

  constructor(private readonly options: SimulatedTrainerOptions) {}

  async configure(request: ProgramRequest): Promise<MemoryReport> {
    this.request = request;
    return (this.options.memoryOf ?? planMemory)(request);
  }

  /** Not copied: a participant hands over what nobody changes any more. */
  async setParameters(flat: Float32Array): Promise<void> {
    this.parameters = flat;
  }

  async applyPatch(segments: readonly Segment[], values: Float32Array): Promise<void> {
    if (!this.parameters)
      throw new FtteError('not-ready', 'a patch needs parameters to patch: set them first');
    this.parameters = this.parameters.slice();
    scatterAdd(this.parameters, segments, values);
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
    const { durationMs, ...box } = boxed(request, samples.count, options, fullMs);
    const lost = isLost();
    const work = lost
      ? undefined
      : pool.train({ program: request, parameters, samples, options: { ...options, ...box } });
    // A failure is told at the round's end, where somebody waits for it.
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
        reject(new FtteError('cancelled', 'the round was given up'));
      };
    });
  }

  evaluate(): Promise<never> {
    return Promise.reject(new FtteError('engine-unavailable', 'a simulated gateway only trains'));
  }

  predict(): Promise<never> {
    return Promise.reject(new FtteError('engine-unavailable', 'a simulated gateway only trains'));
  }

  /** The gateway gives up the round that runs. */
  cancel(): void {
    this.end?.();
  }

  async close(): Promise<void> {
    this.cancel();
  }
}
