import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { Delivery, Transport, TransportState } from '../../../gateway/transport';

/** Resolves when the connection is in `state`; at once if it already is. */
export function reached(transport: Transport, state: TransportState): Promise<void> {
  return new Promise((resolve) => {
    let off: (() => void) | undefined;
    let done = false;
    off = transport.onState((now) => {
      if (now !== state) return;
      done = true;
      resolve();
      off?.();
    });
    if (done) off();
  });
}

/** Resolves with the first error that a connection reports. */
export function firstError(transport: Transport): Promise<Error> {
  return new Promise((resolve) => {
    const off = transport.onState((_state, error) => {
      if (!error) return;
      resolve(error);
      queueMicrotask(() => off());
    });
  });
}

/** Collects deliveries, and lets a test wait for a given number of them. */
export class Inbox {
  readonly deliveries: Delivery[] = [];
  private waiting: { count: number; resolve: () => void }[] = [];

  readonly take = (delivery: Delivery): void => {
    this.deliveries.push(delivery);
    for (const { resolve } of this.waiting.filter(({ count }) => count <= this.deliveries.length)) resolve();
  };

  async upTo(count: number): Promise<Delivery[]> {
    if (this.deliveries.length < count)
      await new Promise<void>((resolve) => this.waiting.push({ count, resolve }));
    return this.deliveries;
  }

  get texts(): string[] {
    return this.deliveries.map(({ payload }) => text(payload));
  }
}

export const bytes = (value: string) => new TextEncoder().encode(value);
export const text = (value: Uint8Array) => new TextDecoder().decode(value);

/** A TCP relay that a test can cut and remove. Both ends see it as a bad network. */
export class Relay {
  private server: Server | undefined;
  private readonly sockets = new Set<Socket>();
  private port = 0;

  constructor(private readonly target: number) {}

  /** Starts to listen, on the same port as before if there was one. */
  async start(): Promise<number> {
    const server = createServer((near) => {
      const far = connect(this.target, '127.0.0.1');
      for (const socket of [near, far]) {
        socket.setNoDelay(true);
        this.sockets.add(socket);
        socket.on('error', () => undefined);
        socket.once('close', () => this.sockets.delete(socket));
      }
      near.once('close', () => far.destroy());
      far.once('close', () => near.destroy());
      near.pipe(far);
      far.pipe(near);
    });
    server.listen(this.port, '127.0.0.1');
    await once(server, 'listening');
    this.port = (server.address() as AddressInfo).port;
    this.server = server;
    return this.port;
  }

  /** Ends the open connections, without a goodbye in either direction. */
  cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  /** Forwards nothing any more, without ending the connections. */
  freeze(): void {
    for (const socket of this.sockets) socket.pause();
  }

  async stop(): Promise<void> {
    const server = this.server;
    this.server = undefined;
    if (!server) return;
    const closed = new Promise((resolve) => server.close(resolve));
    this.cut();
    await closed;
  }
}
