import assert from 'node:assert/strict';
import { type Finding, LossDiagnosis } from '../../../gateway/transport/mqtt/loss-diagnosis';
import type { Outgoing } from '../../../gateway/transport/shared/send-queue';

const message = (topic: string, size: number, retain = false): Outgoing => ({
  topic,
  payload: new Uint8Array(size),
  retain,
});
const hello = message('t/hello', 150, true);
const update = (size: number) => message('t/update', size);

/** A diagnosis, and the connections that end under it. */
function diagnosis() {
  const made = new LossDiagnosis();
  return Object.assign(made, {
    lose: (inFlight: Outgoing[], more: { lastedMs?: number; reasonCode?: number; byBroker?: boolean } = {}) =>
      made.ended({ inFlight, lastedMs: 1000, reasonCode: undefined, byBroker: true, ...more }),
  });
}

/** A broker that takes payloads of at most `limit` bytes, and ends the connection at larger ones. */
function sendUntilTaken(made: ReturnType<typeof diagnosis>, size: number, limit: number) {
  const findings: Finding[] = [];
  let losses = 0;
  let sent = 0;
  while (sent < size && losses < 50) {
    const part = update(Math.min(size - sent, size, made.limitBytes));
    const taken = part.payload.length <= limit;
    const finding = taken ? made.confirmed(part) : made.lose([part]);
    if (finding) findings.push(finding);
    if (taken) sent += part.payload.length;
    else losses++;
  }
  return { losses, findings };
}

describe('the diagnosis of lost connections', () => {
  for (const { size, limit } of [
    { size: 100_000, limit: 65_536 },
    { size: 131_072, limit: 131_071 },
    { size: 131_072, limit: 10_000 },
    { size: 131_072, limit: 1024 },
    { size: 20_000, limit: 1100 },
  ])
    it(`finds parts that pass where ${size} bytes are sent and the broker ends the connection above ${limit}`, () => {
      const made = diagnosis();
      const { losses, findings } = sendUntilTaken(made, size, limit);
      assert.ok(losses <= 4, `${losses} connections were lost`);
      assert.ok(made.limitBytes <= limit && made.limitBytes >= Math.min(1024, limit / 2));
      assert.deepEqual([...new Set(findings.map(({ kind }) => kind))], ['too-large', 'parts-pass', 'limit']);
      assert.equal(made.careful, false);
      assert.equal(sendUntilTaken(made, 10 * limit, limit).losses, 0, 'it remembers');
    });

  it('settles on at least half of what the broker takes, with a few lost connections', () => {
    for (let limit = 2048; limit < 128 * 1024; limit += 997) {
      const made = diagnosis();
      const { losses } = sendUntilTaken(made, 1024 * 1024, limit);
      assert.ok(losses <= 4, `limit ${limit}: ${losses} connections were lost`);
      assert.ok(2 * made.limitBytes >= limit && made.limitBytes <= limit, `${limit}: ${made.limitBytes}`);
    }
  });

  it('refuses a topic at which the broker ends the connection whatever the size, and forgets the limit again', () => {
    const made = diagnosis();
    made.confirmed(hello);
    assert.equal(made.lose([update(6000)]), undefined);
    assert.equal(made.lose([update(6000)])?.kind, 'too-large');
    const finding = made.lose([update(1000)]);
    assert.equal(finding?.kind, 'refused');
    assert.equal(made.limitBytes, Number.POSITIVE_INFINITY);
    assert.equal(made.careful, false);
    assert.equal(made.lose([hello, update(6001)])?.kind, 'refused', 'it is known from then on');
    made.confirmed(update(10));
    assert.equal(made.lose([update(6001)]), undefined, 'until one passes');
  });

  it('sends one message at a time after a loss with several in flight, until all of them have passed', () => {
    const made = diagnosis();
    assert.equal(made.careful, false);
    made.lose([hello, update(500), update(501)]);
    assert.equal(made.careful, true);
    for (const passed of [hello, update(500)]) made.confirmed(passed);
    assert.equal(made.careful, true);
    assert.equal(made.lose([update(501)])?.kind, 'refused');
  });

  it('blames no message that passes after the loss', () => {
    const made = diagnosis();
    for (let i = 0; i < 10; i++) {
      assert.equal(made.lose([update(500)], { lastedMs: 100_000 }), undefined);
      made.confirmed(update(500));
    }
  });

  it('blames no message where this side gave up because it received nothing', () => {
    const made = diagnosis();
    for (let i = 0; i < 10; i++) assert.equal(made.lose([update(5000)], { byBroker: false }), undefined);
    assert.equal(made.limitBytes, Number.POSITIVE_INFINITY);
  });

  it('tries a retained message without that, and keeps to it if the broker takes it so', () => {
    const made = diagnosis();
    made.lose([hello]);
    assert.equal(made.lose([hello]), undefined);
    assert.equal(made.retains, false);
    assert.deepEqual(made.confirmed(hello), { kind: 'no-retain' });
    assert.equal(made.retains, false);
  });

  it('refuses the topic of a retained message that the broker takes in no way', () => {
    const made = diagnosis();
    for (let i = 0; i < 2; i++) made.lose([hello]);
    assert.equal(made.lose([hello])?.kind, 'refused');
    assert.equal(made.retains, true);
  });

  it('does not doubt that messages may be retained once one was', () => {
    const made = diagnosis();
    made.confirmed(message('t/presence', 140, true));
    made.lose([hello]);
    assert.deepEqual(made.lose([hello]), { kind: 'refused', message: hello, large: true });
    assert.equal(made.retains, true);
  });

  for (const { name, losses, found } of [
    { name: 'three short ones with nothing in flight', losses: [[], [], []], found: true },
    {
      name: 'three short ones with other messages each',
      losses: [[update(1)], [update(2)], [update(3)]],
      found: true,
    },
    { name: 'two', losses: [[], []], found: false },
    {
      name: 'a message that is in flight again and again',
      losses: [[hello], [hello], [hello]],
      found: false,
    },
  ] as { name: string; losses: Outgoing[][]; found: boolean }[])
    it(`${found ? 'suspects' : 'does not suspect'} another client with the same id after ${name}`, () => {
      const made = diagnosis();
      const findings = losses.map((inFlight) => made.lose(inFlight)?.kind);
      assert.equal(findings.includes('duplicate-id'), found);
    });

  it('suspects nobody where connections last, and knows at once where the broker says so (0x8E)', () => {
    const made = diagnosis();
    for (let i = 0; i < 9; i++) assert.equal(made.lose([], { lastedMs: 61_000 }), undefined);
    assert.deepEqual(made.lose([update(9)], { reasonCode: 0x8e }), { kind: 'duplicate-id', certain: true });
  });

  it('suspects nobody if the broker was away after each loss, as one that is started again and again', () => {
    const made = diagnosis();
    for (let i = 0; i < 9; i++) {
      assert.equal(made.lose(i % 2 ? [] : [update(i)]), undefined);
      made.unreachable();
    }
  });

  it('believes a broker that names the size (0x95) at once, and blames the largest message', () => {
    const made = diagnosis();
    assert.equal(made.lose([hello, update(5000), update(900)], { reasonCode: 0x95 })?.kind, 'too-large');
    assert.equal(made.limitBytes, 1024);
  });

  it('suspects no other client while messages of a size that never passed are in flight', () => {
    const made = diagnosis();
    made.confirmed(hello);
    for (let i = 0; i < 6; i++)
      assert.notEqual(made.lose([update(5000 + i), message('t/sync', 100)])?.kind, 'duplicate-id');
  });

  it('suspects another client if connections end whatever small message is in flight', () => {
    const made = diagnosis();
    made.confirmed(update(5000));
    const findings = [[], [message('t/a', 100)], [update(4000)]].map((inFlight) => made.lose(inFlight));
    assert.deepEqual(findings.at(-1), { kind: 'duplicate-id', certain: false });
  });

  it('takes a message on another topic for too large at once while sizes are tried', () => {
    const made = diagnosis();
    const patch = message('t/patch', 1900);
    made.lose([update(9000)]);
    assert.equal(made.lose([update(9000)])?.kind, 'too-large');
    made.confirmed(update(1000));
    assert.equal(made.trying, true);
    assert.deepEqual(made.lose([patch]), { kind: 'too-large', limitBytes: 1024 });
  });

  it('names the topic of the message that was too large, although a part on another topic is the first to pass', () => {
    const made = diagnosis();
    made.lose([update(9000)]);
    assert.equal(made.lose([update(9000)])?.kind, 'too-large');
    assert.deepEqual(made.confirmed(message('t/patch', 1000)), {
      kind: 'parts-pass',
      refusedBytes: 9000,
      topic: 't/update',
    });
  });
});
