import { type Clock, FtteError, systemClock, wrapError } from '../../gateway/platform';
import { isLoopback } from '../../gateway/transport';

/** The settings of a hosted broker. */
export interface BrokerSpec {
  readonly port: number;
  readonly bind: string;
  /** One password for all; empty: none. */
  readonly user: string;
  readonly password: string;
  /** Id of the TLS configuration with its certificate, or empty. */
  readonly certificate: string;
}

/** The address of a hosted broker for a client on this machine. */
export function brokerAddress({ bind, port }: Pick<BrokerSpec, 'bind' | 'port'>): string {
  const host = bind === '0.0.0.0' || bind === '::' ? '127.0.0.1' : bind;
  return `mqtt://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** A broker that listens until it is stopped. */
export interface RunningBroker {
  stop(): Promise<void>;
}

interface Entry<Broker> {
  readonly spec: BrokerSpec;
  readonly owner: string;
  readonly started: Promise<Broker>;
  users: number;
  /** Connections by URL from this same process. */
  readonly guests: Set<object>;
  /** Called when the last guest has left. */
  emptied: (() => void) | undefined;
}

/** Limit for which a stopping broker waits for guests, so that a process that ends closes them first. */
const guestLimitMs = 1_000;

/**
 * The brokers that this process hosts, one per port. Federation nodes with the same port share one; it stops after the last
 * release.
 */
export class HostedBrokers<
  Broker extends RunningBroker = RunningBroker,
  Spec extends BrokerSpec = BrokerSpec,
> {
  private readonly entries = new Map<number, Entry<Broker>>();
  private readonly stopping = new Map<number, Promise<void>>();

  constructor(
    private readonly start: (spec: Spec) => Promise<Broker>,
    private readonly clock: Clock = systemClock,
  ) {}

  /**
   * Resolves when the port is served, with the broker and a function that releases it.
   * @param owner names the asking node in errors to others
   * @throws FtteError `config-invalid` if the port is served with other settings; `broker` if it cannot be bound
   */
  async acquire(
    spec: Spec,
    owner: string,
  ): Promise<{ readonly broker: Broker; readonly release: () => Promise<void> }> {
    await this.stopping.get(spec.port);
    let entry = this.entries.get(spec.port);
    if (entry) requireSame(spec, entry);
    else {
      entry = { spec, owner, started: this.start(spec), users: 0, guests: new Set(), emptied: undefined };
      this.entries.set(spec.port, entry);
    }
    entry.users++;
    const held = entry;
    let broker: Broker;
    try {
      broker = await held.started;
    } catch (error) {
      if (this.entries.get(spec.port) === held) this.entries.delete(spec.port);
      if (error instanceof FtteError) throw error;
      throw wrapError('broker', `cannot listen on ${spec.bind}:${spec.port}`, error);
    }
    let released: Promise<void> | undefined;
    const release = () => {
      released ??= this.release(held);
      return released;
    };
    return { broker, release };
  }

  /**
   * For a node that reaches its broker by URL. If this process hosts that broker, or is about to, it resolves when the broker
   * listens, and keeps it from stopping while the node uses it.
   * @returns ends the visit
   */
  async visit(url: string): Promise<() => void> {
    // Node-RED makes the nodes of a deploy in one turn; after it, a broker of one of them is known here.
    await new Promise((resolve) => setImmediate(resolve));
    const { hostname, port } = new URL(url);
    // Around an address of IPv6 a URL has brackets.
    const isHere = isLoopback(hostname.replace(/^\[|\]$/g, ''));
    const entry = isHere ? this.entries.get(Number(port || 1883)) : undefined;
    if (!entry) return () => undefined;
    const guest = {};
    entry.guests.add(guest);
    // The broker's own node reports why it could not start.
    await entry.started.catch(() => undefined);
    return () => {
      entry.guests.delete(guest);
      if (entry.guests.size === 0) entry.emptied?.();
    };
  }

  private async release(entry: Entry<Broker>): Promise<void> {
    entry.users--;
    if (entry.users > 0) return;
    this.entries.delete(entry.spec.port);
    const stopped = this.withoutGuests(entry)
      .then(() => entry.started)
      .then((broker) => broker.stop())
      .finally(() => this.stopping.delete(entry.spec.port));
    this.stopping.set(
      entry.spec.port,
      stopped.catch(() => undefined),
    );
    await stopped;
  }

  private async withoutGuests(entry: Entry<Broker>): Promise<void> {
    if (entry.guests.size === 0) return;
    await new Promise<void>((resolve) => {
      const limit = this.clock.after(guestLimitMs, resolve);
      entry.emptied = () => {
        limit.cancel();
        resolve();
      };
    });
  }
}

function requireSame(spec: BrokerSpec, entry: Entry<unknown>): void {
  const differs = (['bind', 'user', 'password', 'certificate'] as const).find(
    (name) => spec[name] !== entry.spec[name],
  );
  if (differs === undefined) return;
  throw new FtteError(
    'config-invalid',
    `${differs}: port ${spec.port} is already hosted here by "${entry.owner}" with another ${differs}; make them equal`,
    { field: differs },
  );
}
