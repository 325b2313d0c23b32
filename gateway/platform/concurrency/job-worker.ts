import { extname } from 'node:path';
import { type MessagePort, type ResourceLimits, Worker } from 'node:worker_threads';
import { type ErrorCode, FtteError, wrapError } from '../errors/errors';
import type { Clock, Timer } from '../time/clock';

/** What a thread can be asked: a function for each name, from plain data to plain data. */
// biome-ignore lint/suspicious/noExplicitAny: a table of functions of any one argument; each is typed where it is asked
export type Jobs = Readonly<Record<string, (payload: any) => unknown>>;

interface Question {
  readonly id: number;
  readonly job: string;
  readonly payload: unknown;
}

/** Anything other than an FtteError is a crash, not an answer. */
type Answer = { readonly id: number } & (
  | { readonly outcome: 'done'; readonly result: unknown }
  | {
      readonly outcome: 'failed';
      readonly code: string;
      readonly message: string;
      readonly details: FtteError['details'];
    }
);

/** Where a thread starts, how long it stays, and what it may use. */
export interface JobWorkerOptions {
  /** The file it starts in; that file calls `serveJobs`. */
  readonly entry: string;
  /** Names the thread in errors: "the planning thread stopped". */
  readonly name: string;
  /** `workerData` of the thread. */
  readonly data?: unknown;
  /** The thread ends after this time without a question. Default: it stays until it is closed. */
  readonly linger?: { readonly clock: Clock; readonly ms: number };
  readonly resourceLimits?: ResourceLimits;
  /** A thread was lost with everything that it held; called before its questions fail. */
  readonly onLost?: (error: FtteError) => void;
}

/** A thread's heap counts as the process's memory: small, and given back when the thread ends. */
const defaultLimits: ResourceLimits = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 8 };

interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: FtteError) => void;
}

/**
 * A thread for calculations that would block the event loop. It starts with the first question, answers one question
 * after the other, and keeps the process alive only while a question is open. If the thread is lost (a crash, out of
 * memory), its open questions fail with FtteError `engine-crashed`; the next question starts another thread.
 */
export class JobWorker<J extends Jobs> {
  private worker: Worker | undefined;
  private readonly pending = new Map<number, Pending>();
  private next = 0;
  private timer: Timer | undefined;
  private closed = false;
  /** Resolves when every thread that was ever started has ended. */
  private ended: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: JobWorkerOptions) {}

  /** Whether there is a thread now. */
  get running(): boolean {
    return this.worker !== undefined;
  }

  /**
   * The job's result.
   * @param transfer buffers of the payload that move to the thread instead of being copied
   * @throws FtteError what the job throws; `engine-crashed`; `cancelled` once closed
   */
  run<Name extends keyof J & string>(
    job: Name,
    payload: Parameters<J[Name]>[0],
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<Awaited<ReturnType<J[Name]>>> {
    return new Promise((resolve, reject) => {
      if (this.closed) throw this.closedError();
      this.timer?.cancel();
      const worker = this.worker ?? this.start();
      const question: Question = { id: this.next++, job, payload };
      // Thrown here where the payload is not plain data.
      worker.postMessage(question, [...transfer]);
      worker.ref();
      // The thread answers each question with what its job returns: the one place where that is taken on trust.
      this.pending.set(question.id, { resolve: resolve as Pending['resolve'], reject });
    });
  }

  /** Fails what is still asked, and resolves when the thread has ended. */
  async close(): Promise<void> {
    this.closed = true;
    this.fail(this.closedError());
    this.end();
    await this.ended;
  }

  private start(): Worker {
    const { entry, name, data, resourceLimits = defaultLimits } = this.options;
    const worker = new Worker(entry, {
      name: `ftte-${name}`,
      workerData: data,
      // From source, the thread needs the loader that this thread has; built code needs nothing.
      execArgv: extname(entry) === '.ts' ? ['--require', require.resolve('tsx/cjs')] : [],
      resourceLimits,
    });
    worker.on('message', (answer: Answer) => this.answered(worker, answer));
    worker.on('messageerror', (error) => this.crashed(worker, error));
    worker.on('error', (error) => this.crashed(worker, error));
    worker.on('exit', (code) => this.crashed(worker, `it exited with code ${code}`));
    this.ended = Promise.all([this.ended, new Promise((resolve) => worker.once('exit', resolve))]);
    this.worker = worker;
    return worker;
  }

  private answered(worker: Worker, answer: Answer): void {
    if (worker !== this.worker) return;
    const pending = this.pending.get(answer.id);
    this.pending.delete(answer.id);
    if (this.pending.size === 0) {
      worker.unref();
      const { linger } = this.options;
      this.timer = linger?.clock.after(linger.ms, () => this.end());
    }
    if (answer.outcome === 'done') pending?.resolve(answer.result);
    else pending?.reject(new FtteError(answer.code as ErrorCode, answer.message, answer.details));
  }

  private crashed(worker: Worker, cause: unknown): void {
    if (worker !== this.worker) return;
    this.end();
    const { name, onLost } = this.options;
    const error = wrapError('engine-crashed', `the ${name} thread stopped`, cause);
    onLost?.(error);
    this.fail(error);
  }

  private end(): void {
    this.timer?.cancel();
    const { worker } = this;
    this.worker = undefined;
    void worker?.terminate();
  }

  private fail(error: FtteError): void {
    const pending = [...this.pending.values()];
    this.pending.clear();
    for (const { reject } of pending) reject(error);
  }

  private closedError(): FtteError {
    return new FtteError('cancelled', `the ${this.options.name} thread was closed`);
  }
}

/**
 * Answers questions inside the thread until the thread is ended. An FtteError is an answer; anything else ends the
 * thread, because what it holds may be half changed.
 * @param movable buffers of a result that move to the asking thread instead of being copied
 */
export function serveJobs(
  port: MessagePort,
  jobs: Jobs,
  movable: (result: unknown) => ArrayBuffer[] = () => [],
): void {
  port.on('message', ({ id, job, payload }: Question) => {
    const outcome = outcomeOf(() => jobs[job]?.(payload));
    port.postMessage({ id, ...outcome }, outcome.outcome === 'done' ? movable(outcome.result) : []);
  });
}

/** The buffers in plain data that can move to another thread. Views of shared memory stay where they are. */
export function movableBuffers(data: unknown): ArrayBuffer[] {
  if (ArrayBuffer.isView(data)) return data.buffer instanceof ArrayBuffer ? [data.buffer] : [];
  return data && typeof data === 'object' ? Object.values(data).flatMap(movableBuffers) : [];
}

function outcomeOf(work: () => unknown) {
  try {
    return { outcome: 'done', result: work() } as const;
  } catch (error) {
    if (!(error instanceof FtteError)) throw error;
    return { outcome: 'failed', code: error.code, message: error.message, details: error.details } as const;
  }
}
