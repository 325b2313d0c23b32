import type { Clock } from '../../platform';
import { topicMatches, type Will } from '../../transport';

/**
 * A broker on a virtual clock: retained messages, wills, QoS 1 while a connection lasts. Every byte takes its time on the
 * link of the gateway that sends or receives it. It is fast for fleets: topics without wildcards are looked up in a map,
 * a message to many gateways is one event for each time of arrival, and all of them get the same bytes.
 */
export class SimulatedNetwork {
  readonly traffic: Traffic;
  private readonly exact = new Map<string, Set<NetworkLink>>();
  private readonly wildcard = new Map<string, Set<NetworkLink>>();
  private readonly retained = new Map<string, Uint8Array>();
  private readonly links = new Set<NetworkLink>();

  constructor(
    private readonly clock: Clock,
    clients: number,
  ) {
    this.traffic = new Traffic(clients);
  }

  connect(link: NetworkLink): void {
    this.links.add(link);
  }

  /** Ends a connection and, if there was no goodbye, publishes its will. */
  disconnect(link: NetworkLink, goodbye: boolean): void {
    if (!this.links.delete(link)) return;
    for (const filter of link.filters) this.tableOf(filter).get(filter)?.delete(link);
    if (!goodbye && link.will) this.publish(link.will.topic, link.will.payload, link.will.retain);
  }

  subscribe(link: NetworkLink, filter: string): void {
    link.filters.add(filter);
    const table = this.tableOf(filter);
    const subscribers = table.get(filter) ?? new Set();
    subscribers.add(link);
    table.set(filter, subscribers);
    for (const [topic, payload] of hasWildcard(filter) ? this.retained : this.retainedOf(filter)) {
      if (topicMatches(filter, topic)) this.send(topic, payload, [link], true);
    }
  }

  unsubscribe(link: NetworkLink, filter: string): void {
    link.filters.delete(filter);
    this.tableOf(filter).get(filter)?.delete(link);
  }

  /** Sends a message of a gateway. `arrived` is called when the broker has all of it, unless the connection ended before. */
  upload(link: NetworkLink, topic: string, payload: Uint8Array, arrived: () => void): void {
    this.traffic.count('up', link.client, topic, payload.length);
    const start = Math.max(this.clock.now(), link.upFreeAt);
    link.upFreeAt = start + (payload.length / link.speed.upBytesPerSecond) * 1000;
    this.clock.after(link.upFreeAt + link.speed.latencyMs - this.clock.now(), () => {
      if (this.links.has(link)) arrived();
    });
  }

  publish(topic: string, payload: Uint8Array, retain: boolean): void {
    if (retain && payload.length === 0) this.retained.delete(topic);
    else if (retain) this.retained.set(topic, payload);
    const receivers = new Set(this.exact.get(topic));
    for (const [filter, links] of this.wildcard) {
      if (links.size > 0 && topicMatches(filter, topic)) for (const link of links) receivers.add(link);
    }
    this.send(topic, payload, receivers, false);
  }

  private send(topic: string, payload: Uint8Array, links: Iterable<NetworkLink>, retained: boolean): void {
    const now = this.clock.now();
    const arrivals = new Map<number, NetworkLink[]>();
    for (const link of links) {
      link.downFreeAt =
        Math.max(now, link.downFreeAt) + (payload.length / link.speed.downBytesPerSecond) * 1000;
      const at = link.downFreeAt + link.speed.latencyMs;
      const together = arrivals.get(at);
      if (together) together.push(link);
      else arrivals.set(at, [link]);
    }
    for (const [at, together] of arrivals) {
      this.clock.after(at - now, () => {
        for (const link of together) {
          if (!this.links.has(link)) continue;
          this.traffic.count('down', link.client, topic, payload.length);
          link.deliver(topic, payload, retained);
        }
      });
    }
  }

  private tableOf(filter: string): Map<string, Set<NetworkLink>> {
    return hasWildcard(filter) ? this.wildcard : this.exact;
  }

  private retainedOf(topic: string): [string, Uint8Array][] {
    const payload = this.retained.get(topic);
    return payload ? [[topic, payload]] : [];
  }
}

/** Speed of one gateway's connection. */
export interface LinkSpeed {
  /** Infinity: bytes take no time. */
  readonly upBytesPerSecond: number;
  readonly downBytesPerSecond: number;
  /** One way. */
  readonly latencyMs: number;
}

/** The broker's end of one connection. */
export interface NetworkLink {
  readonly speed: LinkSpeed;
  /** Index into the traffic; undefined for a client beside the broker, whose bytes are not counted. */
  readonly client: number | undefined;
  readonly will: Will | undefined;
  readonly filters: Set<string>;
  /** Time at which each direction of the link is free again. */
  upFreeAt: number;
  downFreeAt: number;
  deliver(topic: string, payload: Uint8Array, retained: boolean): void;
}

/** Bytes of encoded messages by client, and of all clients by message type. */
export class Traffic {
  readonly up: Float64Array;
  readonly down: Float64Array;
  readonly byType = new Map<string, { up: number; down: number }>();
  readonly total = { up: 0, down: 0 };

  constructor(clients: number) {
    this.up = new Float64Array(clients);
    this.down = new Float64Array(clients);
  }

  count(direction: 'up' | 'down', client: number | undefined, topic: string, bytes: number): void {
    if (client === undefined) return;
    this[direction][client] = (this[direction][client] ?? 0) + bytes;
    this.total[direction] += bytes;
    const type = topic.slice(topic.lastIndexOf('/') + 1);
    const sums = this.byType.get(type) ?? { up: 0, down: 0 };
    sums[direction] += bytes;
    this.byType.set(type, sums);
  }
}

/** Whether a filter has a wildcard and may match several topics. */
export function hasWildcard(filter: string): boolean {
  return filter.includes('+') || filter.endsWith('#');
}
