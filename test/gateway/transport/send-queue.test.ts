import assert from 'node:assert/strict';
import { ConnectionLost, type Outgoing, SendQueue } from '../../../gateway/transport/shared/send-queue';

const retained = (text: string): Outgoing => ({
  topic: 't/presence',
  payload: new TextEncoder().encode(text),
  retain: true,
});

describe('the queue of a connection that ends before a message is confirmed', () => {
  it('keeps one message per retained topic, and resolves the ones that it replaced', async () => {
    const queue = new SendQueue({ maxMessages: 10, maxBytes: 1_000 });
    let waiting = 0;
    for (let i = 0; i < 100; i++) {
      waiting++;
      void queue.push(retained(`${i}`)).then(() => waiting--);
      let lose: (error: Error) => void = () => undefined;
      queue.connected(
        () =>
          new Promise((_, reject) => {
            lose = reject;
          }),
        () => 4,
      );
      queue.disconnected();
      lose(new ConnectionLost());
      await new Promise((resolve) => setImmediate(resolve));
      assert.equal(queue.length, 1, 'a message that was in flight waits again');
    }
    assert.equal(waiting, 1);
    const sent: string[] = [];
    queue.connected(
      async ({ payload }) => void sent.push(new TextDecoder().decode(payload)),
      () => 4,
    );
    await queue.drained();
    assert.deepEqual(sent, ['99']);
    assert.equal(waiting, 0);
  });
});
