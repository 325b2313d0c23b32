import { type Log, messageOf } from '../../platform';
import { topicMatches } from './topics';
import type { Delivery } from './transport';

interface Entry {
  readonly filter: string;
  readonly handler: (delivery: Delivery) => void;
}

/** The handlers of each filter. The table outlives a connection. */
export class SubscriptionTable {
  private entries: readonly Entry[] = [];

  constructor(private readonly log: Log) {}

  /** The filters with a handler, each once. */
  get filters(): string[] {
    return [...new Set(this.entries.map((entry) => entry.filter))];
  }

  has(filter: string): boolean {
    return this.entries.some((entry) => entry.filter === filter);
  }

  /** The returned function removes the handler and returns whether it was the last one of the filter. */
  add(filter: string, handler: (delivery: Delivery) => void): () => boolean {
    const entry: Entry = { filter, handler };
    this.entries = [...this.entries, entry];
    return () => {
      const before = this.entries.length;
      this.entries = this.entries.filter((other) => other !== entry);
      return this.entries.length < before && !this.has(filter);
    };
  }

  /** Gives the delivery to every handler whose filter matches. Each gets a copy of the bytes. */
  dispatch(topic: string, payload: Uint8Array, retained: boolean): void {
    for (const { filter, handler } of this.entries) {
      if (!topicMatches(filter, topic)) continue;
      try {
        handler({ topic, payload: new Uint8Array(payload), retained });
      } catch (error) {
        this.log.error(`a handler of ${filter} failed: ${messageOf(error)}`, 'unexpected');
      }
    }
  }
}
