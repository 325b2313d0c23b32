import { extname, join } from 'node:path';
import {
  createEngine,
  type EvaluateResult,
  type OwnEngineKind,
  type ProgramRequest,
  type TrainResult,
} from '../../engine';
import type { ModelSpec } from '../../model';
import { asFtteError, FtteError, JobWorker } from '../../platform';
import type { Examples } from '../data/examples';
import { type PoolAnswers, PoolHost, type PoolJob } from './pool-host';
import type { PoolJobs, PoolWorkerData } from './pool-worker';

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

interface Thread {
  readonly worker: JobWorker<PoolJobs>;
  /** Jobs that the thread has and has not answered. */
  openJobs: number;
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
      const onLost = (error: FtteError) => this.fail(error);
      return {
        worker: new JobWorker({ entry, name: 'simulation', data, resourceLimits: {}, onLost }),
        openJobs: 0,
      };
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
    this.fail(new FtteError('cancelled', 'the simulation ended'));
    await Promise.all(this.threads.map(({ worker }) => worker.close()));
  }

  /** Gives jobs, in their order, to the thread that has the fewest. */
  private dispatch(): void {
    for (let waiting = this.queue[0]; waiting; waiting = this.queue[0]) {
      const thread = this.threads.reduce((a, b) => (b.openJobs < a.openJobs ? b : a));
      if (thread.openJobs >= jobsPerThread) return;
      this.queue.shift();
      void this.give(thread, waiting);
    }
  }

  private async give(thread: Thread, { job, resolve, reject }: Waiting): Promise<void> {
    thread.openJobs++;
    try {
      // Nothing moves to the thread: a round that diverged looks at its samples again, to say why.
      const reply = await thread.worker.run('perform', job);
      this.reportFallback(reply.fallback);
      resolve(reply.answer);
    } catch (error) {
      reject(asFtteError(error, 'engine-crashed'));
    }
    thread.openJobs--;
    this.dispatch();
  }

  private fail(error: FtteError): void {
    this.problem ??= error;
    for (const { reject } of this.queue.splice(0)) reject(this.problem);
  }
}
