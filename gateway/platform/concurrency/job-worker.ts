import { extname } from 'node:path';
import { type MessagePort, type ResourceLimits, Worker } from 'node:worker_threads';
import { type ErrorCode, FtteError, wrapError } from '../errors/errors';
import type { Clock, Timer } from '../time/clock';

/** The jobs of a thread: one function per name, from plain data to plain data. */
// biome-ignore lint/suspicious/noExplicitAny: a table of functions of any one argument; each is typed by the caller of `run`
export type Jobs = Readonly<Record<string, (payload: any) => unknown>>;

interface Question {
  readonly id: number;
  readonly job: string;
  readonly payload: unknown;
}

/** The answer to one question. An error other than an FtteError is a crash and not an answer. */
type Answer = { readonly id: number } & (
  | { readonly outcome: 'done'; readonly result: unknown }
  | {
      readonly outcome: 'failed';
      readonly code: string;
      readonly message: string;
      readonly details: FtteError['details'];
    }
);

/** Options of a thread: where it starts, how long it stays, and what it may use. */
export interface JobWorkerOptions {
  /** The file in which the thread starts; that file calls `serveJobs`. */
  readonly entry: string;
  /** The name of the thread in errors, as in "the planning thread stopped". */
  readonly name: string;
  /** The `workerData` of the thread. */
  readonly data?: unknown;
  /** The thread ends after this time without a question. Default: it stays until it is closed. */
  readonly linger?: { readonly clock: Clock; readonly ms: number };
  readonly resourceLimits?: ResourceLimits;
  /** Called when a thread was lost with everything that it held, before its questions fail. */
  readonly onLost?: (error: FtteError) => void;
}

/** The heap of a thread counts as memory of the process, so it is small. It is freed when the thread ends. */
const defaultLimits: ResourceLimits = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 8 };

interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: FtteError) => void;
}

/**
 * A thread for calculations that would block the event loop. It starts with the first question, answers the questions
 * one after the other, and keeps the process alive only while a question is open. If the thread is lost (a crash, out
 * of memory), its open questions fail with FtteError `engine-crashed`, and the next question starts another thread.
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

  /** Whether there is a thread. */
  get running(): boolean {
    return this.worker !== undefined;
  }

  /**
   * Runs a job in the thread and resolves with its result.
   * @param transfer buffers of the payload that move to the thread instead of being copied
   * @throws FtteError the error of the job; `engine-crashed` if the thread was lost; `engine-unavailable` if none can be
   * started; `cancelled` once closed
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
      // Throws here if the payload is not plain data.
      worker.postMessage(question, [...transfer]);
      worker.ref();
      // The thread answers each question with the result of its job. Only this line trusts it to do so.
      this.pending.set(question.id, { resolve: resolve as Pending['resolve'], reject });
    });
  }

  /** Fails the open questions, and resolves when the thread has ended. */
  async close(): Promise<void> {
    this.closed = true;
    this.fail(this.closedError());
    this.end();
    await this.ended;
  }

  private start(): Worker {
    const worker = this.make();
    worker.on('message', (answer: Answer) => this.answered(worker, answer));
    worker.on('messageerror', (error) => this.crashed(worker, error));
    worker.on('error', (error) => this.crashed(worker, error));
    worker.on('exit', (code) => this.crashed(worker, `it exited with code ${code}`));
    this.ended = Promise.all([this.ended, new Promise((resolve) => worker.once('exit', resolve))]);
    this.worker = worker;
    return worker;
  }

  /** @throws FtteError `engine-unavailable` if the machine gives no thread */
  private make(): Worker {
    const { entry, name, data, resourceLimits = defaultLimits } = this.options;
    try {
      return new Worker(entry, {
        name: `ftte-${name}`,
        workerData: data,
        // If the code runs from source, the thread needs the loader of this thread. Built code needs none.
        execArgv: extname(entry) === '.ts' ? ['--require', require.resolve('tsx/cjs')] : [],
        resourceLimits,
      });
    } catch (cause) {
      throw wrapError('engine-unavailable', `the ${name} thread cannot be started`, cause);
    }
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
 * Answers questions inside the thread until the thread is ended. An FtteError is an answer; any other error ends the
 * thread, because its data may be half changed.
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
