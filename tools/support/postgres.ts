import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port';
import { killAtOnce } from './kill-at-once';
import { findProgram } from './mosquitto';

/** A server of Postgres with an empty database, on a free port of 127.0.0.1. */
export interface Postgres {
  /** With its user, who needs no password. */
  readonly url: string;
  readonly port: number;
  /** Starts it again with what is on disk. */
  start(): Promise<void>;
  /** Ends all of its processes (`kill -9`), at one moment. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

/** The path of a program of Postgres, also where Debian installs it. Undefined if there is none. */
export function findPostgres(name: string): string | undefined {
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : [];
  const paths = versions.map((version) => join(root, version, 'bin', name));
  return paths.find((path) => existsSync(path)) ?? findProgram(name);
}

/** Starts a server of its own, never that of the system. Resolves when it accepts clients. */
export async function startPostgres(): Promise<Postgres> {
  const [initdb, program] = [findPostgres('initdb'), findPostgres('postgres')];
  if (!initdb || !program) throw new Error('postgres is not installed');
  const folder = mkdtempSync(join(tmpdir(), 'ftte-postgres-'));
  // Postgres does not run as root.
  const owner = process.getuid?.() === 0 ? identity('postgres') : undefined;
  chmodSync(folder, 0o755);
  if (owner) chownSync(folder, owner.uid, owner.gid);
  const data = join(folder, 'data');
  const quiet = { stdio: 'ignore' as const, cwd: folder, ...owner };
  execFileSync(
    initdb,
    ['-D', data, '-U', 'ftte', '-A', 'trust', '-E', 'UTF8', '--no-locale', '--no-sync'],
    quiet,
  );
  const port = await freePort();
  const listen = ['-p', String(port), '-c', 'listen_addresses=127.0.0.1', '-c', `unix_socket_directories=`];
  let end: () => Promise<void> = async () => undefined;
  const server: Postgres = {
    url: `postgres://ftte@127.0.0.1:${port}/postgres`,
    port,
    async start() {
      const child = spawn(program, ['-D', data, ...listen], {
        cwd: folder,
        stdio: ['ignore', 'ignore', 'pipe'],
        ...owner,
      });
      // The next start recovers from the write-ahead log.
      end = () => killAtOnce(child);
      await new Promise<void>((resolve, reject) => {
        let said = '';
        child.stderr.on('data', (chunk) => {
          said += String(chunk);
          if (/ready to accept connections/.test(said)) resolve();
        });
        child.once('exit', (code) => reject(new Error(`postgres ended with ${code}: ${said}`)));
        child.once('error', reject);
      });
    },
    kill: () => end(),
    async stop() {
      await end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await server.start();
  return server;
}

/** The numbers of a user of this machine. */
function identity(user: string): { uid: number; gid: number } {
  const numberOf = (flag: string) => Number(execFileSync('id', [flag, user], { encoding: 'utf8' }));
  return { uid: numberOf('-u'), gid: numberOf('-g') };
}
