import type { EventLoopDelay } from '../../tools/support/event-loop-delay';

/** Counts of a process of clients since its start. */
export interface ClientCounts {
  /** Gateways that hold a model. */
  readonly ready: number;
  /** Rounds whose update has left. */
  readonly rounds: number;
  /** Rounds that were due while the one before was not over. */
  readonly late: number;
  readonly problems: Readonly<Record<string, number>>;
  /** Resident memory, bytes. */
  readonly rss: number;
  /** Processor time, ms. */
  readonly cpuMs: number;
}

/** Counts of the coordinator since its start. */
export interface HubCounts {
  readonly online: number;
  readonly accepted: number;
  readonly version: number;
  /** Updates that were refused, by reason. */
  readonly rejected: Readonly<Record<string, number>>;
  readonly problems: Readonly<Record<string, number>>;
  readonly rss: number;
  readonly cpuMs: number;
}

/** The coordinator's answer to `watchMs`, after that time. */
export interface HubDelay {
  readonly delay: EventLoopDelay;
}

/** The coordinator's answer to `memory`: bytes in use after a collection of garbage, buffers outside the heap among them. */
export interface HubMemory {
  readonly bytes: number;
}

/** A question to the coordinator's process: its counts, its memory, or the delays of its event loop in the next `watchMs`. */
export type HubQuestion = 'counts' | 'memory' | { readonly watchMs: number };

/** The settings of the coordinator's process. */
export interface HubSettings {
  /** The URL of a broker, or the port of one that the process hosts. */
  readonly broker: string;
  /** Updates that make a version. */
  readonly bufferSize: number;
}

/** The settings of a process of clients: its gateways are `first` to `first + count - 1`. */
export interface ClientSettings {
  readonly url: string;
  readonly first: number;
  readonly count: number;
  /** Joins that are under way at the same time. */
  readonly width: number;
  /** Time from one round of a gateway to its next, ms. */
  readonly periodMs: number;
}

export const federation = 'fleet';

/** Processor time of this process since its start, ms. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
