import { extname, join } from 'node:path';
import type { ResourceLimits } from 'node:worker_threads';
import { JobWorker, movableBuffers } from '../../platform';
import type { OwnEngineKind } from '../interface/engine';
import type { Answers, Requests, RequestType, TrainerJobs, WorkerSetup } from './protocol';
import { QueuedTrainer } from './queued-trainer';

/** Start of the training thread. */
export interface WorkerTrainerOptions {
  /** Which kernels; `auto` (default) lets the engine choose. */
  readonly engine?: 'auto' | OwnEngineKind;
  /** Another file for the thread to start in; for tests. */
  readonly entry?: string;
  readonly resourceLimits?: ResourceLimits;
}

/**
 * The thread's JavaScript heap holds code and short-lived messages only; arenas and samples lie outside of it. The
 * smallest young generation keeps two or three megabytes of resident memory down.
 */
const defaultLimits: ResourceLimits = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 1 };

/**
 * A Trainer over a thread of its own, so that training never blocks the caller's event loop. The thread starts with
 * the first request and keeps the process alive only while a request runs. When it is lost (a crash, out of memory),
 * the running request rejects with FtteError `engine-crashed`, `onRestart` is called, and the next request starts a new
 * thread with the program and the parameters of the old.
 */
export class WorkerTrainer extends QueuedTrainer {
  private readonly thread: JobWorker<TrainerJobs>;

  constructor(options: WorkerTrainerOptions = {}) {
    const { engine = 'auto', resourceLimits = defaultLimits } = options;
    super(engine === 'auto' ? 'wasm-strict' : engine);
    const data: WorkerSetup = { engine, cancelled: this.cancelled };
    this.thread = new JobWorker({
      entry: options.entry ?? join(__dirname, `worker-main${extname(__filename)}`),
      name: 'training',
      data,
      resourceLimits,
      onLost: (error) => this.lost(error),
    });
  }

  protected perform<Type extends RequestType>(type: Type, payload: Requests[Type]): Promise<Answers[Type]> {
    // A program's request is kept: it is asked for again after a loss.
    const transfer = type === 'configure' ? [] : movableBuffers(payload);
    return this.thread.run(type, payload, transfer) as Promise<Answers[Type]>;
  }

  protected shutDown(): Promise<void> {
    return this.thread.close();
  }
}
