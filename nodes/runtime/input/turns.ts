import { SerialQueue, type YieldToEventLoop, yieldToEventLoop } from '../../../gateway/platform';

/** Work on a message, with pauses. It sends its results itself. */
export type Steps = Iterator<unknown, void>;

/** Milliseconds for which messages may occupy the event loop without a pause. */
const sliceMs = 4;

/**
 * Handles messages one after the other, in the order in which they came, and never occupies the event loop for long. A
 * message with an hour of readings takes many turns, and the messages after it wait.
 */
export class MessageTurns {
  private readonly queue = new SerialQueue();
  private waiting = 0;
  private closed = false;

  /**
   * @param most most messages that wait
   * @param now milliseconds of a steady clock
   */
  constructor(
    private readonly most = 20_000,
    private readonly now: () => number = () => performance.now(),
    private readonly turn: YieldToEventLoop = yieldToEventLoop,
  ) {}

  /** True if the queue is full, so that another message should be refused. */
  get isFull(): boolean {
    return this.waiting >= this.most;
  }

  /** Handles a message; at once if no other is being handled and it is short. */
  run(work: () => Steps): Promise<void> | void {
    if (this.waiting > 0) return this.wait(() => this.finish(work()));
    const steps = work();
    if (this.slice(steps)) return undefined;
    return this.wait(() => this.finish(steps));
  }

  /** Stops after the present turn. */
  close(): void {
    this.closed = true;
  }

  private wait(job: () => Promise<void>): Promise<void> {
    this.waiting++;
    return this.queue.run(job).finally(() => {
      this.waiting--;
    });
  }

  private async finish(steps: Steps): Promise<void> {
    do await this.turn();
    while (!this.closed && !this.slice(steps));
  }

  /** @returns true if the work is done */
  private slice(steps: Steps): boolean {
    const start = this.now();
    do {
      if (steps.next().done) return true;
    } while (this.now() - start < sliceMs);
    return false;
  }
}
