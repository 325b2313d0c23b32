/** Runs jobs one after the other, in the order they came: no two versions are ever made at once. */
export class SerialQueue {
  private last: Promise<unknown> = Promise.resolve();

  /** Resolves or rejects as the job does; a job that fails does not stop those behind it. */
  run<T>(job: () => Promise<T>): Promise<T> {
    const result = this.last.then(job);
    this.last = result.catch(() => undefined);
    return result;
  }

  /** Resolves when everything that is in line now is done. */
  async idle(): Promise<void> {
    await this.last;
  }
}
