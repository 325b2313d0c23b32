import { MemoryBroker, MemoryTransport } from '../../../gateway/transport';
import { transportContract } from './contract';

transportContract('in memory', async () => {
  const broker = new MemoryBroker();
  return {
    client: async ({ will } = {}) => new MemoryTransport(broker, will ? { will } : {}),
    cut: (client) => (client as MemoryTransport).drop(),
    away: async () => broker.stop(),
    back: async () => broker.start(),
    close: async () => undefined,
  };
});
