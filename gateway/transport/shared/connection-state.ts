import { type Log, messageOf } from '../../platform';
import type { TransportState } from './transport';

type Listener = (state: TransportState, error?: Error) => void;

/**
 * The state of a connection, which listeners receive on change. An error is reported once, until the message changes or
 * the connection has recovered.
 */
export class ConnectionState {
  private listeners: readonly Listener[] = [];
  private reported: string | undefined;
  state: TransportState = 'offline';
  lastError: Error | undefined;

  constructor(private readonly log: Log) {}

  on(listener: Listener): () => void {
    // A new function for each listener, so that the same listener can be added twice and be removed once.
    const entry: Listener = (state, error) => listener(state, error);
    this.listeners = [...this.listeners, entry];
    this.notify(entry, this.lastError);
    return () => {
      this.listeners = this.listeners.filter((other) => other !== entry);
    };
  }

  set(state: TransportState, error?: Error): void {
    const changed = state !== this.state;
    this.state = state;
    if (state === 'online') {
      this.lastError = undefined;
      this.reported = undefined;
    }
    const isNewError = error !== undefined && error.message !== this.reported;
    if (error) this.lastError = error;
    if (isNewError) this.reported = error.message;
    if (!changed && !isNewError) return;
    for (const listener of this.listeners) this.notify(listener, isNewError ? error : undefined);
  }

  private notify(listener: Listener, error: Error | undefined): void {
    try {
      listener(this.state, error);
    } catch (problem) {
      this.log.error(`a listener to the connection's state failed: ${messageOf(problem)}`, 'unexpected');
    }
  }
}
