import { createServer } from 'node:net';

/** A TCP port of loopback that nobody listens on now: `preferred` if that is free, any otherwise. */
export async function freePort(preferred = 0): Promise<number> {
  return (
    (await free(preferred)) ?? (await free(0)) ?? Promise.reject(new Error('no port of loopback is free'))
  );
}

/** The port that a server got, 0 asking for any; undefined where it is taken. It is closed again. */
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
