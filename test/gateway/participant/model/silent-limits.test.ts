import assert from 'node:assert/strict';
import { ModelFollower } from '../../../../gateway/participant';
import { type Log, SeededRandom, silentLog, VirtualClock } from '../../../../gateway/platform';
import { TransportSession } from '../../../../gateway/session';
import { MemoryBroker, MemoryTransport, type Transport } from '../../../../gateway/transport';
import { federation, ScriptedCoordinator, settled, sizeOf, tinyTask } from '../tools';

/** A broker that confirms every message and drops those above a limit, as Mosquitto does over MQTT 3.1.1. */
class DroppingBroker extends MemoryBroker {
  constructor(private readonly limitBytes: number) {
    super();
  }

  override publish(topic: string, payload: Uint8Array, retain: boolean): void {
    if (payload.length <= this.limitBytes) super.publish(topic, payload, retain);
  }
}

/** A task whose snapshot has about `bytes` bytes. */
const taskOf = (bytes: number) =>
  tinyTask({
    model: {
      layers: [
        { type: 'flatten' },
        { type: 'dense', units: Math.ceil(bytes / 8 / 19) },
        { type: 'relu' },
        { type: 'dense', units: 2 },
      ],
    },
  });

describe('a gateway at a broker that drops large messages and confirms them', () => {
  async function join(limitBytes: number, modelBytes: number, transportOf: (inner: Transport) => Transport) {
    const clock = new VirtualClock();
    const broker = new DroppingBroker(limitBytes);
    const task = taskOf(modelBytes);
    const coordinator = await new ScriptedCoordinator(broker, clock, task).start();
    const lines: string[] = [];
    const log: Log = { ...silentLog, warn: (text) => void lines.push(text) };
    const transport = new MemoryTransport(broker, { client: 'gw' });
    const random = new SeededRandom(1);
    const session = new TransportSession({
      transport: transportOf(transport),
      federation,
      id: 'gw',
      clock,
      random,
    });
    const follower = new ModelFollower({ session, clock, random, log });
    transport.open();
    await follower.start();
    /** Seconds until the model is there. */
    const waited = async (mostS: number) => {
      for (let s = 0; s < mostS; s += 0.25) {
        await settled();
        if (follower.version >= 0) return s;
        clock.advance(250);
      }
      return Number.POSITIVE_INFINITY;
    };
    return { clock, coordinator, follower, session, lines, waited, size: sizeOf(task) };
  }

  /** As a connection over MQTT 3.1.1 is. */
  const silent = (inner: Transport): Transport =>
    new Proxy(inner, {
      get: (target, key) => {
        const value: unknown = key === 'dropsSilently' ? true : Reflect.get(target, key);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });

  for (const limit of [1200, 2000, 4000, 8000, 20_000])
    for (const { model, mostS } of [
      { model: 10_000, mostS: 8 },
      { model: 100_000, mostS: 9 },
      { model: 400_000, mostS: 12 },
    ])
      it(`has a model of ${model} bytes within ${mostS} s if messages above ${limit} bytes are dropped, and names the cause once`, async () => {
        const { waited, follower, session, lines } = await join(limit, model, silent);
        assert.ok((await waited(60)) <= mostS);
        if (model <= limit) assert.deepEqual(lines, []);
        else {
          assert.ok((session.partLimitBytes ?? Number.POSITIVE_INFINITY) <= limit);
          assert.equal(lines.length, 1, lines.join('\n'));
          assert.match(lines[0]!, /the broker seems to drop larger messages .*message_size_limit/);
        }
        await follower.stop();
      });

  it('begins with the sizes that cut the model, and pauses longer and longer when none of them helps', async () => {
    const { waited, coordinator, follower } = await join(128 * 1024, 10_000, silent);
    coordinator.answering = false;
    await waited(120);
    const sizes = coordinator.syncs.map(({ maxPartBytes }) => maxPartBytes);
    assert.deepEqual(sizes.slice(0, 4), [undefined, 4096, 1024, 1024]);
    assert.ok(sizes.length <= 9, `${sizes.length} requests in two minutes`);
    await follower.stop();
  });

  it('takes a whole model that was merely slow for no limit', async () => {
    const { clock, waited, coordinator, follower, session, lines } = await join(128 * 1024, 10_000, silent);
    coordinator.answering = false;
    clock.advance(5000);
    await waited(3);
    assert.ok(coordinator.syncs.length > 1);
    coordinator.snapshot('gw');
    assert.ok((await waited(1)) < 1);
    assert.equal(session.partLimitBytes, undefined);
    assert.deepEqual(lines, []);
    await follower.stop();
  });

  it('has a broker that drops what it need not confirm confirm the snapshot that it asks for again', async () => {
    let isConfirmed = false;
    const { waited, coordinator, follower } = await join(128 * 1024, 10_000, (inner) => ({
      get state() {
        return inner.state;
      },
      maxPayloadBytes: inner.maxPayloadBytes,
      lastError: undefined,
      onState: (listener) => inner.onState(listener),
      open: () => inner.open(),
      publish: (topic, payload, options) => inner.publish(topic, payload, options),
      close: () => inner.close(),
      subscribe: (filter, handler, options) => {
        const isSnapshot = filter.endsWith('/snapshot');
        if (isSnapshot && options?.qos === 1) isConfirmed = true;
        return inner.subscribe(filter, (delivery) => {
          if (!isSnapshot || isConfirmed) handler(delivery);
        });
      },
    }));
    assert.ok((await waited(30)) < 30);
    assert.equal(coordinator.syncs.length, 2);
    await follower.stop();
  });

  it('asks no sooner than usual over a protocol in which a broker says that it refuses', async () => {
    const { waited, coordinator, follower } = await join(1200, 10_000, (inner) => inner);
    coordinator.answering = false;
    await waited(4);
    assert.equal(coordinator.syncs.length, 1);
    await follower.stop();
  });
});
