import { type Log, messageOf } from '../../platform';

/** Listeners to one thing. One that throws is logged, and does not keep it from the others. */
export class Listeners<T> {
  private all: readonly ((value: T) => void)[] = [];

  /** @param what a name for the log, in the plural */
  constructor(
    private readonly what: string,
    private readonly log: Log,
  ) {}

  /** The returned function removes the listener. */
  add(listener: (value: T) => void): () => void {
    const entry = (value: T) => listener(value);
    this.all = [...this.all, entry];
    return () => {
      this.all = this.all.filter((other) => other !== entry);
    };
  }

  call(value: T): void {
    for (const listener of this.all) {
      try {
        listener(value);
      } catch (error) {
        this.log.error(`a listener to ${this.what} failed: ${messageOf(error)}`, 'unexpected');
      }
    }
  }
}
