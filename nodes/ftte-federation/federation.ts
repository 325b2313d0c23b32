import type { Node } from 'node-red';
import { type Connection, explainedLogin, type Standing } from '../../gateway/client';
import type { GatewayPolicy, ModelFollower } from '../../gateway/participant';
import {
  asError,
  type Clock,
  FtteError,
  isOverWhenConnected,
  type Log,
  messageOf,
  noticeCodeOf,
  type Timer,
} from '../../gateway/platform';
import type { RefusedGateway, TransportSession } from '../../gateway/session';
import { type HostedBroker, type TransportState, troubleOf } from '../../gateway/transport';
import {
  type FederationHandle,
  type FederationMembers,
  OwnSamples,
  RefCounted,
  type Role,
  RoleRegistry,
  UsageCounter,
} from '../runtime';
import type { FederationConfig } from './config';
import type { Door } from './door';
import { type BrokerSpec, brokerAddress, type HostedBrokers } from './hosted-brokers';
import type { HostingSpec } from './parts';
import { renewOwnId } from './place';

export interface FederationOptions {
  readonly config: FederationConfig;
  readonly folder: string;
  /** The node's name, for errors to others. */
  readonly name: string;
  /** Not open yet: opened here. */
  readonly connection: Connection;
  /** Keys and members of the federation. It is opened and closed here. */
  readonly door: Door;
  readonly brokers: HostedBrokers<HostedBroker, HostingSpec>;
  /** Everything that a broker needs which is hosted here, beside its settings. */
  readonly hosting: Omit<HostingSpec, keyof BrokerSpec>;
  readonly makeFollower: () => ModelFollower;
  readonly clock: Clock;
  readonly log: Log;
}

type ConnectionListener = (state: TransportState, error?: Error) => void;

/** Delay before a taken port is tried again: a restart may still be ending the program that has it. */
const brokerRetryMs = 5_000;
/** With the transport's own limit for what is queued (4 s), these stay under the 15 s that a node has to close. */
const holdersLimitMs = 7_000;

/** A federation node at work: the connection, the broker that it may host, and what other nodes share over it. */
export class Federation implements FederationHandle {
  readonly ownSamples: OwnSamples;
  private readonly users = new UsageCounter();
  private readonly roles = new RoleRegistry();
  private readonly follower: RefCounted<ModelFollower>;
  private readonly listeners = new Set<ConnectionListener>();
  private brokerError: Error | undefined;
  /** Whether a trouble was reported that is over when the broker is connected. */
  private isTroubled = false;
  private hosted: { readonly broker: HostedBroker; readonly release: () => Promise<void> } | undefined;
  private endVisit: () => void = () => undefined;
  private endService: () => void = () => undefined;
  private starting: Promise<void> = Promise.resolve();
  private retry: Timer | undefined;
  private offState: (() => void) | undefined;
  private closing = false;

  constructor(private readonly options: FederationOptions) {
    this.ownSamples = new OwnSamples(options.folder);
    this.follower = new RefCounted(options.makeFollower, (error) =>
      options.log.error(messageOf(error), noticeCodeOf(error)),
    );
  }

  get federation(): string {
    return this.options.config.federation;
  }

  get gatewayId(): string {
    return this.options.config.gatewayId;
  }

  get brokerUrl(): string {
    const { broker } = this.options.config;
    return broker.kind === 'url' ? broker.url : brokerAddress(broker);
  }

  renewGatewayId(): void {
    if (this.membership === 'open') renewOwnId(this.folder);
  }

  get folder(): string {
    return this.options.folder;
  }

  get policy(): GatewayPolicy {
    return this.options.config.policy;
  }

  /** The followed model, while a node uses it. */
  get currentFollower(): ModelFollower | undefined {
    return this.follower.item;
  }

  get membership(): FederationHandle['membership'] {
    return this.options.config.membership;
  }

  get opened(): Promise<void> {
    return this.options.door.opened;
  }

  get members(): FederationMembers | undefined {
    return this.options.door.members;
  }

  /** The newest answer of the coordinator to this gateway. */
  get standing(): Standing | undefined {
    return this.options.door.present;
  }

  counts(gateway: string): boolean {
    return this.options.door.counts(gateway);
  }

  onStanding(listener: (standing: Standing) => void): () => void {
    return this.options.door.onStanding(listener);
  }

  onRefused(listener: (refused: RefusedGateway) => void): () => void {
    return this.options.door.onRefused(listener);
  }

  receive(bytes: Uint8Array): void {
    if (this.membership === 'open') {
      this.session.receive(bytes);
      return;
    }
    throw new FtteError(
      'message-invalid',
      'payload: expected no Buffer, because this federation has invitations: bytes that come by the flow are neither signed nor sealed. A transport of your own needs an open federation',
      { field: 'payload' },
    );
  }

  get session(): TransportSession {
    return this.options.connection.session;
  }

  get hostedBroker(): HostedBroker | undefined {
    return this.hosted?.broker;
  }

  /** Starts the hosted broker, if there is one, and connects. It retries failures, and logs each reason once. */
  open(): void {
    this.offState = this.options.connection.onState((state, error) => {
      if (error) this.report(this.explained(error));
      if (state === 'online') this.recovered();
      this.notify();
    });
    this.starting = this.connect();
  }

  /**
   * Waits (bounded) for the nodes that hold a role or the follower, sends what is queued (bounded), disconnects, and
   * stops the hosted broker when no other node uses it.
   */
  async close(): Promise<void> {
    this.closing = true;
    this.retry?.cancel();
    const { clock, log, connection } = this.options;
    if (!(await this.users.idle(holdersLimitMs, clock)))
      log.warn('a node that uses this connection has not stopped in time; closing without it', 'slow-close');
    await this.starting;
    await connection.close();
    this.offState?.();
    this.listeners.clear();
    this.endVisit();
    this.endService();
    await this.hosted?.release();
    this.hosted = undefined;
    await this.options.door.close();
  }

  onConnection(listener: ConnectionListener): () => void {
    this.listeners.add(listener);
    listener(...this.connection());
    return () => this.listeners.delete(listener);
  }

  acquireFollower(): { follower: ModelFollower; release: () => Promise<void> } {
    const giveBack = this.users.take();
    const { item, release } = this.follower.acquire();
    return { follower: item, release: () => release().finally(giveBack) };
  }

  acquireRole(role: Role, node: Node): () => void {
    this.requireRole(role);
    const giveBack = this.users.take();
    try {
      return this.roles.acquire(role, node, giveBack);
    } catch (error) {
      giveBack();
      throw error;
    }
  }

  /** @throws FtteError `config-invalid` if the node of this federation has another part in it */
  private requireRole(role: Role): void {
    const { membership } = this;
    const hint =
      role === 'participant' && membership === 'invited'
        ? 'the chosen node is that of the coordinator, which invites gateways. For a gateway on this machine, add another federation node, and give it an invitation'
        : role === 'coordinator' && membership === 'invitation'
          ? 'the chosen node joins by an invitation of another coordinator. To coordinate, choose one that invites gateways'
          : undefined;
    if (hint === undefined) return;
    throw new FtteError('config-invalid', `federation: ${hint}`, { field: 'federation' });
  }

  private async connect(): Promise<void> {
    const { config, door, brokers, hosting, name, connection, clock } = this.options;
    try {
      if (config.broker.kind === 'hosted') {
        this.hosted ??= await brokers.acquire({ ...config.broker, ...hosting }, name);
      } else {
        this.endVisit();
        this.endVisit = await brokers.visit(config.broker.url);
      }
      await door.open();
      if (this.hosted) {
        this.endService();
        this.endService = door.serve(this.hosted.broker);
      }
      this.brokerError = undefined;
      if (!this.closing) connection.open();
    } catch (error) {
      this.brokerError = asError(error);
      this.report(this.brokerError);
      this.notify();
      // Wrong settings stay wrong until the next deploy.
      if (this.closing || (error instanceof FtteError && error.code === 'config-invalid')) return;
      this.retry = clock.after(brokerRetryMs, () => {
        this.starting = this.connect();
      });
    }
  }

  private report(error: Error): void {
    const code = noticeCodeOf(error);
    this.isTroubled ||= isOverWhenConnected(code);
    this.options.log.error(error.message, code);
  }

  /** Says once that what was reported is over. */
  private recovered(): void {
    if (!this.isTroubled) return;
    this.isTroubled = false;
    const text = `the broker ${this.brokerUrl} is connected: the trouble that was reported is over`;
    this.options.log.info(text, 'broker-recovered');
  }

  /** The error of a connection, with what this node knows about it. */
  private explained(error: Error): Error {
    const { facts } = this.options.config;
    if (troubleOf(error) !== 'duplicate-id') return explainedLogin(error, facts?.invitation);
    const text = `${error.message}; does another machine use the gateway id "${this.gatewayId}", too? Each needs its own`;
    return new FtteError('broker', text, { kind: 'duplicate-id' }, { cause: error });
  }

  private connection(): [TransportState, Error | undefined] {
    if (this.brokerError) return ['offline', this.brokerError];
    const { state, lastError } = this.options.connection.transport;
    return [state, lastError && this.explained(lastError)];
  }

  private notify(): void {
    for (const listener of [...this.listeners]) {
      try {
        listener(...this.connection());
      } catch (error) {
        // An error of one node must not reach the connection or the other nodes.
        this.options.log.error(`a listener of the connection failed: ${messageOf(error)}`, 'unexpected');
      }
    }
  }
}
