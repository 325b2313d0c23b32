import { HostedBroker, type HostedBrokerOptions } from '../../../../gateway/transport';
import { BareClient } from './bare-client';
import { NoteLog } from './note-log';

/**
 * Hosted brokers for the tests of one `describe`, their clients and their log. All of them end after each test.
 * @param shared the one password for all, which clients have by default; empty: none
 */
export function hostedBrokers(shared: { readonly username?: string; readonly password?: string } = {}) {
  const log = new NoteLog();
  /** Further things to end after the test; the last comes first. */
  const ends: (() => unknown)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
    log.notes.length = 0;
  });
  return {
    log,
    ends,
    async started(options: Partial<HostedBrokerOptions> = {}): Promise<HostedBroker> {
      const broker = new HostedBroker({ port: 0, log, ...shared, ...options });
      ends.push(() => broker.stop());
      await broker.start();
      return broker;
    },
    async connected(url: string, options: object = shared): Promise<BareClient> {
      const client = await BareClient.connect(url, options);
      ends.push(() => client.end());
      return client;
    },
  };
}
