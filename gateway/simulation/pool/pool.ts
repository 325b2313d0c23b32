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
import { type Examples, type PoolAnswers, PoolHost, type PoolJob } from './pool-host';
import type { PoolWorkerData } from './pool-worker';

type TrainJob = Extract<PoolJob, { kind: 'train' }>;

/** Where local rounds and evaluations are computed. What comes out does not depend on who computes it, or when. */
export interface Pool {
  train(job: Omit<TrainJob, 'kind' | 'programId'>): Promise<TrainResult>;
  /** Evaluates groups of examples, one result each. */
  evaluate(
    model: ModelSpec,
    parameters: Float32Array,
    groups: readonly Uint32Array[],
  ): Promise<EvaluateResult[]>;
  close(): Promise<void>;
}

/** Where the training of a fleet runs, and on what. */
export interface PoolOptions {
  /** 0: in the caller's own thread. */
  readonly threads: number;
  readonly examples: Examples;
  /** Default `auto`; `wasm-relaxed` may differ between machines. */
  readonly engine?: 'auto' | OwnEngineKind;
  /** Called once, with the reason, where JavaScript kernels compute instead of WebAssembly: several times slower. */
  readonly onFallback?: (reason: string) => void;
}

/** Groups of examples go to threads in bundles of about this many examples. */
const bundleExamples = 512;

interface Waiting {
  readonly job: PoolJob;
  readonly resolve: (answer: PoolAnswers[PoolJob['kind']]) => void;
  readonly reject: (error: FtteError) => void;
}

/** Jobs that a thread has at a time: the next one is there when the first is done. */
const jobsAtHand = 2;

/** A pool of threads that train for the fleet; close it. Results do not depend on how many there are. */
export function createPool(options: PoolOptions): Pool {
  return options.threads === 0 ? new InlinePool(options) : new ThreadPool(options);
}

/** Numbers programs, so that threads need not compare them: equal objects get equal numbers. */
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

abstract class JobPool implements Pool {
  private readonly numbers = new ProgramNumbers();
  private fellBack = false;

  constructor(private readonly onFallback: ((reason: string) => void) | undefined) {}

  protected abstract perform(job: PoolJob): Promise<PoolAnswers[PoolJob['kind']]>;
  abstract close(): Promise<void>;

  /** Tells the first reason there is. */
  protected noteFallback(reason: string | undefined): void {
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

class InlinePool extends JobPool {
  private readonly host: PoolHost;

  constructor({ engine = 'auto', examples, onFallback }: PoolOptions) {
    super(onFallback);
    this.host = new PoolHost(createEngine(engine), examples);
  }

  protected async perform(job: PoolJob): Promise<PoolAnswers[PoolJob['kind']]> {
    const answer = this.host.answer(job);
    this.noteFallback(this.host.fallback);
    return answer;
  }

  async close(): Promise<void> {}
}

/** What a thread says when a job is done. */
interface ThreadMessage {
  readonly answer?: PoolAnswers[PoolJob['kind']];
  readonly error?: string;
  /** Why it computes without WebAssembly, where it does. */
  readonly fallback?: string;
}

interface Thread {
  readonly worker: Worker;
  /** In the order they were sent; answers come in the same order. */
  readonly atHand: Waiting[];
}

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
      const thread: Thread = { worker, atHand: [] };
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
      this.hand();
    });
  }

  async close(): Promise<void> {
    this.fail('the simulation ended');
    await Promise.all(this.threads.map(({ worker }) => worker.terminate()));
  }

  /** Gives jobs to whoever has the fewest, in the order they came. */
  private hand(): void {
    for (let waiting = this.queue[0]; waiting; waiting = this.queue[0]) {
      const thread = this.threads.reduce((a, b) => (b.atHand.length < a.atHand.length ? b : a));
      if (thread.atHand.length >= jobsAtHand) return;
      this.queue.shift();
      thread.atHand.push(waiting);
      const { job } = waiting;
      thread.worker.postMessage(job, job.kind === 'train' ? movable(job) : []);
    }
  }

  private answered(thread: Thread, message: ThreadMessage): void {
    this.noteFallback(message.fallback);
    const waiting = thread.atHand.shift();
    if (message.answer !== undefined) waiting?.resolve(message.answer);
    else waiting?.reject(new FtteError('engine-crashed', message.error ?? 'a simulation thread failed'));
    this.hand();
  }

  private fail(text: string): void {
    this.problem ??= new FtteError('cancelled', text);
    const lost = [...this.threads.flatMap(({ atHand }) => atHand.splice(0)), ...this.queue.splice(0)];
    for (const { reject } of lost) reject(this.problem);
  }
}

/** Samples of a round are the round's own and can move; parameters may be shared with other rounds. */
function movable({ samples }: TrainJob): ArrayBuffer[] {
  return [samples.x.buffer, samples.y.buffer].filter((buffer) => buffer instanceof ArrayBuffer);
}
