import assert from 'node:assert/strict';
import { FtteError, VirtualClock } from '../../../gateway/platform';
import { type InputHandler, inBackground, NodeReports, onClose, onInput } from '../../../nodes/runtime';
import { catalog, FakeNode } from '../../support/node-red/fake-node';

const RED = catalog({
  '@ftte/node-red-ftte/ftte-federation:ftte-federation.error.offline': 'No broker: __message__',
  '@ftte/node-red-ftte/ftte-federation:ftte-federation.status.reading-invalid': 'cannot read',
});
/** A catalog of another language. */
const german = catalog({
  '@ftte/node-red-ftte/ftte-federation:ftte-federation.notice.window-shape': 'Das ist kein Fenster.',
});

const listen = (fake: FakeNode, handler: InputHandler, clock = new VirtualClock()) =>
  onInput(fake.node, new NodeReports(RED, fake.node, clock), handler);

describe('the input wrapper', () => {
  it('sends and completes when the handler is through', async () => {
    const fake = new FakeNode();
    listen(fake, async (msg, send) => {
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
      listen(fake, fail);
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
    listen(fake, () => Promise.reject(cause));
    const { error } = await fake.receive({});
    assert.ok(error instanceof FtteError);
    assert.equal(error.message, 'No broker: queue is full');
    assert.equal(error.code, 'offline');
    assert.equal(error.cause, cause);
  });

  it('makes an Error of whatever else was thrown', async () => {
    const fake = new FakeNode();
    listen(fake, () => Promise.reject('plain text'));
    const { error } = await fake.receive({});
    assert.ok(error instanceof Error);
    assert.equal(error.message, 'plain text');
  });

  it('says the same failure of a stream once, counts it, and shows the number in red', async () => {
    const fake = new FakeNode();
    const clock = new VirtualClock();
    const texts: string[] = [];
    listen(fake, () => Promise.reject(new FtteError('reading-invalid', 'payload is a text')), clock);
    for (let i = 0; i < 238; i++) {
      const { error } = await fake.receive({});
      if (error) texts.push(String(error));
      clock.advance(10);
    }
    assert.deepEqual(texts, ['[reading-invalid] payload is a text']);
    clock.advance(1000);
    assert.deepEqual(fake.statuses.at(-1), { fill: 'red', shape: 'ring', text: 'cannot read x 238' });
    clock.advance(59_000);
    assert.deepEqual(fake.errors.map(String), ['[reading-invalid] payload is a text (x 238)']);
    assert.deepEqual(
      fake.errors.map((error) => (error as Error).toString()),
      ['payload is a text (x 238)'],
      'Catch nodes get the text alone, without the code that the line of the log has',
    );
    assert.deepEqual(
      fake.errors.map((error) => (error as { code?: unknown }).code),
      ['reading-invalid'],
      'Catch nodes get the code of what is counted, too',
    );
  });

  it('has no errors of messages that are under way when the node closes', async () => {
    const fake = new FakeNode();
    let fail: (error: Error) => void = () => undefined;
    listen(fake, () => new Promise((_, reject) => (fail = reject)));
    const answer = fake.receive({});
    await Promise.resolve();
    await fake.close();
    fail(new FtteError('cancelled', 'the predictor was stopped'));
    assert.equal((await answer).error, undefined);
    assert.deepEqual([fake.errors, fake.warnings], [[], []]);
  });

  it('answers each action that fails', async () => {
    const fake = new FakeNode();
    listen(fake, () => Promise.reject(new FtteError('not-ready', 'no samples')));
    for (const text of ['no samples', 'no samples (x 2)', 'no samples (x 3)'])
      assert.equal((await fake.receive({ action: 'train' })).error?.message, text);
  });

  it('says in another language what a code means, before what exactly happened', async () => {
    const fake = new FakeNode();
    const clock = new VirtualClock();
    const reports = new NodeReports(german, fake.node, clock);
    onInput(fake.node, reports, () => Promise.reject(new FtteError('window-shape', 'window has 7 values')));
    const { error } = await fake.receive({});
    assert.equal(error?.message, 'Das ist kein Fenster. (window has 7 values)');
    assert.equal(`${error}`, '[window-shape] Das ist kein Fenster. (window has 7 values)');
    await fake.receive({});
    await clock.advance(60_000);
    assert.equal(String(fake.errors[0]), '[window-shape] Das ist kein Fenster. (window has 7 values) (x 2)');
    reports.warn('window has 8 values', 'window-shape');
    reports.warn('nothing fits', 'plan-invalid');
    assert.deepEqual(fake.warnings, [
      '[window-shape] Das ist kein Fenster. (window has 8 values)',
      '[plan-invalid] nothing fits',
    ]);
  });

  it('takes three parameters, by which Node-RED knows that done will be called', () => {
    const lengths: number[] = [];
    const fake = new FakeNode();
    const reports = new NodeReports(RED, fake.node);
    fake.on = function (_event: string, listener: (...args: never[]) => void) {
      lengths.push(listener.length);
      return this;
    };
    onInput(fake.node, reports, () => undefined);
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
