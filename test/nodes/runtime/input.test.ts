import assert from 'node:assert/strict';
import { FtteError, VirtualClock } from '../../../gateway/platform';
import { inBackground, onClose, onInput } from '../../../nodes/runtime';
import { catalog, FakeNode } from '../../support/node-red/fake-node';

const RED = catalog({
  '@ftte/node-red-ftte/ftte-federation:ftte-federation.error.offline': 'No broker: __message__',
});

describe('the input wrapper', () => {
  it('sends and completes when the handler is through', async () => {
    const fake = new FakeNode();
    onInput(RED, fake.node, async (msg, send) => {
      await Promise.resolve();
      send({ payload: msg.payload });
    });
    const { error, sent } = await fake.receive({ payload: 7 });
    assert.equal(error, undefined);
    assert.deepEqual(sent, [{ payload: 7 }]);
  });

  for (const [way, fail] of [
    [
      'throws',
      () => {
        throw new FtteError('window-shape', 'window has 3 channels');
      },
    ],
    ['rejects', async () => Promise.reject(new FtteError('window-shape', 'window has 3 channels'))],
  ] as const) {
    it(`gives the message's error to done when the handler ${way}`, async () => {
      const fake = new FakeNode();
      onInput(RED, fake.node, fail);
      const { error } = await fake.receive({});
      assert.ok(error instanceof FtteError);
      assert.equal(error.code, 'window-shape');
      assert.equal(error.message, 'window has 3 channels');
      assert.deepEqual(fake.errors, [], 'done already reaches Catch nodes');
    });
  }

  it('puts the text of the code around the message where the catalog has one, and keeps the cause', async () => {
    const fake = new FakeNode();
    const cause = new FtteError('offline', 'queue is full');
    onInput(RED, fake.node, () => Promise.reject(cause));
    const { error } = await fake.receive({});
    assert.ok(error instanceof FtteError);
    assert.equal(error.message, 'No broker: queue is full');
    assert.equal(error.code, 'offline');
    assert.equal(error.cause, cause);
  });

  it('makes an Error of whatever else was thrown', async () => {
    const fake = new FakeNode();
    onInput(RED, fake.node, () => Promise.reject('plain text'));
    const { error } = await fake.receive({});
    assert.ok(error instanceof Error);
    assert.equal(error.message, 'plain text');
  });

  it('takes three parameters, by which Node-RED knows that done will be called', () => {
    const lengths: number[] = [];
    const fake = new FakeNode();
    fake.on = function (_event: string, listener: (...args: never[]) => void) {
      lengths.push(listener.length);
      return this;
    };
    onInput(RED, fake.node, () => undefined);
    onClose(fake.node, () => undefined);
    assert.deepEqual(lengths, [3, 2]);
  });
});

describe('the close wrapper', () => {
  it('waits for the handler and passes on whether the node was removed', async () => {
    const fake = new FakeNode();
    const seen: boolean[] = [];
    onClose(fake.node, async (removed) => {
      await Promise.resolve();
      seen.push(removed);
    });
    await fake.close(true);
    assert.deepEqual(seen, [true]);
  });

  it('logs what fails and lets the deploy go on', async () => {
    const fake = new FakeNode();
    onClose(fake.node, () => Promise.reject(new Error('disk gone')));
    await fake.close();
    assert.deepEqual(fake.errors, ['closing failed: disk gone']);
  });

  it('goes on without a handler that does not come back', async () => {
    const clock = new VirtualClock();
    const fake = new FakeNode();
    onClose(fake.node, () => new Promise(() => undefined), { clock });
    const closed = fake.close();
    clock.advance(12_000);
    await closed;
    assert.equal(fake.warnings.length, 1);
  });
});

describe('work in the background', () => {
  it('logs a failure as the node’s error', async () => {
    const fake = new FakeNode();
    const logged = new Promise((resolve) => {
      fake.error = resolve;
    });
    inBackground(RED, fake.node, () => Promise.reject(new FtteError('offline', 'away')));
    assert.match(String(await logged), /No broker: away/);
  });
});
