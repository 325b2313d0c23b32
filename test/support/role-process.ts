import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { root } from './source-files';

/** A script of `test/support` in a process of its own, and the lines that it has printed. */
export class RoleProcess {
  private readonly lines: string[] = [];
  private readonly child: ChildProcess;
  private readonly ended: Promise<unknown[]>;
  private changed: () => void = () => undefined;

  constructor(script: string, ...args: readonly (string | number)[]) {
    const file = join(root, 'test', 'support', `${script}.ts`);
    this.child = spawn(process.execPath, ['--require', './test/loader.cjs', file, ...args.map(String)], {
      cwd: root,
    });
    this.ended = once(this.child, 'exit').finally(() => this.changed());
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on('data', (data) => {
        this.lines.push(...String(data).split('\n').filter(Boolean));
        this.changed();
      });
    }
  }

  count(pattern: RegExp): number {
    return this.lines.filter((line) => pattern.test(line)).length;
  }

  /** Resolves when the given number of lines match. @throws Error if the process ends before that */
  async until(pattern: RegExp, count = 1): Promise<void> {
    while (this.count(pattern) < count) {
      if (this.child.exitCode !== null)
        throw new Error(`ended with code ${this.child.exitCode}:\n${this.lines.join('\n')}`);
      await new Promise<void>((resolve) => {
        this.changed = resolve;
      });
    }
  }

  /** Asks the process to stop, and resolves with its exit code. It never calls `process.exit`. */
  async stop(): Promise<unknown> {
    this.child.kill('SIGTERM');
    const [code] = await this.ended;
    return code;
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }
}
