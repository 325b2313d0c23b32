import assert from 'node:assert/strict';
import { silentLog } from '../../../gateway/platform';
import { BrokerCapabilities } from '../../../gateway/transport/mqtt/broker-capabilities';
import type { Outgoing } from '../../../gateway/transport/shared/send-queue';

describe('the capabilities of a broker', () => {
  const task: Outgoing = { topic: 't/task', payload: new Uint8Array(3000), retain: true };
  const lossAt = (inFlight: readonly Outgoing[]) => ({
    inFlight,
    lastedMs: 100,
    reasonCode: undefined,
    byBroker: true,
  });

  it('hold back a retained message that ended connections by its size, until one ends for another reason', () => {
    const rejected: Error[] = [];
    const capabilities = new BrokerCapabilities({
      url: 'mqtt://broker',
      clientId: 'hub',
      maxPayloadBytes: 128 * 1024,
      log: silentLog,
      reject: (choose) => {
        const error = choose(task);
        if (error) rejected.push(error);
      },
    });
    for (let losses = 0; rejected.length === 0; losses++) {
      assert.ok(losses < 4);
      assert.equal(capabilities.heldBack(task), undefined);
      capabilities.ended(lossAt([task]));
    }
    assert.match(rejected[0]!.message, /a retained message on t\/task \(3000 bytes\).*message_size_limit/);
    assert.equal(capabilities.heldBack(task), rejected[0]);
    assert.equal(capabilities.heldBack({ ...task, payload: new Uint8Array(2000) }), undefined);
    assert.equal(capabilities.heldBack({ ...task, topic: 't/head' }), undefined);
    // The broker may come back with another limit.
    capabilities.ended(lossAt([{ topic: 't/head', payload: new Uint8Array(100), retain: true }]));
    assert.equal(capabilities.heldBack(task), undefined);
  });
});
