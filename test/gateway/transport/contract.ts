import assert from 'node:assert/strict';
import type { Transport, Will } from '../../../gateway/transport';
import { bytes, Inbox, reached, text } from './tools';

export interface ClientOptions {
  readonly will?: Will;
  readonly password?: string;
}

/** A broker under test, its clients, and ways to disturb them. */
export interface Bench {
  /** A client that is not open yet. */
  client(options?: ClientOptions): Promise<Transport>;
  /** Ends the connection of one client without DISCONNECT. */
  cut(client: Transport): void;
  /** Makes the broker unreachable for all clients, without DISCONNECT. It keeps retained messages. */
  away(): Promise<void>;
  back(): Promise<void>;
  /** Stops everything. The tests close the clients. */
  close(): Promise<void>;
}

/** The contract of every `Transport`, whatever carries it. */
export function transportContract(what: string, makeBench: (() => Promise<Bench>) | undefined): void {
  const define = makeBench ? describe : describe.skip;
  define(`transport: ${what}`, () => {
    let bench: Bench;
    let clients: Transport[] = [];

    beforeEach(async () => {
      bench = await makeBench!();
    });

    afterEach(async () => {
      await Promise.all(clients.map((client) => client.close()));
      clients = [];
      await bench.close();
    });

    async function client(options: ClientOptions = {}): Promise<Transport> {
      const made = await bench.client(options);
      clients.push(made);
      return made;
    }

    async function connected(options: ClientOptions = {}): Promise<Transport> {
      const made = await client(options);
      made.open();
      await reached(made, 'online');
      return made;
    }

    it('delivers a message to the clients that subscribed before, and to no others', async () => {
      const [a, b] = [await connected(), await connected()];
      const [here, elsewhere] = [new Inbox(), new Inbox()];
      await b.subscribe('ftte/v1/t/here', here.take);
      await b.subscribe('ftte/v1/t/elsewhere', elsewhere.take);
      await a.publish('ftte/v1/t/here', bytes('hello'));
      const [delivery] = await here.upTo(1);
      assert.equal(delivery?.topic, 'ftte/v1/t/here');
      assert.equal(text(delivery!.payload), 'hello');
      assert.equal(delivery?.retained, false);
      assert.equal(delivery?.payload.constructor, Uint8Array);
      assert.equal(elsewhere.deliveries.length, 0);
    });

    it('delivers the retained message to later subscribers, marked as retained', async () => {
      const a = await connected();
      await a.publish('ftte/v1/t/kept', bytes('old'), { retain: true });
      await a.publish('ftte/v1/t/kept', bytes('new'), { retain: true });
      const inbox = new Inbox();
      await (await connected()).subscribe('ftte/v1/t/kept', inbox.take);
      const [delivery] = await inbox.upTo(1);
      assert.equal(text(delivery!.payload), 'new');
      assert.equal(delivery?.retained, true);
    });

    it('forgets a retained message that was cleared with empty bytes', async () => {
      const a = await connected();
      await a.publish('ftte/v1/t/kept', bytes('old'), { retain: true });
      await a.publish('ftte/v1/t/kept', new Uint8Array(), { retain: true });
      await a.publish('ftte/v1/t/mark', bytes('mark'), { retain: true });
      const inbox = new Inbox();
      await (await connected()).subscribe('ftte/v1/t/+', inbox.take);
      await inbox.upTo(1);
      assert.deepEqual(inbox.texts, ['mark']);
      await a.publish('ftte/v1/t/mark', new Uint8Array(), { retain: true });
    });

    it('matches + with one level, and a trailing # with all levels below', async () => {
      const [a, b] = [await connected(), await connected()];
      const [one, all] = [new Inbox(), new Inbox()];
      const root = 'ftte/v1/t';
      await b.subscribe(`${root}/f/+/x`, one.take);
      await b.subscribe(`${root}/g/#`, all.take);
      for (const topic of ['f/1/x', 'f/1/2/x', 'f/2/y', 'g', 'g/1', 'g/1/2', 'f/2/x', 'g/end'])
        await a.publish(`${root}/${topic}`, bytes(topic));
      await one.upTo(2);
      await all.upTo(4);
      assert.deepEqual(one.texts, ['f/1/x', 'f/2/x']);
      assert.deepEqual(all.texts, ['g', 'g/1', 'g/1/2', 'g/end']);
    });

    it('publishes the will when the connection dies, and not after an orderly end', async () => {
      const watcher = await connected();
      const inbox = new Inbox();
      await watcher.subscribe('ftte/v1/t/will/+', inbox.take);
      const will = (name: string) => ({
        topic: `ftte/v1/t/will/${name}`,
        payload: bytes(name),
        retain: false,
      });
      const polite = await connected({ will: will('polite') });
      const dying = await connected({ will: will('dying') });
      await polite.close();
      bench.cut(dying);
      await inbox.upTo(1);
      assert.deepEqual(inbox.texts, ['dying']);
    });

    it('keeps QoS 1 messages while the broker is away and sends them, in order, when it is back', async () => {
      const [a, b] = [await connected(), await connected()];
      const inbox = new Inbox();
      await b.subscribe('ftte/v1/t/order', inbox.take);
      await bench.away();
      await Promise.all([reached(a, 'offline'), reached(b, 'offline')]);
      const sent = Array.from({ length: 20 }, (_, i) => a.publish('ftte/v1/t/order', bytes(String(i))));
      await assert.rejects(a.publish('ftte/v1/t/order', bytes('gone'), { qos: 0 }), { code: 'offline' });
      // The subscriber comes first: a clean session stores nothing for an absent client.
      await bench.back();
      await Promise.all(sent);
      await Promise.all([reached(a, 'online'), reached(b, 'online')]);
      await a.publish('ftte/v1/t/order', bytes('last'));
      while (inbox.texts.at(-1) !== 'last') await inbox.upTo(inbox.deliveries.length + 1);
      const numbers = inbox.texts.slice(0, -1).map(Number);
      assert.deepEqual(
        numbers,
        [...numbers].sort((x, y) => x - y),
      );
    });

    it('receives on an old subscription after the connection was cut, and receives the retained message again', async () => {
      const [a, b] = [await connected(), await connected()];
      const inbox = new Inbox();
      await a.publish('ftte/v1/t/kept', bytes('kept'), { retain: true });
      await b.subscribe('ftte/v1/t/kept', inbox.take);
      await inbox.upTo(1);
      const gone = reached(b, 'offline');
      bench.cut(b);
      await gone;
      await reached(b, 'online');
      await a.publish('ftte/v1/t/kept', new Uint8Array(), { retain: true });
      await inbox.upTo(3);
      assert.deepEqual(inbox.texts, ['kept', 'kept', '']);
    });

    it('resolves a subscription that was requested before there was a connection', async () => {
      const a = await connected();
      const b = await client();
      const inbox = new Inbox();
      const subscribed = b.subscribe('ftte/v1/t/early', inbox.take);
      b.open();
      await subscribed;
      await a.publish('ftte/v1/t/early', bytes('received'));
      await inbox.upTo(1);
      assert.deepEqual(inbox.texts, ['received']);
    });

    it('keeps the order of one topic', async () => {
      const [a, b] = [await connected(), await connected()];
      const inbox = new Inbox();
      await b.subscribe('ftte/v1/t/order', inbox.take);
      const wanted = Array.from({ length: 200 }, (_, i) => String(i));
      await Promise.all(wanted.map((item) => a.publish('ftte/v1/t/order', bytes(item))));
      await inbox.upTo(wanted.length);
      assert.deepEqual(inbox.texts, wanted);
    });

    it('carries a payload of its largest size, and refuses a larger one', async () => {
      const [a, b] = [await connected(), await connected()];
      const inbox = new Inbox();
      await b.subscribe('ftte/v1/t/big', inbox.take);
      const payload = Uint8Array.from({ length: a.maxPayloadBytes }, (_, i) => i * 7);
      await a.publish('ftte/v1/t/big', payload);
      const [delivery] = await inbox.upTo(1);
      assert.deepEqual(delivery?.payload, payload);
      await assert.rejects(a.publish('ftte/v1/t/big', new Uint8Array(a.maxPayloadBytes + 1)), {
        code: 'broker',
      });
    });

    it('ends a subscription without disturbing another one of the same filter', async () => {
      const [a, b] = [await connected(), await connected()];
      const [first, second] = [new Inbox(), new Inbox()];
      const end = await b.subscribe('ftte/v1/t/two', first.take);
      await b.subscribe('ftte/v1/t/two', second.take);
      await end();
      await a.publish('ftte/v1/t/two', bytes('still'));
      await second.upTo(1);
      assert.deepEqual([first.texts, second.texts], [[], ['still']]);
    });

    it('calls the other handlers when a handler throws', async () => {
      const [a, b] = [await connected(), await connected()];
      const inbox = new Inbox();
      await b.subscribe('ftte/v1/t/bad', () => {
        throw new Error('broken handler');
      });
      await b.subscribe('ftte/v1/t/+', inbox.take);
      await a.publish('ftte/v1/t/bad', bytes('1'));
      await a.publish('ftte/v1/t/bad', bytes('2'));
      while (inbox.texts.at(-1) !== '2') await inbox.upTo(inbox.deliveries.length + 1);
      assert.equal(b.state, 'online');
    });

    it('sends the queued messages before it closes, and accepts no more afterwards', async () => {
      const [a, b] = [await connected(), await connected()];
      const inbox = new Inbox();
      await b.subscribe('ftte/v1/t/last', inbox.take);
      const sent = Array.from({ length: 50 }, (_, i) => a.publish('ftte/v1/t/last', bytes(String(i))));
      await a.close();
      await Promise.all(sent);
      await inbox.upTo(50);
      assert.equal(a.state, 'offline');
      await assert.rejects(a.publish('ftte/v1/t/last', bytes('late')), { code: 'offline' });
      await assert.rejects(a.subscribe('ftte/v1/t/last', inbox.take), { code: 'offline' });
    });

    it('can be closed twice, before it was opened, and while it connects', async () => {
      const twice = await connected();
      await Promise.all([twice.close(), twice.close()]);
      await twice.close();
      await (await client()).close();
      const connecting = await client();
      connecting.open();
      await connecting.close();
      assert.equal(connecting.state, 'offline');
    });

    it('rejects the waiting messages when it is closed without a connection', async () => {
      const lonely = await client();
      const waiting = lonely.publish('ftte/v1/t/never', bytes('x'));
      const refused = assert.rejects(waiting, { code: 'offline' });
      await lonely.close();
      await refused;
    });

    it('refuses messages when its queue is full, with the reason', async () => {
      const lonely = await client();
      const waiting = Array.from({ length: 1000 }, () => lonely.publish('ftte/v1/t/x', bytes('x')));
      const all = Promise.allSettled(waiting);
      await assert.rejects(lonely.publish('ftte/v1/t/x', bytes('x')), {
        code: 'offline',
        message: /1000 messages/,
      });
      await lonely.close();
      await all;
    });

    it('replaces a waiting retained message by a newer one', async () => {
      const a = await client();
      const b = await connected();
      const inbox = new Inbox();
      await b.subscribe('ftte/v1/t/head', inbox.take);
      const sent = ['1', '2', '3'].map((item) => a.publish('ftte/v1/t/head', bytes(item), { retain: true }));
      a.open();
      await Promise.all(sent);
      await a.publish('ftte/v1/t/head', new Uint8Array(), { retain: true });
      await inbox.upTo(2);
      assert.deepEqual(inbox.texts, ['3', '']);
    });

    it('reports its state on every change, and at once to a new listener', async () => {
      const a = await client();
      const states: string[] = [];
      a.onState((state) => states.push(state));
      a.open();
      await reached(a, 'online');
      await a.close();
      assert.deepEqual(states, ['offline', 'connecting', 'online', 'offline']);
    });
  });
}
