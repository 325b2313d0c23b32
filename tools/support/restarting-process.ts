import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** A child process that can be restarted, one at a time. */
export class RestartingProcess {
  private child: ChildProcess | undefined;
  private running: Promise<void> = Promise.resolve();
  private requested = false;
  private stopped = false;

  /** @param spawn starts the process; it ends on SIGTERM */
  constructor(private readonly spawn: () => ChildProcess) {}

  /** Starts the process, after the previous one has ended. Calls while that one ends lead to one start. */
  restart(): Promise<void> {
    if (this.requested || this.stopped) return this.running;
    this.requested = true;
    this.running = this.running.then(async () => {
      await this.end();
      this.requested = false;
      if (!this.stopped) this.child = this.spawn();
    });
    return this.running;
  }

  /** Resolves when the process has ended; it is not started again. */
  async stop(): Promise<void> {
    this.stopped = true;
    await this.running;
    await this.end();
  }

  private async end(): Promise<void> {
    const { child } = this;
    this.child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
}
