import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { freePort } from './free-port';

/** The path of a program, also in the folders where Debian installs servers. Undefined if there is none. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

export interface Mosquitto {
  readonly port: number;
  /** Of the process. */
  readonly pid: number;
  readonly folder: string;
  stop(): Promise<void>;
}

export interface MosquittoOptions {
  /** The port to listen on. Default: a free one. */
  readonly port?: number;
  /** Passwords by user. Without them every client is accepted. */
  readonly users?: Readonly<Record<string, string>>;
  /** Lines of an ACL file. */
  readonly acl?: readonly string[];
  /** More lines of the configuration. `FOLDER` stands for the folder of `files`. */
  readonly lines?: readonly string[];
  /** It logs only its start and errors: a line for each message takes as long as the message. */
  readonly isQuiet?: boolean;
  /** Files beside the configuration. */
  readonly files?: Readonly<Record<string, string | Buffer>>;
}

/** Starts a Mosquitto on a free port of 127.0.0.1. Resolves when it accepts clients. */
export async function startMosquitto(options: MosquittoOptions = {}): Promise<Mosquitto> {
  try {
    return await start(options);
  } catch (error) {
    // Between the moment when a port is found free and the start, another process may take it, as a rule for a moment.
    if (!/Address already in use/.test(String(error))) throw error;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    return start(options);
  }
}

async function start(options: MosquittoOptions): Promise<Mosquitto> {
  const program = findProgram('mosquitto');
  if (!program) throw new Error('mosquitto is not installed');
  const folder = mkdtempSync(join(tmpdir(), 'ftte-mosquitto-'));
  const port = options.port ?? (await freePort());
  for (const [name, content] of Object.entries(options.files ?? {}))
    writeFileSync(join(folder, name), content);
  const lines = [`listener ${port} 127.0.0.1`, 'log_dest stderr', 'persistence false'];
  const logged = options.isQuiet ? ['information', 'error'] : ['all'];
  lines.push(...logged.map((type) => `log_type ${type}`));
  // If it is started by root, it would change to a user that cannot read the folder.
  if (process.getuid?.() === 0) lines.push('user root');
  if (options.users) {
    const file = join(folder, 'passwords');
    writeFileSync(
      file,
      Object.entries(options.users)
        .map(([user, word]) => `${user}:${word}\n`)
        .join(''),
    );
    execFileSync(findProgram('mosquitto_passwd') ?? 'mosquitto_passwd', ['-U', file]);
    lines.push('allow_anonymous false', `password_file ${file}`);
  } else lines.push('allow_anonymous true');
  if (options.acl) {
    writeFileSync(join(folder, 'acl'), options.acl.join('\n'), { mode: 0o600 });
    lines.push(`acl_file ${join(folder, 'acl')}`);
  }
  lines.push(...(options.lines ?? []).map((line) => line.replaceAll('FOLDER', folder)));
  writeFileSync(join(folder, 'mosquitto.conf'), lines.join('\n'));
  const child = spawn(program, ['-c', join(folder, 'mosquitto.conf')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  await running(child);
  return {
    port,
    pid: child.pid!, // it runs
    folder,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) {
        // Shortly after its start Mosquitto ignores SIGTERM.
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/**
 * Starts a Mosquitto whose `port` accepts MQTT over WebSockets. It also listens for plain MQTT on another port, because
 * some of its versions refuse to start with WebSockets alone.
 * @param lines of the WebSocket listener
 */
export async function startWebSocketMosquitto(
  lines: readonly string[] = [],
  files: MosquittoOptions['files'] = {},
): Promise<Mosquitto> {
  const port = await freePort();
  const listener = [`listener ${port} 127.0.0.1`, 'protocol websockets', ...lines];
  return { ...(await startMosquitto({ lines: listener, files })), port };
}

function running(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    child.stderr?.on('data', (data) => {
      said += String(data);
      if (/ running/.test(said)) resolve();
    });
    child.once('exit', (code) => reject(new Error(`mosquitto ended with ${code}: ${said}`)));
    child.once('error', reject);
  });
}
