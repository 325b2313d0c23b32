import assert from 'node:assert/strict';
import { RequestCarrier } from '../../../../gateway/participant/outbox/request-carrier';

const ack = (id: string, reason?: 'unknown-plan' | 'malformed' | 'too-old') =>
  ({
    type: 'ack',
    id,
    version: 0,
    status: reason ? 'rejected' : 'accepted',
    ...(reason && { reason }),
  }) as const;

describe('a request that goes with an update', () => {
  let carrier: RequestCarrier;
  let lost: number;
  const request = { next: { follows: true, anchorId: '' }, onLost: () => void lost++ };
  beforeEach(() => {
    carrier = new RequestCarrier();
    lost = 0;
  });
  const sendA = () => {
    carrier.begin('a');
    assert.equal(carrier.set(request), true);
    assert.equal(carrier.take('a'), request);
    carrier.end();
  };

  it('needs an update that was not sent yet', () => {
    assert.equal(carrier.set(request), false);
    sendA();
    assert.equal(carrier.set(request), false);
    assert.equal(carrier.take('a'), undefined, 'an update that is sent again has none');
    assert.equal(lost, 0);
  });

  it('is lost if no update goes', () => {
    carrier.begin('a');
    carrier.set(request);
    assert.equal(carrier.take('b'), undefined);
    carrier.end();
    carrier.end();
    assert.equal(lost, 1);
  });

  it('is lost once if its update is not sent or not read, whatever happens to others', () => {
    for (const lose of [
      () => carrier.failed('a'),
      () => carrier.answered(ack('a', 'unknown-plan')),
      () => carrier.answered(ack('a', 'malformed')),
    ]) {
      lost = 0;
      sendA();
      carrier.failed('b');
      carrier.answered(ack('b', 'malformed'));
      assert.equal(lost, 0);
      lose();
      lose();
      assert.equal(lost, 1);
    }
  });

  it('has arrived if its update was read, although that was refused', () => {
    for (const reason of [undefined, 'too-old'] as const) {
      sendA();
      carrier.answered(ack('a', reason));
      carrier.failed('a');
    }
    assert.equal(lost, 0);
  });

  it('is withdrawn before its update goes', () => {
    carrier.begin('a');
    carrier.set(request);
    carrier.set(undefined);
    assert.equal(carrier.take('a'), undefined);
    carrier.failed('a');
    carrier.end();
    assert.equal(lost, 0);
  });
});
