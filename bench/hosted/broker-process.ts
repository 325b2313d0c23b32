import { HostedBroker } from '../../gateway/transport';

/** A hosted broker in a process of its own. It sends its port, and answers each message with its memory and counts. */
async function main(): Promise<void> {
  const broker = new HostedBroker({ port: 0, username: 'clinic', password: 'shared' });
  await broker.start();
  process.on('message', () => {
    globalThis.gc?.();
    const { rss, heapUsed } = process.memoryUsage();
    process.send?.({ rss, heapUsed, counts: broker.counts });
  });
  process.send?.({ port: broker.port });
}

void main();
