import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import type { Random } from '../../gateway/platform';
import { FlakyLink } from './flaky-link';
import {
  coordinatorId,
  type FromSoakProcess,
  type SoakProcessOptions,
  type ToSoakProcess,
} from './soak-types';

/** Ids of the gateways. */
export const gatewayIds = ['gw-1', 'gw-2', 'gw-3'] as const;
/** Id of the broker's process. */
export const brokerId = 'broker';

interface Running {
  readonly child: ChildProcess;
  readonly exited: Promise<number | null>;
}

/** The processes of the soak run. Each is started again when it has ended, until `stop`. */
export class SoakFleet {
  /** Number of starts by process. */
  readonly starts = new Map<string, number>();
  readonly outbox = new Map<string, number>();
  readonly links = new Map<string, FlakyLink>();
  private readonly running = new Map<string, Running>();
  private readonly ports = new Map<string, number>();
  private readonly waiting = new Map<string, (bytes: number) => void>();
  private stopping = false;
  /** Whether the coordinator kills itself in the middle of writes, and starts with a wrong clock. */
  faulty = true;

  constructor(
    private readonly brokerPort: number,
    private readonly folder: string,
    private readonly granted: boolean,
    private readonly random: Random,
    private readonly received: (id: string, message: FromSoakProcess) => void,
    private readonly failed: (what: string) => void,
  ) {}

  async start(): Promise<void> {
    await this.launch(brokerId);
    for (const id of [coordinatorId, ...gatewayIds]) {
      const link = new FlakyLink(this.brokerPort);
      this.links.set(id, link);
      this.ports.set(id, await link.start());
      await this.launch(id);
    }
  }

  kill(id: string): void {
    this.running.get(id)?.child.kill('SIGKILL');
  }

  send(id: string, message: ToSoakProcess): void {
    const child = this.running.get(id)?.child;
    if (child?.connected) child.send(message, () => undefined);
  }

  /** Bytes on the heap of a process after a garbage collection. */
  heap(id: string): Promise<number> {
    return new Promise((resolve) => {
      this.waiting.set(id, resolve);
      this.send(id, { kind: 'heap' });
    });
  }

  /** Stops all processes. Each has to end by itself, with nothing left that keeps it running. */
  async stop(): Promise<void> {
    this.stopping = true;
    for (const id of [...gatewayIds, coordinatorId, brokerId]) {
      this.send(id, { kind: 'stop' });
      const { child, exited } = this.running.get(id)!;
      let late = false;
      const timer = setTimeout(() => {
        late = true;
        child.kill('SIGKILL');
      }, 15_000);
      const code = await exited;
      clearTimeout(timer);
      if (late || code !== 0) this.failed(`${id} did not end by itself (code ${code})`);
    }
    for (const link of this.links.values()) await link.stop();
  }

  /** Kills all processes that still run. */
  abandon(): void {
    this.stopping = true;
    for (const { child } of this.running.values()) child.kill('SIGKILL');
  }

  private async launch(id: string): Promise<void> {
    const count = (this.starts.get(id) ?? 0) + 1;
    this.starts.set(id, count);
    const child = fork(join(__dirname, 'soak-process.ts'), [JSON.stringify(this.optionsOf(id))], {
      execArgv: ['--expose-gc', '--require', 'tsx/cjs'],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
    this.running.set(id, { child, exited });
    const ready = new Promise<void>((resolve) => {
      child.on('message', (message: FromSoakProcess) => {
        if (message.kind === 'ready') resolve();
        else if (message.kind === 'heap') this.waiting.get(id)?.(message.bytes);
        else if (message.kind === 'state') this.outbox.set(id, message.outbox);
        this.received(id, message);
      });
    });
    void exited.then((code) => {
      if (this.stopping) return;
      if (code === 3) this.failed(`${id} could not stop`);
      void this.launch(id);
    });
    await Promise.race([ready, exited]);
  }

  private optionsOf(id: string): SoakProcessOptions {
    const { random } = this;
    const common = {
      id,
      port: this.ports.get(id) ?? this.brokerPort,
      folder: join(this.folder, id),
      seed: random.integer(2 ** 31),
      granted: this.granted,
      clockOffsetMs: 0,
    };
    if (id === brokerId) return { role: 'broker', ...common };
    if (id !== coordinatorId) return { role: 'gateway', ...common };
    if (!this.faulty) return { role: 'coordinator', ...common };
    const hours = [0, 0, -1, 1, -24][random.integer(5)]!;
    const dying = random.uniform() < 0.8 ? { killAt: random.integer(120), torn: random.uniform() < 0.5 } : {};
    return { role: 'coordinator', ...common, clockOffsetMs: hours * 3_600_000, ...dying };
  }
}
