import { type Log, messageOf } from '../../platform';
import type { TransportState } from './transport';

type Listener = (state: TransportState, error?: Error) => void;

/** Where a connection stands, told on change; an error is told once until it is another or all was well between. */
export class StateTeller {
  private listeners: readonly Listener[] = [];
  private told: string | undefined;
  state: TransportState = 'offline';
  lastError: Error | undefined;

  constructor(private readonly log: Log) {}

  on(listener: Listener): () => void {
    // Wrapped, so that the same function can listen twice and be removed once.
    const entry: Listener = (state, error) => listener(state, error);
    this.listeners = [...this.listeners, entry];
    this.tell(entry, this.lastError);
    return () => {
      this.listeners = this.listeners.filter((other) => other !== entry);
    };
  }

  set(state: TransportState, error?: Error): void {
    const changed = state !== this.state;
    this.state = state;
    if (state === 'online') {
      this.lastError = undefined;
      this.told = undefined;
    }
    const news = error !== undefined && error.message !== this.told;
    if (error) this.lastError = error;
    if (news) this.told = error.message;
    if (!changed && !news) return;
    for (const listener of this.listeners) this.tell(listener, news ? error : undefined);
  }

  private tell(listener: Listener, error: Error | undefined): void {
    try {
      listener(this.state, error);
    } catch (problem) {
      this.log.error(`a listener to the connection's state failed: ${messageOf(problem)}`);
    }
  }
}
