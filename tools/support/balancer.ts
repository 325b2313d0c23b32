import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A TCP port in front of the servers that are there, as a load balancer or a name with three addresses is. */
export class Balancer {
  private server: Server | undefined;
  private readonly sockets = new Set<Socket>();

  /** @param targets servers on ports of 127.0.0.1, the preferred one first */
  constructor(private readonly targets: readonly { readonly port: number }[]) {}

  /** @returns its port on 127.0.0.1 */
  async start(): Promise<number> {
    const server = createServer((near) => this.forward(near, 0));
    this.server = server;
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }

  stop(): void {
    this.server?.close();
    for (const socket of this.sockets) socket.destroy();
  }

  private forward(near: Socket, index: number): void {
    const target = this.targets[index];
    if (!target) return void near.destroy();
    const far = connect(target.port, '127.0.0.1');
    let isOpen = false;
    far.once('connect', () => {
      isOpen = true;
      near.pipe(far).pipe(near);
    });
    far.on('error', () => !isOpen && this.forward(near, index + 1));
    far.once('close', () => isOpen && near.destroy());
    near.on('error', () => undefined);
    near.once('close', () => far.destroy());
    for (const socket of [near, far]) {
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
    }
  }
}
