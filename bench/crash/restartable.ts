import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import type { CrashProcessOptions, CrashState, FromCrashProcess, ToCrashProcess } from './crash-types';

/** Time that a process has for an answer, ms. */
const answerMs = 8_000;
const stopMs = 20_000;
const mostErrorText = 20_000;

/** A role in a process of its own, which can be killed and started again. */
export class Restartable {
  private child: ChildProcess | undefined;
  private exited: Promise<void> = Promise.resolve();
  /** The end of what it has written to standard error. */
  errors = '';
  /** Ends that nobody asked for. */
  readonly crashes: string[] = [];
  /** Times that it has begun to lead, if its log is on a server. */
  leads = 0;
  private isMeant = false;

  constructor(private options: CrashProcessOptions) {}

  /** Resolves when the process is ready, or has ended. */
  async start(options: Partial<CrashProcessOptions> = {}): Promise<void> {
    this.options = { ...this.options, ...options };
    this.isMeant = false;
    const child = fork(join(__dirname, 'crash-process.ts'), [JSON.stringify(this.options)], {
      // The built package where it is current, which starts in half the time.
      execArgv: ['--require', join(__dirname, '..', '..', 'test', 'loader.cjs')],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.child = child;
    child.on('message', (message: FromCrashProcess) => {
      if (message.kind === 'leads') this.leads++;
    });
    child.stderr?.on('data', (data) => {
      this.errors = (this.errors + String(data)).slice(-mostErrorText);
    });
    this.exited = new Promise((resolve) =>
      child.once('exit', (code, signal) => {
        if (!this.isMeant)
          this.crashes.push(`${this.options.id} ended with ${code ?? signal}: ${this.errors}`);
        resolve();
      }),
    );
    const ready = new Promise<void>((resolve) => {
      child.on('message', (message: FromCrashProcess) => {
        if (message.kind === 'ready') resolve();
      });
    });
    await Promise.race([ready, this.exited]);
  }

  /** SIGKILL. Resolves when the process has ended. */
  async kill(): Promise<void> {
    const { child } = this;
    this.isMeant = true;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await this.exited;
  }

  order(what: ToCrashProcess): void {
    if (this.child?.connected) this.child.send(what, () => undefined);
  }

  state(): Promise<CrashState | undefined> {
    return this.ask('state', 'state');
  }

  /** The answer of the process; undefined if it gives none in time. */
  ask<K extends FromCrashProcess['kind']>(
    what: ToCrashProcess,
    kind: K,
  ): Promise<Extract<FromCrashProcess, { kind: K }> | undefined> {
    const { child } = this;
    if (!child?.connected) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const end = (answer?: Extract<FromCrashProcess, { kind: K }>) => {
        clearTimeout(timer);
        child.off('message', take);
        child.off('exit', gone);
        resolve(answer);
      };
      const gone = () => end();
      const take = (message: FromCrashProcess) => {
        if (message.kind === kind) end(message as Extract<FromCrashProcess, { kind: K }>);
      };
      const timer = setTimeout(gone, answerMs);
      child.on('message', take);
      child.once('exit', gone);
      child.send(what, () => undefined);
    });
  }

  /** Stops the process in an orderly way. @returns whether it ended by itself */
  async stop(): Promise<boolean> {
    this.isMeant = true;
    this.order('stop');
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      void this.kill();
    }, stopMs);
    await this.exited;
    clearTimeout(timer);
    return !late;
  }
}
