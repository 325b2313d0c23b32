import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A TCP relay to a broker on this machine. Its connections can be cut, or go silent without an end. */
export class FlakyLink {
  private readonly sockets = new Set<Socket>();
  private server: Server | undefined;

  constructor(private readonly target: number) {}

  /** Starts the relay. @returns the port to connect to */
  async start(): Promise<number> {
    const server = createServer((near) => {
      const far = connect(this.target, '127.0.0.1');
      for (const [socket, other] of [
        [near, far],
        [far, near],
      ] as const) {
        this.sockets.add(socket);
        socket.on('error', () => undefined);
        socket.once('close', () => {
          this.sockets.delete(socket);
          other.destroy();
        });
        socket.pipe(other);
      }
    });
    this.server = server;
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }

  /** Ends the open connections. */
  cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  /** Silences the open connections, as a router that forgets them does; new connections work. */
  freeze(): void {
    for (const socket of this.sockets) {
      socket.unpipe();
      socket.pause();
    }
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise<void>((resolve) => (this.server ? this.server.close(() => resolve()) : resolve()));
  }
}
