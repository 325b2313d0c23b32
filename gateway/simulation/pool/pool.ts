import { extname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import {
  createEngine,
  type EvaluateResult,
  type OwnEngineKind,
  type ProgramRequest,
  type TrainResult,
} from '../../engine';
import type { ModelSpec } from '../../model';
import { FtteError } from '../../platform';
import type { Examples } from '../data/examples';
import { type PoolAnswers, PoolHost, type PoolJob } from './pool-host';
import type { PoolWorkerData } from './pool-worker';

type TrainJob = Extract<PoolJob, { kind: 'train' }>;

/** Computes local rounds and evaluations. The results do not depend on the thread that computes them, or when. */
export interface Pool {
  train(job: Omit<TrainJob, 'kind' | 'programId'>): Promise<TrainResult>;
  /** Evaluates groups of examples, given as indices; one result per group. */
  evaluate(
    model: ModelSpec,
    parameters: Float32Array,
    groups: readonly Uint32Array[],
  ): Promise<EvaluateResult[]>;
  close(): Promise<void>;
}

/** Options of a pool. */
export interface PoolOptions {
  /** 0: everything runs in the caller's thread. */
  readonly threads: number;
  readonly examples: Examples;
  /** Default `auto`. Results of `wasm-relaxed` may differ between machines. */
  readonly engine?: 'auto' | OwnEngineKind;
  /** Called once, with the reason, if JavaScript kernels compute instead of WebAssembly, which is several times slower. */
  readonly onFallback?: (reason: string) => void;
}

/** Examples of one job of evaluation, about: small groups go to a thread together. */
const bundleExamples = 512;

interface Waiting {
  readonly job: PoolJob;
  readonly resolve: (answer: PoolAnswers[PoolJob['kind']]) => void;
  readonly reject: (error: FtteError) => void;
}

/** Jobs that a thread has at a time: the next one is there when the first is done. */
const jobsPerThread = 2;

/** Creates a pool of threads that train for a fleet. The caller closes it. */
export function createPool(options: PoolOptions): Pool {
  return options.threads === 0 ? new InlinePool(options) : new ThreadPool(options);
}

/** Numbers programs, so that threads need not compare them: the same plan gets the same number. */
class ProgramNumbers {
  private readonly numbers = new WeakMap<object, number>();
  private next = 0;

  of({ plan, model }: ProgramRequest): number {
    const key = plan ?? model;
    const known = this.numbers.get(key);
    if (known !== undefined) return known;
    this.numbers.set(key, this.next);
    return this.next++;
  }
}

/** The part of a pool that makes jobs; subclasses perform them. */
abstract class JobPool implements Pool {
  private readonly numbers = new ProgramNumbers();
  private fellBack = false;

  constructor(private readonly onFallback: ((reason: string) => void) | undefined) {}

  protected abstract perform(job: PoolJob): Promise<PoolAnswers[PoolJob['kind']]>;
  abstract close(): Promise<void>;

  /** Reports the first reason. */
  protected reportFallback(reason: string | undefined): void {
    if (reason === undefined || this.fellBack) return;
    this.fellBack = true;
    this.onFallback?.(reason);
  }

  async train(job: Omit<TrainJob, 'kind' | 'programId'>): Promise<TrainResult> {
    const programId = this.numbers.of(job.program);
    return (await this.perform({ kind: 'train', programId, ...job })) as PoolAnswers['train'];
  }

  async evaluate(
    model: ModelSpec,
    parameters: Float32Array,
    groups: readonly Uint32Array[],
  ): Promise<EvaluateResult[]> {
    const program = { model };
    const programId = this.numbers.of(program);
    const bundles: Uint32Array[][] = [];
    let size = bundleExamples;
    for (const group of groups) {
      if (size >= bundleExamples) {
        bundles.push([]);
        size = 0;
      }
      bundles[bundles.length - 1]?.push(group);
      size += group.length;
    }
    const answers = await Promise.all(
      bundles.map((bundle) =>
        this.perform({ kind: 'evaluate', program, programId, parameters, groups: bundle }),
      ),
    );
    return answers.flatMap((answer) => [...(answer as PoolAnswers['evaluate'])]);
  }
}

/** A pool in the caller's thread. */
class InlinePool extends JobPool {
  private readonly host: PoolHost;

  constructor({ engine = 'auto', examples, onFallback }: PoolOptions) {
    super(onFallback);
    this.host = new PoolHost(createEngine(engine), examples);
  }

  protected async perform(job: PoolJob): Promise<PoolAnswers[PoolJob['kind']]> {
    const answer = this.host.answer(job);
    this.reportFallback(this.host.fallback);
    return answer;
  }

  async close(): Promise<void> {}
}

/** Message of a thread whose job is done. */
interface ThreadMessage {
  readonly answer?: PoolAnswers[PoolJob['kind']];
  readonly error?: string;
  /** Why the thread computes without WebAssembly; undefined if it computes with it. */
  readonly fallback?: string;
}

interface Thread {
  readonly worker: Worker;
  /** Jobs that the thread has, in the order in which they were sent and will be answered. */
  readonly jobs: Waiting[];
}

/** A pool of worker threads. */
class ThreadPool extends JobPool {
  private readonly threads: Thread[];
  private readonly queue: Waiting[] = [];
  private problem: FtteError | undefined;

  constructor({ threads, engine = 'auto', examples, onFallback }: PoolOptions) {
    super(onFallback);
    const entry = join(__dirname, `pool-worker${extname(__filename)}`);
    const data: PoolWorkerData = { engine, examples };
    this.threads = Array.from({ length: threads }, () => {
      const worker = new Worker(entry, {
        workerData: data,
        name: 'ftte-simulation',
        // From source, a thread needs the loader that this one has; built code needs nothing.
        execArgv: extname(entry) === '.ts' ? ['--require', require.resolve('tsx/cjs')] : [],
      });
      const thread: Thread = { worker, jobs: [] };
      worker.on('message', (message: ThreadMessage) => this.answered(thread, message));
      worker.on('error', (error) => this.fail(`a simulation thread failed: ${error.message}`));
      worker.on('exit', (code) => this.fail(`a simulation thread ended with code ${code}`));
      return thread;
    });
  }

  protected perform(job: PoolJob): Promise<PoolAnswers[PoolJob['kind']]> {
    if (this.problem) return Promise.reject(this.problem);
    return new Promise((resolve, reject) => {
      this.queue.push({ job, resolve, reject });
      this.dispatch();
    });
  }

  async close(): Promise<void> {
    this.fail('the simulation ended');
    await Promise.all(this.threads.map(({ worker }) => worker.terminate()));
  }

  /** Gives jobs, in their order, to the thread that has the fewest. */
  private dispatch(): void {
    for (let waiting = this.queue[0]; waiting; waiting = this.queue[0]) {
      const thread = this.threads.reduce((a, b) => (b.jobs.length < a.jobs.length ? b : a));
      if (thread.jobs.length >= jobsPerThread) return;
      this.queue.shift();
      thread.jobs.push(waiting);
      const { job } = waiting;
      thread.worker.postMessage(job, job.kind === 'train' ? movable(job) : []);
    }
  }

  private answered(thread: Thread, message: ThreadMessage): void {
    this.reportFallback(message.fallback);
    const waiting = thread.jobs.shift();
    if (message.answer !== undefined) waiting?.resolve(message.answer);
    else waiting?.reject(new FtteError('engine-crashed', message.error ?? 'a simulation thread failed'));
    this.dispatch();
  }

  private fail(text: string): void {
    this.problem ??= new FtteError('cancelled', text);
    const lost = [...this.threads.flatMap(({ jobs }) => jobs.splice(0)), ...this.queue.splice(0)];
    for (const { reject } of lost) reject(this.problem);
  }
}

/** Buffers that move to the thread: the samples belong to the round alone, parameters may belong to other rounds, too. */
function movable({ samples }: TrainJob): ArrayBuffer[] {
  return [samples.x.buffer, samples.y.buffer].filter((buffer) => buffer instanceof ArrayBuffer);
}
