import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import type { BrokerCounts } from '../../gateway/transport';

/** Memory of the broker's process in bytes, after a garbage collection, and what the broker has refused. */
export interface Measured {
  readonly rss: number;
  readonly heapUsed: number;
  readonly counts: BrokerCounts;
}

/** The credential that an attacker has: the one password for all. */
export const login = { username: 'clinic', password: 'shared' } as const;

/** A hosted broker in a process of its own, as attackers find it. */
export class HostedTarget {
  private constructor(
    readonly port: number,
    private readonly child: ChildProcess,
  ) {}

  /** @param heapMegabytes limit of the heap of its process */
  static async start(heapMegabytes?: number): Promise<HostedTarget> {
    const limit = heapMegabytes === undefined ? [] : [`--max-old-space-size=${heapMegabytes}`];
    const child = fork(join(__dirname, 'broker-process.ts'), {
      execArgv: ['--require', require.resolve('tsx/cjs'), '--expose-gc', ...limit],
    });
    const [{ port }] = (await once(child, 'message')) as [{ port: number }];
    return new HostedTarget(port, child);
  }

  /** True if the process has ended. */
  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  async measure(): Promise<Measured> {
    this.child.send('measure');
    const [measured] = (await once(this.child, 'message')) as [Measured];
    return measured;
  }

  client(options: IClientOptions = {}): Promise<MqttClient> {
    return connectAsync(`mqtt://127.0.0.1:${this.port}`, {
      ...login,
      protocolVersion: 4,
      reconnectPeriod: 0,
      ...options,
    });
  }

  stop(): void {
    this.child.kill('SIGKILL');
  }
}
