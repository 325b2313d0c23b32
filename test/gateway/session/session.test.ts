import assert from 'node:assert/strict';
import { type Log, SeededRandom, silentLog, VirtualClock } from '../../../gateway/platform';
import { type Drop, type SessionOptions, TransportSession } from '../../../gateway/session';
import { MemoryBroker, MemoryTransport } from '../../../gateway/transport';
import { type Body, encodeMessage, type Message } from '../../../gateway/wire';

const hex = '0123456789abcdef';
const sync = { type: 'sync', lineage: '', version: -1 } as const;
const head = { type: 'head', lineage: hex, version: 3, modelKey: hex } as const;

function connect(
  broker: MemoryBroker,
  id: string,
  options: Partial<SessionOptions> = {},
): { session: TransportSession; transport: MemoryTransport } {
  const transport = new MemoryTransport(broker, { client: id, will: TransportSession.will('clinic', id) });
  const session = new TransportSession({
    transport,
    federation: 'clinic',
    id,
    clock: new VirtualClock(),
    random: new SeededRandom(id.length),
    ...options,
  });
  transport.open();
  return { session, transport };
}

/** Waits until the microtasks that are due have run. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

const rawly = (sender: string, body: Body, federation = 'clinic') =>
  encodeMessage({ federation, sender, sequence: 0 }, body);

describe('session', () => {
  it('carries a message of each branch to its receivers, and to nobody else', async () => {
    const broker = new MemoryBroker();
    const coordinator = connect(broker, 'coordinator');
    const one = connect(broker, 'gw-1');
    const two = connect(broker, 'gw-2');
    const seen: string[] = [];
    const note = (who: string) => (message: Message) => {
      seen.push(`${who}: ${message.type} of ${message.sender}`);
    };
    await coordinator.session.subscribe('sync', note('coordinator'));
    for (const [who, { session }] of Object.entries({ one, two })) {
      await session.subscribe('head', note(who));
      await session.subscribe('ack', note(who));
    }
    await one.session.send(sync);
    await coordinator.session.send(head);
    await coordinator.session.send({ type: 'ack', id: hex, status: 'accepted', version: 3 }, 'gw-2');
    await settled();
    assert.deepEqual(seen, [
      'coordinator: sync of gw-1',
      'one: head of coordinator',
      'two: head of coordinator',
      'two: ack of coordinator',
    ]);
  });

  it('sends presence at each connection, through the will when the connection dies, and at an orderly stop', async () => {
    const broker = new MemoryBroker();
    const watcher = connect(broker, 'coordinator');
    const told: boolean[] = [];
    await watcher.session.subscribe('presence', (message) => {
      told.push(message.online);
    });
    const { session, transport } = connect(broker, 'gw-1');
    session.start();
    await settled();
    transport.drop();
    await settled();
    await session.stop();
    await transport.close();
    await settled();
    assert.deepEqual(told, [true, false, true, false]);
  });

  it('gives a second listener the retained message, and serves one listener after the other has ended', async () => {
    const broker = new MemoryBroker();
    const { session } = connect(broker, 'gw-1');
    await session.send(head);
    let first = 0;
    const versions: number[] = [];
    const end = await session.subscribe('head', () => {
      first++;
    });
    await settled();
    await session.subscribe('head', (message) => {
      versions.push(message.version);
    });
    await settled();
    assert.ok(first >= 1);
    assert.deepEqual(versions, [3]);
    await end();
    await session.send({ ...head, version: 4 });
    await settled();
    assert.deepEqual(versions, [3, 4]);
  });

  it('ends a subscription without a connection, although answers to each message were asked for meanwhile', async () => {
    const { session, transport } = connect(new MemoryBroker(), 'gw-1');
    const end = await session.subscribe('snapshot', () => undefined);
    transport.drop({ stay: true });
    session.confirmEach('snapshot');
    let isOver = false;
    void end().then(() => (isOver = true));
    await settled();
    assert.ok(isOver);
  });

  it('asks again for answers to each message if the broker has refused, and ends without an error', async () => {
    const { session, transport } = connect(new MemoryBroker(), 'gw-1');
    const end = await session.subscribe('snapshot', () => undefined);
    const asked: (number | undefined)[] = [];
    transport.subscribe = async (_filter: string, _handler: unknown, options?: { qos?: 0 | 1 }) => {
      asked.push(options?.qos);
      throw new Error('not allowed');
    };
    for (let i = 0; i < 2; i++) {
      session.confirmEach('snapshot');
      await settled();
    }
    assert.deepEqual(asked, [1, 1]);
    await end();
  });

  it('splits a message that the broker does not accept whole, and the receiver puts it together', async () => {
    const broker = new MemoryBroker({ maxPayloadBytes: 1000 });
    const coordinator = connect(broker, 'b'.repeat(64));
    const gateway = connect(broker, 'gw-1');
    const got: Message<'snapshot'>[] = [];
    await gateway.session.subscribe('snapshot', (message) => {
      got.push(message);
    });
    const parameters = Float32Array.from({ length: 5000 }, (_, i) => i / 3);
    const body = {
      type: 'snapshot',
      lineage: hex,
      version: 1,
      modelKey: hex,
      parameters,
      average: parameters,
    } as const;
    const { bytes } = await coordinator.session.send(body, 'gw-1');
    await settled();
    assert.equal(got.length, 1);
    assert.deepEqual(got[0]?.parameters, parameters);
    assert.ok(bytes > 40_000 && bytes < 65_000, `${bytes} bytes`);
  });

  it('refuses to split a retained message', async () => {
    const { session } = connect(new MemoryBroker({ maxPayloadBytes: 30 }), 'gw-1');
    await assert.rejects(session.send(head), { code: 'broker', details: { kind: 'too-large' } });
  });

  it('splits a message to the size that its receiver requested, or that all messages were limited to', async () => {
    const broker = new MemoryBroker();
    const coordinator = connect(broker, 'coordinator');
    const gateway = connect(broker, 'gw-1');
    const sizes: number[] = [];
    const got: number[] = [];
    await gateway.session.subscribe('snapshot', ({ parameters }) => void got.push(parameters.length));
    await gateway.transport.subscribe('ftte/v1/clinic/to/gw-1/snapshot', ({ payload }) => {
      sizes.push(payload.length);
    });
    const values = new Float32Array(5000);
    const version = { type: 'snapshot', lineage: hex, version: 1, modelKey: hex } as const;
    const send = (options = {}) =>
      coordinator.session.send({ ...version, parameters: values, average: values }, 'gw-1', options);
    const largestOf = async (sending: Promise<unknown>) => {
      sizes.length = 0;
      await sending;
      await settled();
      return Math.max(...sizes);
    };
    assert.ok((await largestOf(send())) > 40_000);
    const requested = await largestOf(send({ maxPartBytes: 8192 }));
    assert.ok(requested > 7000 && requested <= 8192, `${requested} bytes`);
    assert.ok((await largestOf(send({ maxPartBytes: 1 }))) <= 1024, 'no part has to be smaller than 1 KiB');
    coordinator.session.limitParts(2048);
    const whole = coordinator.session.partLimitBytes ?? 0;
    assert.ok(
      whole <= (await largestOf(send({ maxPartBytes: 2048 }))),
      'a whole message is no larger than a part that passed',
    );
    assert.ok((await largestOf(send())) <= whole);
    assert.deepEqual(got, [5000, 5000, 5000, 5000, 5000]);
  });

  describe('drops a message that does not belong here, and counts it by reason:', () => {
    const cases: { what: string; topic: string; bytes: Uint8Array; reason: string }[] = [
      { what: 'noise', topic: 'ftte/v1/clinic/gw/gw-1/sync', bytes: Uint8Array.of(1, 2), reason: 'not-cbor' },
      {
        what: "another gateway's name",
        topic: 'ftte/v1/clinic/gw/gw-1/sync',
        bytes: rawly('gw-2', sync),
        reason: 'topic',
      },
      {
        what: 'another federation',
        topic: 'ftte/v1/clinic/gw/gw-1/sync',
        bytes: rawly('gw-1', sync, 'lab'),
        reason: 'federation',
      },
      {
        what: "another type's topic",
        topic: 'ftte/v1/clinic/gw/gw-1/sync',
        bytes: rawly('gw-1', { type: 'presence', online: true }),
        reason: 'type',
      },
    ];
    for (const { what, topic, bytes, reason } of cases) {
      it(what, async () => {
        const broker = new MemoryBroker();
        const { session, transport } = connect(broker, 'coordinator');
        const drops: Drop[] = [];
        session.onDrop((drop) => drops.push(drop));
        let heard = 0;
        await session.subscribe('sync', () => {
          heard++;
        });
        await transport.publish(topic, bytes);
        await settled();
        assert.equal(heard, 0);
        assert.deepEqual(
          drops.map((drop) => [drop.reason, drop.topic]),
          [[reason, topic]],
        );
        assert.equal(
          Object.values(session.dropped).reduce((a, b) => a + b),
          1,
        );
      });
    }
  });

  it('ignores that a retained message is cleared', async () => {
    const broker = new MemoryBroker();
    const { session, transport } = connect(broker, 'gw-1');
    await session.subscribe('head', () => assert.fail('no message was sent'));
    await transport.publish('ftte/v1/clinic/all/head', new Uint8Array(), { retain: true });
    await settled();
    assert.equal(
      Object.values(session.dropped).reduce((a, b) => a + b),
      0,
    );
  });

  it('gives bytes that came another way to the same listeners, and throws if they are not a message', async () => {
    const { session } = connect(new MemoryBroker(), 'coordinator');
    const from: string[] = [];
    await session.subscribe('sync', (message) => {
      from.push(message.sender);
    });
    session.receive(rawly('gw-9', sync));
    assert.deepEqual(from, ['gw-9']);
    assert.throws(() => session.receive(Uint8Array.of(0xa0)), { code: 'message-invalid' });
    assert.equal(session.dropped['version'], 1);
  });

  it('encodes a message without sending it, with all that a topic would say', async () => {
    const { session } = connect(new MemoryBroker(), 'gw-1');
    const other = connect(new MemoryBroker(), 'coordinator').session;
    const from: string[] = [];
    await other.subscribe('sync', ({ federation, sender }) => {
      from.push(federation, sender);
    });
    other.receive(session.encode(sync));
    assert.deepEqual(from, ['clinic', 'gw-1']);
  });

  it('logs the error of a handler, and calls the other handlers', async () => {
    const lines: string[] = [];
    const log: Log = { info: () => undefined, warn: () => undefined, error: (text) => lines.push(text) };
    const { session } = connect(new MemoryBroker(), 'gw-1', { log });
    await session.subscribe('sync', () => {
      throw new Error('broken flow');
    });
    let heard = 0;
    await session.subscribe('sync', () => {
      heard++;
    });
    session.receive(rawly('gw-2', sync));
    assert.equal(heard, 1);
    assert.match(lines.join(), /broken flow/);
  });

  it('logs the type, id, gateway and bytes of every message at the level debug', async () => {
    const lines: string[] = [];
    const broker = new MemoryBroker();
    const log: Log = { ...silentLog, debug: (text) => lines.push(text) };
    const { session } = connect(broker, 'hub', { log });
    const { session: gateway } = connect(broker, 'gw-1', { log });
    await gateway.subscribe('ack', () => undefined);
    await gateway.subscribe('head', () => undefined);
    await session.send(head);
    await settled();
    lines.length = 0;
    await session.send({ type: 'ack', id: hex, status: 'accepted', version: 3 }, 'gw-1');
    await settled();
    assert.equal(lines.length, 2);
    assert.match(lines.join('\n'), new RegExp(`^sent ack ${hex} to gw-1: \\d+ bytes$`, 'm'));
    assert.match(lines.join('\n'), new RegExp(`^received ack ${hex} from hub: \\d+ bytes$`, 'm'));
    assert.throws(() => gateway.receive(Uint8Array.of(1)));
    assert.match(lines[2] ?? '', /^dropped bytes from an unknown sender: /);
  });

  it('names the sender and the update of a message with a wrong field', async () => {
    const { session } = connect(new MemoryBroker(), 'coordinator');
    const drops: Drop[] = [];
    session.onDrop((drop) => drops.push(drop));
    const bytes = rawly('gw-1', { type: 'ack', id: hex, status: 'accepted', version: -5 });
    assert.throws(() => session.receive(bytes));
    assert.equal(drops[0]?.reason, 'field');
    assert.deepEqual([drops[0]?.sender, drops[0]?.type, drops[0]?.id], ['gw-1', 'ack', hex]);
    assert.match(drops[0]?.detail ?? '', /ack\.version is -5/);
  });

  for (const id of ['', 'a/b', '+', '#', 'a b', 'ü', 'x'.repeat(65)]) {
    it(`refuses ${JSON.stringify(id)} as a name`, () => {
      assert.throws(() => connect(new MemoryBroker(), id), { code: 'config-invalid' });
    });
  }
});
