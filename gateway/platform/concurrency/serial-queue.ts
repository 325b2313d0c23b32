/** Runs jobs one after the other, in the order in which they were added. */
export class SerialQueue {
  private last: Promise<unknown> = Promise.resolve();

  /** Resolves or rejects as the job does. A job that fails does not stop the jobs after it. */
  run<T>(job: () => Promise<T>): Promise<T> {
    const result = this.last.then(job);
    this.last = result.catch(() => undefined);
    return result;
  }

  /** Resolves when all jobs that are in the queue at this time are done. */
  async idle(): Promise<void> {
    await this.last;
  }
}
