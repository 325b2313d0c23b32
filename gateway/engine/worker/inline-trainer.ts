import { type Clock, FtteError, systemClock } from '../../platform';
import type { Engine } from '../interface/engine';
import { ProgramHost } from './program-host';
import type { Answers, Requests, RequestType } from './protocol';
import { closedError, crashError, QueuedTrainer } from './queued-trainer';

/**
 * A Trainer in the caller's own thread, for tests and the simulator: the same behaviour as the worker's, but a
 * request blocks while it runs, so `cancel` only reaches rounds that have not begun.
 */
export class InlineTrainer extends QueuedTrainer {
  private readonly clock: Clock;
  private host: ProgramHost;
  private closing = false;

  constructor(
    private readonly engine: Engine,
    clock: Clock = systemClock,
  ) {
    super(engine.kind);
    this.clock = clock;
    this.host = this.freshHost();
  }

  protected async perform<Type extends RequestType>(
    type: Type,
    payload: Requests[Type],
  ): Promise<Answers[Type]> {
    if (this.closing) throw closedError();
    try {
      return this.host.jobs[type](payload);
    } catch (error) {
      if (error instanceof FtteError) throw error;
      this.host = this.freshHost();
      const crash = crashError(error);
      this.lost(crash);
      throw crash;
    }
  }

  protected async shutDown(): Promise<void> {
    this.closing = true;
  }

  private freshHost(): ProgramHost {
    return new ProgramHost(() => this.engine, {
      now: () => this.clock.now(),
      isCancelled: (ticket) => Atomics.load(this.cancelled, 0) >= ticket,
    });
  }
}
