import { extname } from 'node:path';
import { type MessagePort, type ResourceLimits, Worker } from 'node:worker_threads';
import { type ErrorCode, FtteError, messageOf } from '../errors/errors';
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

/** Where and how a side thread runs. */
export interface SideThreadOptions {
  /** The file it starts in: calls `serveJobs`. */
  readonly entry: string;
  readonly name: string;
  readonly clock: Clock;
  /** It ends when it was asked nothing for so long. Default 5000. */
  readonly lingerMs?: number;
  readonly resourceLimits?: ResourceLimits;
}

/** A thread's heap counts as the process's memory: small, and given back when the thread ends. */
const defaultLimits: ResourceLimits = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 8 };

interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: FtteError) => void;
}

/**
 * A thread for calculations that would hold up the event loop, and are asked for now and then. It starts with the first
 * question, answers one after the other, and is gone a while after the last. One that is lost (a crash, out of memory)
 * fails what it was asked with FtteError `engine-crashed`; the next question starts another.
 */
export class JobWorker<J extends Jobs> {
  private worker: Worker | undefined;
  private readonly pending = new Map<number, Pending>();
  private next = 0;
  private timer: Timer | undefined;
  private closed = false;
  /** Resolves when every thread that was ever started has ended. */
  private ended: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: SideThreadOptions) {}

  /** Whether there is a thread now. */
  get running(): boolean {
    return this.worker !== undefined;
  }

  /** @throws FtteError what the job throws; `engine-crashed`; `cancelled` once closed */
  run<Name extends keyof J & string>(
    job: Name,
    payload: Parameters<J[Name]>[0],
  ): Promise<Awaited<ReturnType<J[Name]>>> {
    return new Promise((resolve, reject) => {
      if (this.closed) throw this.closedError();
      this.timer?.cancel();
      const worker = this.worker ?? this.start();
      const question: Question = { id: this.next++, job, payload };
      // Thrown here where the payload is not plain data.
      worker.postMessage(question);
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
    const { entry, name, resourceLimits = defaultLimits } = this.options;
    const worker = new Worker(entry, {
      name,
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
      this.timer = this.options.clock.after(this.options.lingerMs ?? 5000, () => this.end());
    }
    if (answer.outcome === 'done') pending?.resolve(answer.result);
    else pending?.reject(new FtteError(answer.code as ErrorCode, answer.message, answer.details));
  }

  private crashed(worker: Worker, cause: unknown): void {
    if (worker !== this.worker) return;
    this.end();
    const text = `the ${this.options.name} thread stopped: ${messageOf(cause)}`;
    this.fail(new FtteError('engine-crashed', text, {}, { cause }));
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

/** The thread's side: answers until the thread is ended. */
export function serveJobs(port: MessagePort, jobs: Jobs): void {
  port.on('message', ({ id, job, payload }: Question) => {
    port.postMessage({ id, ...outcomeOf(() => jobs[job]?.(payload)) });
  });
}

function outcomeOf(work: () => unknown) {
  try {
    return { outcome: 'done', result: work() };
  } catch (error) {
    if (!(error instanceof FtteError)) throw error;
    return { outcome: 'failed', code: error.code, message: error.message, details: error.details };
  }
}
