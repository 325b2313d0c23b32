import { type ModelSpec, parameterLayout } from '../../model';
import { FtteError, messageOf, SerialQueue } from '../../platform';
import type {
  EngineKind,
  EvaluateResult,
  MemoryReport,
  ProgramRequest,
  Samples,
  Trainer,
  TrainOptions,
  TrainResult,
} from '../interface/engine';
import type { Answers, Requests, RequestType } from './protocol';
import { SampleBuffers } from './sample-buffers';

/**
 * Base of all trainers: requests run one at a time in the order they came, arguments are copied when they are
 * given, and the newest parameters are mirrored here, so that a program that was lost can be set up again.
 */
export abstract class QueuedTrainer implements Trainer {
  /** Highest ticket that was cancelled; in shared memory, because the thread that trains reads no messages. */
  protected readonly cancelled = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  private readonly buffers = new SampleBuffers();
  private tickets = 0;
  private readonly queue = new SerialQueue();
  private closed: Promise<void> | undefined;
  /** The newest program that compiled, and the newest parameters: what a lost program is set up with again. */
  private request: ProgramRequest | undefined;
  private mirror: Float32Array | undefined;
  /** Whether the other side holds that program, and those parameters. */
  private hasProgram = false;
  private hasParameters = false;
  private currentFallback: string | undefined;
  private readonly restartListeners = new Set<(error: FtteError) => void>();

  protected constructor(private currentKind: EngineKind) {}

  /** Asks the side that holds the program. Rejects with an FtteError; `engine-crashed` if the program is lost. */
  protected abstract perform<Type extends RequestType>(
    type: Type,
    payload: Requests[Type],
  ): Promise<Answers[Type]>;

  /** Ends the side that holds the program; what runs rejects with `cancelled`. */
  protected abstract shutDown(): Promise<void>;

  get kind(): EngineKind {
    return this.currentKind;
  }

  get fallback(): string | undefined {
    return this.currentFallback;
  }

  configure(request: ProgramRequest): Promise<MemoryReport> {
    return this.enqueue(async () => {
      // Whatever happens next, the program before is gone.
      this.hasProgram = false;
      this.hasParameters = false;
      const { kind, memory, fallback } = await this.perform('configure', request);
      if (!this.request || !isSameModel(this.request.model, request.model)) this.mirror = undefined;
      this.currentKind = kind;
      this.currentFallback = fallback;
      this.request = request;
      this.hasProgram = true;
      return memory;
    });
  }

  setParameters(flat: Float32Array): Promise<void> {
    const values = flat.slice();
    return this.enqueue(async () => {
      const size = this.parameterCount();
      if (values.length !== size) {
        throw new FtteError('model-invalid', `got ${values.length} parameters, the model has ${size}`, {
          got: values.length,
          wanted: size,
        });
      }
      this.mirror ??= new Float32Array(new SharedArrayBuffer(size * Float32Array.BYTES_PER_ELEMENT));
      this.mirror.set(values);
      this.hasParameters = false;
    });
  }

  train(
    samples: Samples,
    options: Omit<TrainOptions, 'shouldStop'>,
  ): Promise<TrainResult & { durationMs: number }> {
    const ticket = ++this.tickets;
    return this.withCopy(samples, (copy) =>
      this.ask('train', { samples: copy, options: { ...options }, ticket }),
    );
  }

  evaluate(samples: Samples): Promise<EvaluateResult> {
    return this.withCopy(samples, (copy) => this.ask('evaluate', copy));
  }

  predict(x: Float32Array, count: number): Promise<Float32Array> {
    return this.ask('predict', { x: x.slice(), count });
  }

  cancel(): void {
    Atomics.store(this.cancelled, 0, this.tickets);
  }

  onRestart(listener: (error: FtteError) => void): () => void {
    this.restartListeners.add(listener);
    return () => this.restartListeners.delete(listener);
  }

  close(): Promise<void> {
    this.closed ??= this.shutDown().then(async () => {
      await this.queue.idle();
      this.restartListeners.clear();
    });
    return this.closed;
  }

  /** The program is gone. The next request sets it up again. */
  protected lost(error: FtteError): void {
    this.hasProgram = false;
    this.hasParameters = false;
    for (const listener of [...this.restartListeners]) {
      try {
        listener(error);
      } catch {
        // A listener's failure is its owner's; it must not reach the request that is being rejected.
      }
    }
  }

  /** Lends a copy for as long as the request takes. */
  private withCopy<T>(samples: Samples, request: (copy: Samples) => Promise<T>): Promise<T> {
    const copy = this.buffers.lend(samples);
    return request(copy).finally(() => this.buffers.giveBack(copy));
  }

  private ask<Type extends RequestType>(type: Type, payload: Requests[Type]): Promise<Answers[Type]> {
    return this.enqueue(async () => {
      await this.bringUpToDate();
      return this.perform(type, payload);
    });
  }

  /** Gives the other side what it lacks: after a loss the program, after a change the parameters. */
  private async bringUpToDate(): Promise<void> {
    if (!this.hasProgram && this.request) {
      await this.perform('configure', this.request);
      this.hasProgram = true;
    }
    if (!this.hasParameters && this.mirror) {
      await this.perform('parameters', this.mirror);
      this.hasParameters = true;
    }
  }

  private parameterCount(): number {
    if (!this.request) throw new FtteError('not-ready', 'the engine has no program yet: configure it first');
    return parameterLayout(this.request.model).size;
  }

  private enqueue<T>(action: () => Promise<T>): Promise<T> {
    return this.queue.run(async () => {
      if (this.closed) throw closedError();
      return action();
    });
  }
}

/** Error of a request that was pending, or came, when the trainer was closed. */
export function closedError(): FtteError {
  return new FtteError('cancelled', 'the trainer was closed');
}

/** Error of a request whose thread was lost. */
export function crashError(cause: unknown): FtteError {
  return new FtteError('engine-crashed', `the training thread stopped: ${messageOf(cause)}`, {}, { cause });
}

/** Models are plain data with their keys in one order: equal text is an equal model. */
function isSameModel(a: ModelSpec, b: ModelSpec): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
