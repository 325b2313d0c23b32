import assert from 'node:assert/strict';
import { hostedBrokerFinding } from '../../../gateway/diagnosis';
import { HostedBroker } from '../../../gateway/transport';
import { BareClient } from '../transport/hosted/bare-client';

describe('the finding about a hosted broker', () => {
  it('is ok while nothing was refused, and then counts what was, with where to look', async () => {
    const broker = new HostedBroker({ port: 0, username: 'clinic', password: 'shared' });
    await broker.start();
    const client = await BareClient.connect(broker.url, { username: 'clinic', password: 'shared' });
    try {
      await client.publish('ftte/v1/clinic/all/claim', 'kept', true);
      assert.deepEqual(hostedBrokerFinding(broker.counts), {
        check: 'hosted broker',
        level: 'ok',
        code: 'hosted',
        values: { clients: 1, retained: 1 },
        found: 'clients: 1, retained messages: 1; nothing was refused',
      });
      await client.subscribe('#');
      await assert.rejects(BareClient.connect(broker.url, { username: 'clinic', password: 'wrong' }));
      const { level, found, advice } = hostedBrokerFinding(broker.counts);
      assert.equal(level, 'warning');
      assert.match(
        found,
        /; refused logins: 1, messages or subscriptions without the right: 1, retained messages without room: 0/,
      );
      assert.match(advice ?? '', /login-refused, topic-refused and broker-limit/);
    } finally {
      await client.end();
      await broker.stop();
    }
  });
});
