import { FtteError } from '../platform';
import { eventStream } from './event-stream';

/** The time from the start of a role to its end, which is final. */
export class Lifetime {
  /** Resolves when the role begins to close. */
  readonly ended: Promise<void>;
  private closing: Promise<void> | undefined;
  private end: () => void = () => undefined;
  private release: () => void = () => undefined;

  /** @param closeParts ends the parts of the role */
  constructor(private readonly closeParts: () => Promise<void>) {
    this.ended = new Promise((resolve) => {
      this.end = resolve;
    });
  }

  /** Keeps the process alive until the end. */
  begin(): void {
    this.release = holdProcess();
  }

  /** Whether the role closes or is closed. */
  get isOver(): boolean {
    return this.closing !== undefined;
  }

  /** Closes the role, once. */
  close(): Promise<void> {
    this.closing ??= this.closeNow();
    return this.closing;
  }

  /** The payloads of a listener as an async iterable, until the end. */
  stream<T>(listen: (listener: (payload: T) => void) => () => void): AsyncIterableIterator<T> {
    return eventStream(listen, this.ended);
  }

  /** @throws FtteError `cancelled` if the role is closed */
  requireOpen(): void {
    if (this.isOver) throw new FtteError('cancelled', 'this role is closed');
  }

  private async closeNow(): Promise<void> {
    this.end();
    await this.closeParts().finally(() => this.release());
  }
}

/**
 * Keeps the process alive until the returned function is called. A role that waits for its broker has only timers,
 * which do not keep a process alive: it would end with code 0 and without a message.
 */
function holdProcess(): () => void {
  const longest = 2 ** 31 - 1;
  const hold = setInterval(() => undefined, longest);
  return () => clearInterval(hold);
}
