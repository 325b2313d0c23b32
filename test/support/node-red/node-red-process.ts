import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../../tools/support/free-port';
import { linkPackage } from '../../../tools/support/linked-package';
import { nodeRedFolder } from './node-red-folder';

export interface NodeRedProcessOptions {
  readonly flows?: readonly object[];
  /** By node id. Written before the start, as Node-RED keeps them unencrypted. */
  readonly credentials?: Readonly<Record<string, object>>;
  /** Added to settings.js; JSON only. */
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
  /** A user directory that survives `stop`; made and removed here otherwise. */
  readonly userDir?: string;
  /** Choices of the person at the editor, as Node-RED keeps them. */
  readonly userSettings?: Readonly<Record<string, unknown>>;
  /** False leaves this package out, for tests that install it. Default true. */
  readonly linked?: boolean;
}

/** A real, headless Node-RED in a process of its own, with this package linked into its user directory. */
export interface NodeRedProcess {
  readonly url: string;
  readonly userDir: string;
  readonly pid: number;
  /** Everything it printed so far. */
  output(): string;
  /** Resolves with the first line that matches, past ones included. @throws when the process ends before it */
  line(pattern: RegExp): Promise<string>;
  /** Replaces the flows, as the editor's Deploy does. */
  deploy(flows: readonly object[], type?: 'full' | 'nodes' | 'flows'): Promise<void>;
  /** Resolves with the exit code after an orderly end (SIGTERM). */
  stop(): Promise<number | null>;
}

export async function startNodeRed(options: NodeRedProcessOptions = {}): Promise<NodeRedProcess> {
  const userDir = options.userDir ?? mkdtempSync(join(tmpdir(), 'ftte-node-red-'));
  const port = await freePort();
  prepare(userDir, port, options);
  const red = join(nodeRedFolder(), 'red.js');
  const child = spawn(
    process.execPath,
    [red, '--userDir', userDir, '--settings', join(userDir, 'settings.js')],
    {
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const output = new Output(child);
  const url = `http://127.0.0.1:${port}`;
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
    if (options.userDir === undefined) rmSync(userDir, { recursive: true, force: true });
    return child.exitCode;
  };
  try {
    await output.line(/Started flows/);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url,
    userDir,
    pid: child.pid ?? -1,
    output: () => output.text,
    line: (pattern) => output.line(pattern),
    async deploy(flows, type = 'full') {
      const answer = await fetch(`${url}/flows`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'node-red-deployment-type': type },
        body: JSON.stringify(flows),
      });
      if (!answer.ok) throw new Error(`deploy: ${answer.status} ${await answer.text()}`);
    },
    stop,
  };
}

function prepare(userDir: string, port: number, options: NodeRedProcessOptions): void {
  if (options.linked ?? true) linkPackage(userDir);
  writeFileSync(join(userDir, 'package.json'), JSON.stringify({ name: 'ftte-test', private: true }));
  const settings = {
    flowFile: 'flows.json',
    uiHost: '127.0.0.1',
    uiPort: port,
    // Otherwise the statuses are in the language of this machine.
    lang: 'en-US',
    // Read as plain text, so that a test can write them.
    credentialSecret: false,
    telemetry: { enabled: false, updateNotification: false },
    ...options.settings,
    // No dialog of this package has a code editor: the smaller one loads a second of processor time sooner.
    editorTheme: { tours: false, codeEditor: { lib: 'ace' }, ...Object(options.settings?.['editorTheme']) },
  };
  writeFileSync(join(userDir, 'settings.js'), `module.exports = ${JSON.stringify(settings, null, 2)};\n`);
  // The tips of Node-RED 5 throw where the editor takes more than a second to start.
  const users = { _: { editor: { view: { 'view-show-tips': false } }, ...options.userSettings } };
  if (!existsSync(join(userDir, '.config.users.json')))
    writeFileSync(join(userDir, '.config.users.json'), JSON.stringify(users));
  const flows = options.flows ?? [{ id: 'tab', type: 'tab', label: 'Flow 1' }];
  if (options.flows || !existsSync(join(userDir, 'flows.json')))
    writeFileSync(join(userDir, 'flows.json'), JSON.stringify(flows));
  if (options.credentials)
    writeFileSync(join(userDir, 'flows_cred.json'), JSON.stringify(options.credentials));
}

/** Collects what a process prints and lets tests wait for a line. */
class Output {
  text = '';
  private ended = false;
  private waiting: (() => void)[] = [];

  constructor(child: ChildProcess) {
    const take = (chunk: Buffer) => {
      this.text += chunk.toString();
      this.wake();
    };
    child.stdout?.on('data', take);
    child.stderr?.on('data', take);
    child.once('exit', () => {
      this.ended = true;
      this.wake();
    });
  }

  async line(pattern: RegExp): Promise<string> {
    for (;;) {
      const found = this.text.split('\n').find((line) => pattern.test(line));
      if (found !== undefined) return found;
      if (this.ended) throw new Error(`Node-RED ended before ${pattern}:\n${this.text}`);
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }

  private wake(): void {
    for (const each of this.waiting.splice(0)) each();
  }
}
