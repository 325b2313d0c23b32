import { extname, join } from 'node:path';
import {
  type EngineKind,
  type MemoryReport,
  type ProgramRequest,
  type Trainer,
  WorkerTrainer,
} from '../engine';
import { FtteError } from '../platform';

/** The trainer that is tried first, and the one that takes its place. */
export interface PreferredTrainerOptions {
  /** Called once with the reason if TensorFlow cannot be loaded here. */
  readonly onFallback: (reason: string) => void;
  /** The trainer that is tried. Default: TensorFlow in a thread of its own. */
  readonly preferred?: Trainer;
  /** Makes the trainer that takes its place. Default: the engine of this package, in a thread. */
  readonly createOwn?: () => Trainer;
}

/** TensorFlow.js is a megabyte of code beside ours; its library takes what it takes outside of the heap. */
const limits = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 16 };

/** A trainer over `@tensorflow/tfjs-node` in a thread of its own, which starts with the first request. */
export function tensorFlowTrainer(): Trainer {
  const entry = join(__dirname, `worker-main${extname(__filename)}`);
  return new WorkerTrainer({ entry, resourceLimits: limits });
}

/**
 * A trainer that prefers TensorFlow and makes do with our engine where it cannot be loaded, which shows at the first
 * `configure`. What is asked meanwhile waits for that.
 */
export class PreferredTrainer implements Trainer {
  private current: Trainer;
  private deciding: Promise<unknown> | undefined;
  private decided = false;
  private closed = false;
  private readonly restartListeners = new Map<(error: Error) => void, (() => void) | undefined>();

  constructor(private readonly options: PreferredTrainerOptions) {
    this.current = options.preferred ?? tensorFlowTrainer();
  }

  get kind(): EngineKind {
    return this.current.kind;
  }

  get fallback(): string | undefined {
    return this.current.fallback;
  }

  configure(request: ProgramRequest): Promise<MemoryReport> {
    if (this.decided) return this.current.configure(request);
    const answer = this.settled(() => this.current.configure(request)).catch(async (error) => {
      if (this.decided || this.closed || !isUnavailable(error)) throw error;
      await this.fallBack(error.message);
      return this.current.configure(request);
    });
    this.deciding = answer.then(
      () => {
        this.decided = true;
        this.deciding = undefined;
      },
      () => undefined,
    );
    return answer;
  }

  setParameters(flat: Float32Array): Promise<void> {
    const values = this.decided ? flat : flat.slice();
    return this.settled(() => this.current.setParameters(values));
  }

  train(...args: Parameters<Trainer['train']>): ReturnType<Trainer['train']> {
    return this.settled(() => this.current.train(...args));
  }

  evaluate(...args: Parameters<Trainer['evaluate']>): ReturnType<Trainer['evaluate']> {
    return this.settled(() => this.current.evaluate(...args));
  }

  predict(...args: Parameters<Trainer['predict']>): ReturnType<Trainer['predict']> {
    return this.settled(() => this.current.predict(...args));
  }

  cancel(): void {
    this.current.cancel();
  }

  onRestart(listener: (error: Error) => void): () => void {
    this.restartListeners.set(listener, this.current.onRestart?.(listener));
    return () => {
      this.restartListeners.get(listener)?.();
      this.restartListeners.delete(listener);
    };
  }

  close(): Promise<void> {
    this.closed = true;
    return this.current.close();
  }

  /** At once where it is known which trainer answers, else once it is. */
  private settled<T>(ask: () => Promise<T>): Promise<T> {
    return this.deciding ? this.deciding.then(ask) : ask();
  }

  private async fallBack(reason: string): Promise<void> {
    this.decided = true;
    const before = this.current;
    this.current = (this.options.createOwn ?? (() => new WorkerTrainer()))();
    for (const [listener, remove] of [...this.restartListeners]) {
      remove?.();
      this.restartListeners.set(listener, this.current.onRestart?.(listener));
    }
    this.options.onFallback(reason);
    await before.close();
  }
}

const isUnavailable = (error: unknown): error is FtteError =>
  error instanceof FtteError && error.code === 'engine-unavailable';
