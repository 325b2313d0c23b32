import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port';
import { findProgram } from './mosquitto';

export interface Nats {
  /** Of its MQTT listener. */
  readonly port: number;
  /** For clients of NATS. */
  readonly url: string;
  /** Starts it again with what is on disk. */
  start(): Promise<void>;
  kill(): Promise<void>;
  /** Of the process. */
  readonly pid: number;
  stop(): Promise<void>;
}

/** A server of a cluster. It can be killed, and started again with what it has on disk. */
export interface NatsServer {
  readonly name: string;
  /** For clients of NATS, without the login. */
  readonly url: string;
  /** Of its MQTT listener. */
  readonly port: number;
  start(): Promise<void>;
  kill(): Promise<void>;
}

/** Three servers, and the leaf of a hospital. */
export interface NatsCluster {
  readonly servers: readonly NatsServer[];
  readonly leaf: NatsServer;
  /** Of the MQTT listeners. */
  readonly user: string;
  readonly password: string;
  stop(): Promise<void>;
}

/** Starts a nats-server that speaks MQTT, with JetStream behind it. Resolves when it accepts clients. */
export async function startNats(): Promise<Nats> {
  const folder = mkdtempSync(join(tmpdir(), 'ftte-nats-'));
  const [port, clients] = [await freePort(), await freePort()];
  const lines = [
    'server_name: one',
    `listen: 127.0.0.1:${clients}`,
    `jetstream { store_dir: "${join(folder, 'jetstream')}" }`,
    `mqtt { listen: "127.0.0.1:${port}" }`,
  ];
  writeFileSync(join(folder, 'nats.conf'), lines.join('\n'));
  const file = join(folder, 'nats.conf');
  let child = await run(file, {});
  return {
    port,
    url: `nats://127.0.0.1:${clients}`,
    async start() {
      child = await run(file, {});
    },
    kill: () => killed(child),
    get pid() {
      return child.pid!; // it runs
    },
    async stop() {
      await killed(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Starts three servers and a leaf with the configuration files of the docs. */
export async function startNatsCluster(): Promise<NatsCluster> {
  const folder = mkdtempSync(join(tmpdir(), 'ftte-nats-'));
  const own = async () => `127.0.0.1:${await freePort()}`;
  const names = ['one', 'two', 'three'];
  const clusters = await Promise.all(names.map(own));
  const leaves = await Promise.all(names.map(own));
  const remotes = (login: string) =>
    `[${leaves.map((address) => `"nats://${login}@${address}"`).join(', ')}]`;
  const passwords = { FTTE_NATS_PASSWORD: 'swallow', FTTE_NATS_SYSTEM_PASSWORD: 'heron' };
  const server = async (name: string, file: string, more: Record<string, string>): Promise<NatsServer> => {
    const [port, clients] = [await freePort(), await own()];
    const environment = {
      FTTE_NATS_NAME: name,
      FTTE_NATS_CLIENTS: clients,
      FTTE_NATS_STORE: `"${join(folder, name)}"`,
      FTTE_NATS_MQTT: `127.0.0.1:${port}`,
      ...passwords,
      ...more,
    };
    let child: ChildProcess | undefined;
    return {
      name,
      port,
      url: `nats://${clients}`,
      async start() {
        child = await run(join(__dirname, '../../docs/examples/nats', file), environment);
      },
      async kill() {
        if (child) await killed(child);
      },
    };
  };
  const servers = await Promise.all(
    names.map((name, i) =>
      server(name, 'server.conf', {
        FTTE_NATS_CLUSTER: clusters[i]!,
        FTTE_NATS_LEAVES: leaves[i]!,
        FTTE_NATS_ROUTES: `[${clusters.map((address) => `"nats-route://${address}"`).join(', ')}]`,
      }),
    ),
  );
  const leaf = await server('leaf', 'leaf.conf', {
    FTTE_NATS_REMOTES: remotes(`ftte:${passwords.FTTE_NATS_PASSWORD}`),
    FTTE_NATS_SYSTEM_REMOTES: remotes(`system:${passwords.FTTE_NATS_SYSTEM_PASSWORD}`),
  });
  const all = [...servers, leaf];
  await Promise.all(all.map((each) => each.start()));
  return {
    servers,
    leaf,
    user: 'ftte',
    password: passwords.FTTE_NATS_PASSWORD,
    async stop() {
      await Promise.all(all.map((each) => each.kill()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function run(file: string, environment: Record<string, string>): Promise<ChildProcess> {
  const program = findProgram('nats-server');
  if (!program) throw new Error('nats-server is not installed');
  const env = { ...process.env, ...environment };
  const child = spawn(program, ['-c', file], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  await new Promise<void>((resolve, reject) => {
    let said = '';
    child.stderr.on('data', (data) => {
      said += String(data);
      if (/Server is ready/.test(said)) resolve();
    });
    child.once('exit', (code) => reject(new Error(`nats-server ended with ${code}: ${said}`)));
    child.once('error', reject);
  });
  return child;
}

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}
