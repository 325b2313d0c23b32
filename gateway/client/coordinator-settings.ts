import type { LogAddress } from '../coordinator';
import type { Trainer } from '../engine';
import type { Task, TaskInput } from '../task';
import type { BrokerOption } from './broker';
import type { ConnectionOptions } from './connection';
import type { MemberSettings } from './member-settings';

/** The federation that a region is a gateway of. Everything but the pace is as in `joinFederation`. */
export type PartOf = Partial<
  Pick<MemberSettings, 'federation' | 'broker' | 'id' | 'tls' | 'largestMessage' | 'invitation' | 'folder'>
> & {
  /** Versions of this region after which one update goes up. Default: those that all its gateways have contributed to once. */
  readonly everyVersions?: number;
  /** Time after which an update goes up, if the versions take longer, ms. Default: the longest wait of the task above. */
  readonly everyMs?: number;
};

/** Options of `createCoordinator`. All have a default except the federation, the broker and the task. */
export interface CoordinatorSettings extends Omit<ConnectionOptions, 'id'> {
  readonly broker: BrokerOption;
  /** The id of the coordinator. Default `coordinator`. */
  readonly id?: string;
  /**
   * The task as a person writes it, or a task that `parseTask` returned. A region needs none: if it has one, that differs from the
   * task above in aggregation and privacy alone.
   */
  readonly task?: TaskInput | Task;
  /**
   * The federation above, of a region: this coordinator then takes its task and its model from there, and is one gateway of it.
   * Left out: the federation is one by itself.
   */
  readonly partOf?: PartOf;
  /**
   * Folder for the journal, the checkpoints and the held-out windows (raw values). Without it they are lost when the
   * process ends.
   */
  readonly folder?: string;
  /**
   * The server that holds updates and checkpoints in place of the folder, so that several coordinators with one log can take
   * over from each other: `postgres://host:port/database` (needs the package `pg`) or `nats://host:port` with JetStream (needs
   * `@nats-io/transport-node` and `@nats-io/jetstream`). Default: the folder.
   */
  readonly storage?: string | LogAddress;
  /**
   * Choice of members. `invited`: gateways that have joined by an invitation, and all messages are signed and sealed; it needs a
   * folder. `open`: whoever may publish at the broker, and messages are neither signed nor sealed. Default `invited`, but for
   * `memory:`, a broker that is hosted for this machine alone, and a transport of the caller.
   */
  readonly membership?: 'open' | 'invited';
  /** Parameters of version 0 in place of the seeded ones, flat. */
  readonly initial?: Float32Array;
  /** Makes the engine that evaluates versions on held-out windows. Default: an engine in a thread. */
  readonly createTrainer?: () => Trainer;
  /** Time in which the start looks for another coordinator, ms. Default 1 500. */
  readonly leaseWaitMs?: number;
  /** Memory for held-out windows, bytes. Default 32 MB. */
  readonly heldOutBytes?: number;
  /** Most gateways that are remembered. Default 10 000. */
  readonly maxGateways?: number;
  /**
   * Ids of the gateways that may help to open masked sums, at least three; it is best if each belongs to another organisation.
   * Default: all. Only for a task with `aggregation.masked`.
   */
  readonly helpers?: readonly string[];
}
