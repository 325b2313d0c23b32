import { SerialQueue, type YieldToEventLoop, yieldToEventLoop } from '../../../gateway/platform';

/** Work on a message that pauses every now and then; it has sent what it gives by itself. */
export type Steps = Iterator<unknown, void>;

/** Milliseconds for which messages may keep the event loop at a time. */
const sliceMs = 5;

/**
 * Works on messages one after the other, in the order they came, and never keeps the event loop for long: a message with
 * an hour of readings takes many turns, and those behind it wait.
 */
export class MessageTurns {
  private readonly queue = new SerialQueue();
  private waiting = 0;
  private closed = false;

  /**
   * @param most messages that wait at most
   * @param now milliseconds of a steady clock
   */
  constructor(
    private readonly most = 20_000,
    private readonly now: () => number = () => performance.now(),
    private readonly turn: YieldToEventLoop = yieldToEventLoop,
  ) {}

  /** True if as many messages wait as may: another one should be refused. */
  get isFull(): boolean {
    return this.waiting >= this.most;
  }

  /** Works on a message: at once if no other is under way and it is short. */
  run(work: () => Steps): Promise<void> | void {
    if (this.waiting > 0) return this.wait(() => this.finish(work()));
    const steps = work();
    if (this.slice(steps)) return undefined;
    return this.wait(() => this.finish(steps));
  }

  /** Stops after the turn that is under way. */
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
