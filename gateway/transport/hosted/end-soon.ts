import type { Duplex } from 'node:stream';

/** Ends a connection when what was written to it is sent, so that a client learns why it was refused. */
export function endSoon(socket: Duplex): void {
  const { destroySoon } = socket as { destroySoon?: () => void };
  if (destroySoon) destroySoon.call(socket);
  else if (socket.writable) socket.end(() => socket.destroy());
  else socket.destroy();
}
