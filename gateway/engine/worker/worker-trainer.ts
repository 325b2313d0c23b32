import { extname, join } from 'node:path';
import { type ResourceLimits, Worker } from 'node:worker_threads';
import { type ErrorCode, FtteError } from '../../platform';
import type { OwnEngineKind } from '../interface/engine';
import {
  type AnswerMessage,
  type Answers,
  type RequestMessage,
  type Requests,
  type RequestType,
  transferables,
  type WorkerSetup,
} from './protocol';
import { closedError, crashError, QueuedTrainer } from './queued-trainer';

/** How the training thread is started. */
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

interface Pending {
  readonly resolve: (answer: Answers[RequestType]) => void;
  readonly reject: (error: FtteError) => void;
}

/**
 * A Trainer over a thread of its own, so that training never blocks the caller's event loop. The thread starts with
 * the first request and keeps the process alive only while a request runs. When it is lost (a crash, out of memory),
 * the running request rejects with FtteError `engine-crashed`, `onRestart` tells, and the next request starts a new
 * thread with the program and the parameters of the old.
 */
export class WorkerTrainer extends QueuedTrainer {
  private worker: Worker | undefined;
  private pending: Pending | undefined;
  private closing = false;
  /** Resolves when every thread that was ever started has ended. */
  private ended: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: WorkerTrainerOptions = {}) {
    const { engine = 'auto' } = options;
    super(engine === 'auto' ? 'wasm-strict' : engine);
  }

  protected perform<Type extends RequestType>(type: Type, payload: Requests[Type]): Promise<Answers[Type]> {
    return new Promise((resolve, reject) => {
      if (this.closing) throw closedError();
      const worker = this.worker ?? this.start();
      // The thread answers each request with the answer of its type: the one place where that is taken on trust.
      this.pending = { resolve: resolve as Pending['resolve'], reject };
      const message = { type, payload } as RequestMessage;
      worker.ref();
      worker.postMessage(message, transferables(message));
    });
  }

  protected async shutDown(): Promise<void> {
    this.closing = true;
    const { worker } = this;
    this.worker = undefined;
    this.takePending()?.reject(closedError());
    await worker?.terminate();
    await this.ended;
  }

  private start(): Worker {
    const { engine = 'auto', entry = join(__dirname, `worker-main${extname(__filename)}`) } = this.options;
    const setup: WorkerSetup = { engine, cancelled: this.cancelled };
    const worker = new Worker(entry, {
      workerData: setup,
      name: 'ftte-trainer',
      // From source, the thread needs the loader that this thread has; built code needs nothing.
      execArgv: extname(entry) === '.ts' ? ['--require', require.resolve('tsx/cjs')] : [],
      resourceLimits: this.options.resourceLimits ?? defaultLimits,
    });
    worker.on('message', (message: AnswerMessage) => this.answered(worker, message));
    worker.on('messageerror', (error) => this.crashed(worker, error));
    worker.on('error', (error) => this.crashed(worker, error));
    worker.on('exit', (code) => this.crashed(worker, `it exited with code ${code}`));
    this.ended = Promise.all([this.ended, new Promise((resolve) => worker.once('exit', resolve))]);
    worker.unref();
    this.worker = worker;
    return worker;
  }

  private answered(worker: Worker, message: AnswerMessage): void {
    if (worker !== this.worker) return;
    worker.unref();
    const pending = this.takePending();
    if (message.outcome === 'done') pending?.resolve(message.answer);
    else pending?.reject(new FtteError(message.code as ErrorCode, message.message, message.details));
  }

  private crashed(worker: Worker, cause: unknown): void {
    if (worker !== this.worker) return;
    this.worker = undefined;
    void worker.terminate();
    const error = crashError(cause);
    this.lost(error);
    this.takePending()?.reject(error);
  }

  private takePending(): Pending | undefined {
    const { pending } = this;
    this.pending = undefined;
    return pending;
  }
}
