import { type Clock, FtteError, systemClock, wrapError } from '../../gateway/platform';

/** Where a broker of our own listens, and whom it lets in. */
export interface BrokerSpec {
  readonly port: number;
  readonly bind: string;
  readonly user: string;
  readonly password: string;
}

/** Where a client on this machine finds it. */
export function brokerAddress({ bind, port }: Pick<BrokerSpec, 'bind' | 'port'>): string {
  const host = bind === '0.0.0.0' || bind === '::' ? '127.0.0.1' : bind;
  return `mqtt://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** A broker that listens until it is stopped. */
export interface RunningBroker {
  stop(): Promise<void>;
}

interface Entry {
  readonly spec: BrokerSpec;
  readonly owner: string;
  readonly started: Promise<RunningBroker>;
  users: number;
  /** Connections by URL from this same process. */
  readonly guests: Set<object>;
  /** Called when the last guest has left. */
  emptied: (() => void) | undefined;
}

/** A broker that stops waits this long for guests, so that a stopping process does not see its own broker vanish. */
const guestLimitMs = 1_000;
const loopback = /^(localhost|127(\.\d+){3}|\[?::1\]?)$/;

/**
 * The brokers that this process hosts, one a port. Federation nodes that name the same port share it; it stops after
 * the last one has let go.
 */
export class HostedBrokers {
  private readonly entries = new Map<number, Entry>();
  private readonly stopping = new Map<number, Promise<void>>();

  constructor(
    private readonly start: (spec: BrokerSpec) => Promise<RunningBroker>,
    private readonly clock: Clock = systemClock,
  ) {}

  /**
   * Resolves when the port is served; the result lets go of it.
   * @param owner names the asking node in errors to others
   * @throws FtteError `config-invalid` where the port is served with other settings; `broker` where it cannot be bound
   */
  async acquire(spec: BrokerSpec, owner: string): Promise<() => Promise<void>> {
    await this.stopping.get(spec.port);
    let entry = this.entries.get(spec.port);
    if (entry) requireSame(spec, entry);
    else {
      entry = { spec, owner, started: this.start(spec), users: 0, guests: new Set(), emptied: undefined };
      this.entries.set(spec.port, entry);
    }
    entry.users++;
    const held = entry;
    try {
      await held.started;
    } catch (error) {
      if (this.entries.get(spec.port) === held) this.entries.delete(spec.port);
      if (error instanceof FtteError) throw error;
      throw wrapError('broker', `cannot listen on ${spec.bind}:${spec.port}`, error);
    }
    let released: Promise<void> | undefined;
    return () => {
      released ??= this.release(held);
      return released;
    };
  }

  /**
   * For a node that reaches its broker by URL: where this process hosts that broker, or is about to, resolves once it
   * listens, and keeps it from stopping under the node's feet. The result ends the visit.
   */
  async visit(url: string): Promise<() => void> {
    // Nodes of one deploy are made in one go: after it, a broker among them is known here.
    await new Promise((resolve) => setImmediate(resolve));
    const { hostname, port } = new URL(url);
    const entry = loopback.test(hostname) ? this.entries.get(Number(port || 1883)) : undefined;
    if (!entry) return () => undefined;
    const guest = {};
    entry.guests.add(guest);
    // Why it could not start is its own node's to say.
    await entry.started.catch(() => undefined);
    return () => {
      entry.guests.delete(guest);
      if (entry.guests.size === 0) entry.emptied?.();
    };
  }

  private async release(entry: Entry): Promise<void> {
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

  private async withoutGuests(entry: Entry): Promise<void> {
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

function requireSame(wanted: BrokerSpec, entry: Entry): void {
  const differs = (['bind', 'user', 'password'] as const).find((name) => wanted[name] !== entry.spec[name]);
  if (differs === undefined) return;
  throw new FtteError(
    'config-invalid',
    `${differs}: port ${wanted.port} is already hosted here by "${entry.owner}" with another ${differs}; make them equal`,
    { field: differs },
  );
}
