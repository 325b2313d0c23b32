import { topicMatches } from '../shared/topics';
import type { Will } from '../shared/transport';

/** One leg of a message's way, for whoever decides how long it takes. */
export interface Hop {
  readonly direction: 'up' | 'down';
  /** Name of the client at the other end. */
  readonly client: string;
  readonly topic: string;
  readonly bytes: number;
}

/** When messages arrive, and how large they may be. */
export interface MemoryBrokerOptions {
  /** Runs `action` when the bytes of this hop have arrived. Default: in a microtask. Keep the order of each client. */
  readonly later?: (action: () => void, hop: Hop) => void;
  /** Largest payload taken. Default 128 KiB. */
  readonly maxPayloadBytes?: number;
}

/** The broker's end of one connection. */
export interface MemoryLink {
  readonly client: string;
  readonly will: Will | undefined;
  readonly filters: Set<string>;
  deliver(topic: string, payload: Uint8Array, retained: boolean): void;
  /** The broker ended it. */
  broken(reason: string): void;
}

/** A broker in memory: retained messages, wills and wildcards, as MQTT has them; for tests and the simulator. */
export class MemoryBroker {
  readonly maxPayloadBytes: number;
  private readonly laterBy: (action: () => void, hop: Hop) => void;
  private readonly links = new Set<MemoryLink>();
  private readonly kept = new Map<string, Uint8Array>();
  private waiting: (() => void)[] = [];
  private up = true;

  constructor(options: MemoryBrokerOptions = {}) {
    this.laterBy = options.later ?? ((action) => queueMicrotask(action));
    this.maxPayloadBytes = options.maxPayloadBytes ?? 128 * 1024;
  }

  /** Topics that hold a retained message. */
  get retainedTopics(): string[] {
    return [...this.kept.keys()];
  }

  /** Connections that stand. */
  get connections(): number {
    return this.links.size;
  }

  later(action: () => void, hop: Hop): void {
    this.laterBy(action, hop);
  }

  /** Ends all connections without a goodbye and refuses new ones; what is retained stays. */
  stop(): void {
    this.up = false;
    for (const link of [...this.links]) this.cut(link, 'the broker stopped');
  }

  /** Takes connections again; clients that tried meanwhile come back at once. */
  start(): void {
    this.up = true;
    for (const retry of this.waiting.splice(0)) retry();
  }

  /** Takes a connection, or calls `retry` when it is worth trying again. */
  connect(link: MemoryLink, retry: () => void): boolean {
    if (this.up) this.links.add(link);
    else this.waiting.push(retry);
    return this.up;
  }

  /** A goodbye: no will. */
  disconnect(link: MemoryLink): void {
    this.links.delete(link);
  }

  /** The connection died: its will is published. */
  cut(link: MemoryLink, reason: string): void {
    if (!this.links.delete(link)) return;
    link.broken(reason);
    if (link.will) this.publish(link.will.topic, link.will.payload, link.will.retain);
  }

  subscribe(link: MemoryLink, filter: string): void {
    link.filters.add(filter);
    for (const [topic, payload] of this.kept)
      if (topicMatches(filter, topic)) this.send(link, topic, payload, true);
  }

  publish(topic: string, payload: Uint8Array, retain: boolean): void {
    if (retain && payload.length === 0) this.kept.delete(topic);
    else if (retain) this.kept.set(topic, new Uint8Array(payload));
    for (const link of this.links)
      if ([...link.filters].some((filter) => topicMatches(filter, topic)))
        this.send(link, topic, payload, false);
  }

  private send(link: MemoryLink, topic: string, payload: Uint8Array, retained: boolean): void {
    const copy = new Uint8Array(payload);
    this.later(
      () => {
        if (this.links.has(link)) link.deliver(topic, copy, retained);
      },
      { direction: 'down', client: link.client, topic, bytes: payload.length },
    );
  }
}
