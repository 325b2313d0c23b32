import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * Ports that no operating system gives to an outgoing connection (Linux begins at 32 768, others at 49 152). One of those
 * can be taken between the moment it is found free and the moment a server listens on it.
 */
const first = 20_000;
const last = 32_000;
const tries = 50;

/** A free TCP port of loopback: `preferred` if it is free, otherwise one drawn at random. */
export async function freePort(preferred?: number): Promise<number> {
  if (preferred !== undefined && (await isFree(preferred))) return preferred;
  for (let i = 0; i < tries; i++) {
    const port = randomInt(first, last);
    if (await isFree(port)) return port;
  }
  throw new Error(`${tries} ports of loopback from ${first} to ${last} are taken`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
