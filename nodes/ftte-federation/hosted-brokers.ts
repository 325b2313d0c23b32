import { FtteError, messageOf } from '../../gateway/platform';

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
}

/**
 * The brokers that this process hosts, one a port. Federation nodes that name the same port share it; it stops after
 * the last one has let go.
 */
export class HostedBrokers {
  private readonly entries = new Map<number, Entry>();
  private readonly stopping = new Map<number, Promise<void>>();

  constructor(private readonly start: (spec: BrokerSpec) => Promise<RunningBroker>) {}

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
      entry = { spec, owner, started: this.start(spec), users: 0 };
      this.entries.set(spec.port, entry);
    }
    entry.users++;
    const held = entry;
    try {
      await held.started;
    } catch (error) {
      if (this.entries.get(spec.port) === held) this.entries.delete(spec.port);
      if (error instanceof FtteError) throw error;
      throw new FtteError(
        'broker',
        `cannot listen on ${spec.bind}:${spec.port}: ${messageOf(error)}`,
        {},
        { cause: error },
      );
    }
    let released: Promise<void> | undefined;
    return () => {
      released ??= this.release(held);
      return released;
    };
  }

  private async release(entry: Entry): Promise<void> {
    entry.users--;
    if (entry.users > 0) return;
    this.entries.delete(entry.spec.port);
    const stopped = entry.started
      .then((broker) => broker.stop())
      .finally(() => this.stopping.delete(entry.spec.port));
    this.stopping.set(
      entry.spec.port,
      stopped.catch(() => undefined),
    );
    await stopped;
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
