import type { Trainer } from '../../engine';
import { FtteError, SerialQueue } from '../../platform';

/** Runs jobs one at a time, each in an engine of its own that is closed when the job is done. */
export class EngineJobs {
  private readonly queue = new SerialQueue();
  private trainer: Trainer | undefined;
  private isClosed = false;

  /** @param createTrainer creates the engine of one job; without it there is none */
  constructor(private readonly createTrainer: (() => Trainer) | undefined) {}

  get available(): boolean {
    return this.createTrainer !== undefined;
  }

  get closed(): boolean {
    return this.isClosed;
  }

  /** Resolves or rejects as the job does. @throws FtteError `cancelled` if it was closed before the job's turn */
  run(job: (trainer: Trainer) => Promise<void>): Promise<void> {
    return this.queue.run(async () => {
      if (this.isClosed) throw new FtteError('cancelled', 'the coordinator stopped');
      if (!this.createTrainer) throw new FtteError('engine-unavailable', 'no engine to run the job with');
      const trainer = this.createTrainer();
      this.trainer = trainer;
      try {
        await job(trainer);
      } finally {
        this.trainer = undefined;
        await trainer.close();
      }
    });
  }

  /** Closes the engine of the present job, and resolves when no job runs any more. */
  async close(): Promise<void> {
    this.isClosed = true;
    await this.trainer?.close();
    await this.queue.idle();
  }
}
