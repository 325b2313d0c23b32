import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port';
import { findProgram } from './mosquitto';

export interface Nats {
  /** Of its MQTT listener. */
  readonly port: number;
  stop(): Promise<void>;
}

/** Starts a nats-server that speaks MQTT, with JetStream behind it. Resolves when it accepts clients. */
export async function startNats(): Promise<Nats> {
  const program = findProgram('nats-server');
  if (!program) throw new Error('nats-server is not installed');
  const folder = mkdtempSync(join(tmpdir(), 'ftte-nats-'));
  const port = await freePort();
  const lines = [
    'server_name: one',
    `listen: 127.0.0.1:${await freePort()}`,
    `jetstream { store_dir: "${join(folder, 'jetstream')}" }`,
    `mqtt { listen: "127.0.0.1:${port}" }`,
  ];
  writeFileSync(join(folder, 'nats.conf'), lines.join('\n'));
  const child = spawn(program, ['-c', join(folder, 'nats.conf')], { stdio: ['ignore', 'ignore', 'pipe'] });
  await new Promise<void>((resolve, reject) => {
    let said = '';
    child.stderr.on('data', (data) => {
      said += String(data);
      if (/Server is ready/.test(said)) resolve();
    });
    child.once('exit', (code) => reject(new Error(`nats-server ended with ${code}: ${said}`)));
    child.once('error', reject);
  });
  return {
    port,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
