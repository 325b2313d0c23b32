import { FtteError } from '../../platform';

/** Most calls that wait at a gate. */
const mostWaiting = 1_000;

interface Waiting {
  run(): void;
  fail(error: Error): void;
}

/** Calls pass at once while the gate is open, and wait in order while it is closed. */
export class Gate {
  private waiting: Waiting[] = [];
  private isOpen = false;

  /** @param reason of the wait, for the error of calls that find no room: `no claim of the coordinator has come` */
  constructor(private readonly reason: string) {}

  /** @throws FtteError `offline` if too many calls wait */
  pass<T>(call: () => T): T | Promise<T> {
    if (this.isOpen) return call();
    if (this.waiting.length >= mostWaiting)
      throw new FtteError('offline', `${this.reason}, and too many messages wait`);
    return new Promise<T>((resolve, reject) => {
      const run = () => {
        try {
          resolve(call());
        } catch (error) {
          reject(error);
        }
      };
      this.waiting.push({ run, fail: reject });
    });
  }

  /** Lets those that wait pass. @returns how many there were */
  open(): number {
    this.isOpen = true;
    const waiting = this.waiting.splice(0);
    for (const { run } of waiting) run();
    return waiting.length;
  }

  close(): void {
    this.isOpen = false;
  }

  /** Ends the wait of all that wait with an error. */
  stop(): void {
    for (const { fail } of this.waiting.splice(0))
      fail(new FtteError('offline', `${this.reason} before the end`));
  }
}
