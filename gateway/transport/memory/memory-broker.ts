import { topicMatches } from '../shared/topics';
import type { Will } from '../shared/transport';

/** One hop of a message, between a client and the broker. The caller decides how long it takes. */
export interface Hop {
  readonly direction: 'up' | 'down';
  /** Name of the client of this hop. */
  readonly client: string;
  readonly topic: string;
  readonly bytes: number;
}

/** Options of a broker in memory: when messages arrive, and their largest size. */
export interface MemoryBrokerOptions {
  /**
   * Runs `action` when the bytes of this hop have arrived, in a microtask by default. It must keep the order of each
   * client.
   */
  readonly later?: (action: () => void, hop: Hop) => void;
  /** The largest payload that is accepted. Default 128 KiB. */
  readonly maxPayloadBytes?: number;
}

/** The broker's view of one connection. */
export interface MemoryLink {
  readonly client: string;
  readonly will: Will | undefined;
  readonly filters: Set<string>;
  deliver(topic: string, payload: Uint8Array, retained: boolean): void;
  /** Called when the broker ends the connection. */
  broken(reason: string): void;
}

/** A broker in memory for tests and the simulator. It has retained messages, wills and wildcards as in MQTT. */
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

  later(action: () => void, hop: Hop): void {
    this.laterBy(action, hop);
  }

  /** Ends all connections without DISCONNECT and refuses new ones. Retained messages stay. */
  stop(): void {
    this.up = false;
    for (const link of [...this.links]) this.cut(link, 'the broker stopped');
  }

  /** Accepts connections again. Clients that tried meanwhile connect again at once. */
  start(): void {
    this.up = true;
    for (const retry of this.waiting.splice(0)) retry();
  }

  /** Accepts a connection. Otherwise it calls `retry` when another attempt can succeed. */
  connect(link: MemoryLink, retry: () => void): boolean {
    if (this.up) this.links.add(link);
    else this.waiting.push(retry);
    return this.up;
  }

  /** Ends a connection in an orderly way, without publishing its will. */
  disconnect(link: MemoryLink): void {
    this.links.delete(link);
  }

  /** Ends a connection as if it had died: its will is published. */
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
    const arrive = this.arrive.bind(this, link, topic, new Uint8Array(payload), retained);
    this.later(arrive, { direction: 'down', client: link.client, topic, bytes: payload.length });
  }

  private arrive(link: MemoryLink, topic: string, payload: Uint8Array, retained: boolean): void {
    if (this.links.has(link)) link.deliver(topic, payload, retained);
  }
}
