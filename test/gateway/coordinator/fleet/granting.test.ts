import assert from 'node:assert/strict';
import type { Message } from '../../../../gateway/wire';
import { Fleet, type Gateway, kill, settle, tinyTask, until, type Watched } from '../fleet-harness';

/** One round at a time, a version for each two. */
const task = tinyTask({
  aggregation: {
    participation: { kind: 'granted', concurrency: 1, timeoutMs: 60_000 },
    bufferSize: 2,
    age: { kind: 'constant' },
    variance: 'none',
  },
});

describe('a coordinator that grants rounds', () => {
  let fleet: Fleet;
  let hub: Watched;
  let grants: { to: string; grant: Message<'grant'> }[];
  const lineage = () => hub.coordinator.status.lineage;

  beforeEach(async () => {
    fleet = new Fleet(task);
    hub = await fleet.coordinator();
    grants = [];
  });
  afterEach(() => fleet.close());

  async function join(id: string, follows = false): Promise<Gateway> {
    const gateway = await fleet.gateway(id);
    await gateway.session.subscribe('grant', (grant) => grants.push({ to: id, grant }));
    await ready(gateway, follows);
    return gateway;
  }

  async function ready(gateway: Gateway, follows = false, isReady = true): Promise<void> {
    await gateway.session.send({
      type: 'ready',
      lineage: lineage(),
      ready: isReady,
      follows,
      anchorId: '',
    });
    await pass();
  }

  /** Lets everything that was sent happen, without time passing. */
  async function pass(): Promise<void> {
    await settle();
    fleet.clock.advance(0);
    await settle();
  }

  const receivers = () => grants.map(({ to }) => to);

  it('grants one round after the other, each from the newest version', async () => {
    const [a, b] = [await join('a'), await join('b')];
    assert.deepEqual(receivers(), ['a']);
    assert.equal(grants[0]?.grant.version, 0);
    assert.deepEqual(grants[0]?.grant.catchUp?.segments, [], 'every gateway can compute version 0');
    assert.deepEqual(hub.coordinator.status.granted, { running: 1, waiting: 1 });

    await a.send(a.update(lineage(), 1));
    await pass();
    assert.deepEqual(receivers(), ['a', 'b']);
    await ready(a);
    await b.send(b.update(lineage(), 3));
    await pass();
    assert.equal(hub.coordinator.status.version, 1);
    assert.deepEqual(receivers(), ['a', 'b', 'a']);
    const last = grants[2]?.grant;
    assert.equal(last?.version, 1, 'not from the version that this update was about to replace');
    assert.deepEqual(last?.catchUp?.segments, [{ offset: 0, length: 9 }]);
    last?.catchUp?.delta.values.forEach((value) => {
      assert.ok(Math.abs(value - 2) < 0.01, `${value}`);
    });
  });

  it('takes the request for the next round from an update, once', async () => {
    const a = await join('a');
    const update = { ...a.update(lineage(), 1), next: { follows: true, anchorId: '' } };
    await a.send(update);
    await pass();
    assert.deepEqual(receivers(), ['a', 'a']);
    assert.equal(grants[1]?.grant.catchUp, undefined, 'as the request says');
    // The broker may deliver it twice.
    await a.send(update);
    await pass();
    assert.deepEqual(receivers(), ['a', 'a']);
    assert.equal(hub.coordinator.status.granted?.waiting, 0);
  });

  it('takes no request from an update of another lineage', async () => {
    const a = await join('a');
    await a.send({ ...a.update('0'.repeat(16), 1), next: { follows: true, anchorId: '' } });
    await pass();
    assert.deepEqual(receivers(), ['a']);
    assert.deepEqual(hub.coordinator.status.granted, { running: 0, waiting: 0 });
  });

  it('sends no catch-up to a gateway that follows the patches', async () => {
    await join('a', true);
    assert.equal(grants[0]?.grant.catchUp, undefined);
  });

  it('grants the next round when an update is refused or unreadable', async () => {
    const gateways = new Map<string, Gateway>();
    for (const id of ['a', 'b', 'c']) gateways.set(id, await join(id));
    const first = gateways.get(receivers()[0] ?? '');
    assert.ok(first);
    await first.send(first.update(lineage(), Number.NaN));
    await pass();
    assert.equal(grants.length, 2);
    // The gateway that was drawn sends no valid update: the coordinator can read only the sender.
    const second = gateways.get(receivers()[1] ?? '');
    assert.ok(second);
    await second.send({ ...second.update(lineage(), 1), samples: -1 });
    await pass();
    assert.equal(grants.length, 3);
    assert.deepEqual(receivers().sort(), ['a', 'b', 'c']);
  });

  it('does not wait for a gateway that left, took its request back, or stays silent', async () => {
    const a = await join('a');
    const b = await join('b');
    await join('c');
    await join('d');
    a.transport.drop();
    await pass();
    assert.equal(grants.length, 2);
    await ready(b, false, false);
    fleet.clock.advance(60_000);
    await pass();
    assert.ok(grants.length >= 3);
    assert.equal(hub.coordinator.status.granted?.running, 1);
  });

  it('grants a round that is handed back to another gateway at once, and again to the first one on request', async () => {
    const a = await join('a');
    const b = await join('b');
    assert.deepEqual(receivers(), ['a']);
    await ready(a, false, false);
    assert.deepEqual(receivers(), ['a', 'b'], 'no time has passed');
    assert.deepEqual(hub.coordinator.status.granted, { running: 1, waiting: 0 });
    await ready(a);
    await b.send(b.update(lineage(), 1));
    await pass();
    assert.deepEqual(receivers(), ['a', 'b', 'a']);
  });

  it('counts an update without a grant, or after its time, as any other', async () => {
    const a = await join('a');
    const stranger = await fleet.gateway('stranger');
    await stranger.send(stranger.update(lineage(), 1));
    fleet.clock.advance(60_000);
    await a.send(a.update(lineage(), 3));
    await pass();
    assert.equal(hub.coordinator.status.version, 1);
    assert.equal(hub.coordinator.status.accepted, 2);
  });

  it('loses no update over a restart: rounds that were granted before count, and repeated requests are granted', async () => {
    await fleet.close();
    fleet = new Fleet(task);
    const folder = await fleet.folder();
    hub = await fleet.coordinator({ folder });
    const a = await join('a');
    const b = await join('b');
    assert.deepEqual(receivers(), ['a']);
    await kill(hub, folder);
    hub = await fleet.coordinator({ folder }, 'hub2');
    await a.send(a.update(lineage(), 1));
    await ready(b);
    assert.deepEqual(receivers(), ['a', 'b']);
    await b.send(b.update(lineage(), 3));
    await until(() => hub.coordinator.status.version === 1);
    assert.equal(hub.coordinator.status.accepted, 2);
    await ready(a);
    await until(() => {
      fleet.clock.advance(0);
      return grants.length === 3;
    });
    assert.equal(grants[2]?.grant.version, 1);
  });

  it('grants nothing while it is paused, and continues afterwards', async () => {
    hub.coordinator.pause();
    await join('a');
    assert.deepEqual(grants, []);
    hub.coordinator.resume();
    await pass();
    assert.deepEqual(receivers(), ['a']);
  });

  it('ignores requests of another lineage', async () => {
    const a = await fleet.gateway('a');
    await a.session.subscribe('grant', (grant) => grants.push({ to: 'a', grant }));
    const other = { ready: true, follows: false, anchorId: '' } as const;
    await a.session.send({ type: 'ready', lineage: '0'.repeat(16), ...other });
    await pass();
    assert.deepEqual(grants, []);
  });
});

describe('a coordinator that grants nothing', () => {
  it('reports no numbers of rounds', async () => {
    const fleet = new Fleet();
    const { coordinator } = await fleet.coordinator();
    assert.equal(coordinator.status.granted, undefined);
    await fleet.close();
  });
});
