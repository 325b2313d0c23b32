import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { freePort } from '../../../tools/support/free-port';
import { findProgram, type Mosquitto, startMosquitto } from '../../../tools/support/mosquitto';

const root = join(__dirname, '..', '..', '..');

/** A role in a child process, and the lines that it has printed. */
class RoleProcess {
  private readonly lines: string[] = [];
  private readonly child: ChildProcess;
  private readonly ended: Promise<unknown[]>;
  private changed: () => void = () => undefined;

  constructor(role: string, port: number) {
    const script = join(root, 'test', 'support', 'headless-role.ts');
    this.child = spawn(process.execPath, ['--require', 'tsx/cjs', script, role, String(port)], { cwd: root });
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

const outage = /cannot be reached \(ECONNREFUSED\), trying again$/;
const attempt = /^state connecting$/;
const online = /^state online$/;
const roles = ['gateway', 'coordinator', 'member', 'hub'];

(findProgram('mosquitto') ? describe : describe.skip)('a process without Node-RED (Mosquitto)', () => {
  let broker: Mosquitto | undefined;
  let child: RoleProcess;
  afterEach(async () => {
    child.kill();
    await broker?.stop();
    broker = undefined;
  });

  for (const role of roles) {
    it(`of a ${role} waits for a broker that is absent at the start, and for one that is lost, and reports each once`, async () => {
      const port = await freePort();
      child = new RoleProcess(role, port);
      await child.until(outage);
      const attempts = child.count(attempt);
      await child.until(attempt, attempts + 5);
      assert.equal(child.count(outage), 1);

      broker = await startMosquitto({ port });
      await child.until(online);
      await child.until(/is connected after \d+ s and \d+ attempts$/);

      await broker.stop();
      await child.until(outage, 2);

      broker = await startMosquitto({ port });
      await child.until(online, 2);
      assert.equal(await child.stop(), 0);
      assert.equal(child.count(/^stopped$/), 1);
      assert.equal(child.count(outage), 2);
    });

    it(`of a ${role} ends when it is stopped while the broker is away`, async () => {
      child = new RoleProcess(role, await freePort());
      await child.until(outage);
      assert.equal(await child.stop(), 0);
      assert.equal(child.count(/^stopped$/), 1);
    });
  }
});
