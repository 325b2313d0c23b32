import { deepEqual, equal, ok } from 'node:assert/strict';
import type { TransportSession } from '../../../../gateway/session';
import { topicOf } from '../../../../gateway/session';
import { encodeMessage, type Message, type MessageType } from '../../../../gateway/wire';
import { Fleet, settle, tinyTask, until, type Watched } from '../fleet-harness';

/** The message that the broker retains on a topic, as a gateway that joins now receives it. */
async function retained(fleet: Fleet, type: 'claim' | 'task' | 'head'): Promise<Message<MessageType>[]> {
  return fleet.listen(`late-${type}-${fleet.clock.now()}`, [type]);
}

const repairs = ({ notices }: Watched) => notices.filter(({ code }) => code === 'retained-lost');

/** Bytes on the topic of a retained message, as any client of the broker could send them. */
function overwrite(fleet: Fleet, type: 'claim' | 'task' | 'head' | 'presence', bytes: Uint8Array): void {
  fleet.broker.publish(topicOf('fed', type, 'hub'), bytes, true);
}

const isOnline = ({ coordinator }: Watched, id: string) =>
  coordinator.status.gateways.find((gateway) => gateway.id === id)?.online;

describe('the retained messages of a coordinator', () => {
  let fleet: Fleet;
  beforeEach(() => {
    fleet = new Fleet(tinyTask({ aggregation: { bufferSize: 1 } }));
  });
  afterEach(() => fleet.close());

  for (const type of ['claim', 'task', 'head'] as const)
    for (const [what, bytes] of [
      ['cleared', new Uint8Array(0)],
      ['overwritten', Buffer.from('anything else')],
    ] as const)
      it(`are sent again if the ${type} is ${what}, and a notice says so once`, async () => {
        const hub = await fleet.coordinator();
        equal(repairs(hub).length, 0);
        overwrite(fleet, type, bytes);
        await settle();
        const [found] = await retained(fleet, type);
        equal(found?.sender, 'hub');
        equal(found?.type, type);
        const [notice] = repairs(hub);
        ok(notice?.text.includes(`all/${type} was ${what}`));
      });

  it('take the place of those of another sender', async () => {
    const hub = await fleet.coordinator();
    const { session } = fleet.session('mallory');
    const { lineage } = hub.coordinator.status;
    await session.send({ type: 'head', lineage, version: 5, modelKey: '' });
    await settle();
    const [head] = await retained(fleet, 'head');
    ok(head?.type === 'head' && head.version === 0 && head.sender === 'hub');
    const [notice] = repairs(hub);
    ok(notice?.text.includes('by mallory'));
  });

  it('are repaired seldom if they are overwritten again and again, and are right in the end', async () => {
    const hub = await fleet.coordinator();
    const heads: Message<MessageType>[] = await fleet.listen('watch', ['head']);
    heads.length = 0;
    for (let i = 0; i < 600; i++) {
      overwrite(fleet, 'head', Buffer.from(`junk ${i}`));
      await settle(2);
      fleet.clock.advance(100);
      await settle(2);
    }
    ok(heads.length >= 3 && heads.length <= 8, `${heads.length} repairs in a minute`);
    equal(repairs(hub).length, 1);
    fleet.clock.advance(60_000);
    await settle();
    const [head] = await retained(fleet, 'head');
    equal(head?.type === 'head' && head.version, 0);
  });

  it('are not repaired while versions are made one after the other', async () => {
    const hub = await fleet.coordinator();
    const a = await fleet.gateway('a');
    const { lineage } = hub.coordinator.status;
    for (let i = 0; i < 5; i++) await a.send(a.update(lineage, 0.1));
    await until(() => hub.versions.length === 5);
    await settle();
    hub.transport.drop({ stay: true });
    await settle();
    hub.transport.reconnect();
    await settle();
    deepEqual(repairs(hub), []);
  });

  it('stay wiped after an orderly stop', async () => {
    const hub = await fleet.coordinator();
    await hub.coordinator.stop();
    overwrite(fleet, 'task', new Uint8Array(0));
    await settle();
    deepEqual(await retained(fleet, 'task'), []);
  });

  it('include the presence: a false one of somebody else does not stay', async () => {
    const hub = await fleet.coordinator();
    const watch = await fleet.listen('watch', ['presence']);
    const envelope = { federation: 'fed', sender: 'hub', sequence: 0 };
    overwrite(fleet, 'presence', encodeMessage(envelope, { type: 'presence', online: false }));
    await settle();
    const last = watch.filter(({ sender }) => sender === 'hub').at(-1);
    ok(last?.type === 'presence' && last.online);
    equal(repairs(hub).length, 1);
  });
});

describe('a gateway without the task', () => {
  let fleet: Fleet;
  let hub: Watched;
  beforeEach(async () => {
    fleet = new Fleet(tinyTask({ aggregation: { bufferSize: 1 } }));
    hub = await fleet.coordinator();
  });
  afterEach(() => fleet.close());

  const hello = (session: TransportSession, modelKey: string) =>
    session.send({ type: 'hello', budgetBytes: 1, instance: 'i', software: '', modelKey });

  for (const [what, key] of [
    ['no model', ''],
    ['another model', 'ffffffffffffffff'],
  ] as const)
    it(`gets it again if its hello names ${what}`, async () => {
      const tasks = await fleet.listen('watch', ['task']);
      tasks.length = 0;
      await hello(fleet.session('gw').session, key);
      await settle();
      fleet.clock.advance(2_000);
      await settle();
      equal(tasks.length, 1);
    });

  it('gets it again if its update is of another lineage, and not if it refuses the task', async () => {
    const tasks = await fleet.listen('watch', ['task']);
    tasks.length = 0;
    const a = await fleet.gateway('a');
    const send = async () => {
      await a.send(a.update('ffffffffffffffff', 0.1));
      await settle();
      fleet.clock.advance(15_000);
      await settle();
    };
    await send();
    equal(tasks.length, 1);
    const content = { budgetBytes: 1, instance: 'i', software: '', modelKey: '' };
    await a.session.send({ type: 'hello', ...content, refuses: 'its labels are others' });
    await send();
    equal(tasks.length, 1);
  });

  it('does not get it again if it has it shortly afterwards', async () => {
    const tasks = await fleet.listen('watch', ['task']);
    tasks.length = 0;
    const { session } = fleet.session('gw');
    await hello(session, '');
    await session.subscribe('task', ({ modelKey }) => void hello(session, modelKey));
    await settle();
    fleet.clock.advance(60_000);
    await settle();
    equal(tasks.length, 0);
  });

  it('makes the coordinator send it at most every 15 s, however many there are', async () => {
    const tasks = await fleet.listen('watch', ['task']);
    tasks.length = 0;
    const { session } = fleet.session('gw');
    for (let i = 0; i < 60; i++) {
      await hello(session, '');
      await settle(2);
      fleet.clock.advance(1_000);
    }
    await settle();
    ok(tasks.length >= 3 && tasks.length <= 5, `${tasks.length} tasks in a minute`);
  });

  it('is online again with its next update, whatever a late or forged presence says', async () => {
    const a = await fleet.gateway('a');
    equal(isOnline(hub, 'a'), true);
    const envelope = { federation: 'fed', sender: 'a', sequence: 0 };
    const gone = encodeMessage(envelope, { type: 'presence', online: false });
    fleet.broker.publish(topicOf('fed', 'presence', 'a'), gone, true);
    await settle();
    equal(isOnline(hub, 'a'), false);
    const update = a.update(hub.coordinator.status.lineage, 1);
    await a.send(update);
    await until(() => a.ackOf(update) !== undefined);
    equal(isOnline(hub, 'a'), true);
    // The same bytes once more are no sign of life.
    fleet.broker.publish(topicOf('fed', 'presence', 'a'), gone, true);
    await settle();
    await a.send(update);
    await until(() => a.acks.length === 2);
    equal(isOnline(hub, 'a'), false);
  });

  it('stays online if the Last Will of an earlier run comes late', async () => {
    const a = await fleet.gateway('a');
    const will = (instance: string) =>
      encodeMessage(
        { federation: 'fed', sender: 'a', sequence: 0 },
        { type: 'presence', online: false, instance },
      );
    const topic = topicOf('fed', 'presence', 'a');
    fleet.broker.publish(topic, will('0123456789abcdef'), true);
    await settle();
    equal(isOnline(hub, 'a'), true);
    fleet.broker.publish(topic, will(a.session.instance), true);
    await settle();
    equal(isOnline(hub, 'a'), false);
  });
});
