import { createServer } from 'node:net';

/** A free TCP port of loopback: `preferred` if it is free, otherwise any. */
export async function freePort(preferred = 0): Promise<number> {
  return (
    (await free(preferred)) ?? (await free(0)) ?? Promise.reject(new Error('no port of loopback is free'))
  );
}

/** Opens and closes a server on a port (0: any). @returns its port; undefined if the port is taken */
function free(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(undefined));
    probe.listen(port, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(address && typeof address === 'object' ? address.port : undefined));
    });
  });
}
