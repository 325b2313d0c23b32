import { deepEqual, equal, ok, rejects, throws } from 'node:assert/strict';
import type { CoordinatorStatus } from '../../../gateway/coordinator';
import { FtteError } from '../../../gateway/platform';
import { Fleet, settle, tinyTask, until } from './fleet-harness';

const isCode = (code: string) => (error: unknown) => error instanceof FtteError && error.code === code;

describe('the coordinator', () => {
  let fleet: Fleet;
  afterEach(() => fleet.close());

  it('publishes the patch before the head that makes it the newest, and retains task and head for later gateways', async () => {
    fleet = new Fleet(tinyTask({ aggregation: { bufferSize: 1 } }));
    const messages = await fleet.listen('early', ['patch', 'head']);
    const { coordinator, versions } = await fleet.coordinator();
    const a = await fleet.gateway('a');
    await a.send(a.update(coordinator.status.lineage, 1));
    await until(() => versions.length === 1);
    await settle();
    const order = messages.map((message) => `${message.type} ${'version' in message ? message.version : ''}`);
    deepEqual(order, ['head 0', 'patch 1', 'head 1']);
    const [task, head] = await fleet.listen('late', ['task', 'head']);
    equal(task?.type === 'task' && task.lineage, coordinator.status.lineage);
    equal(head?.type === 'head' && head.version, 1);
  });

  it('reports the gateways that joined, left and returned', async () => {
    fleet = new Fleet();
    const { notices } = await fleet.coordinator();
    const a = await fleet.gateway('a', 4096);
    await settle();
    a.transport.drop({ stay: true });
    await settle();
    a.transport.reconnect();
    await settle();
    const changes = notices.filter(({ code }) => code.startsWith('gateway-'));
    deepEqual(
      changes.map(({ code, level, text, count, details }) => [code, level, text, count, details]),
      [
        ['joined', 1, '1 is'],
        ['left', 0, '0 are'],
        ['returned', 1, '1 is'],
      ].map(([change, online, are]) => [
        `gateway-${change}`,
        'info',
        `gateway a ${change}; ${are} online`,
        1,
        { gateway: 'a', online, budgetBytes: 4096 },
      ]),
    );
  });

  it('reports to the sender and in a notice why an update was refused, and does not apply it', async () => {
    fleet = new Fleet(tinyTask({ aggregation: { bufferSize: 1, maxNorm: 1 } }));
    const { coordinator, notices } = await fleet.coordinator();
    const a = await fleet.gateway('a');
    const update = a.update(coordinator.status.lineage, 100);
    await a.send(update);
    await until(() => a.ackOf(update) !== undefined);
    const ack = a.ackOf(update);
    equal(ack?.status, 'rejected');
    equal(ack?.reason, 'norm-exceeded');
    ok(ack?.detail?.includes('expected at most 1'));
    const notice = notices.find(({ code }) => code === 'update-rejected');
    equal(notice?.level, 'warning');
    ok(notice.text.startsWith('an update of a is refused: norm-exceeded: '), notice.text);
    deepEqual([notice.details?.reason, notice.details?.gateway], ['norm-exceeded', 'a']);
    deepEqual(coordinator.status.rejected, { 'norm-exceeded': 1 });
    equal(coordinator.status.version, 0);
  });

  it('refuses bytes that name an update but are not one, so that no gateway sends them for ever', async () => {
    fleet = new Fleet();
    const { coordinator, notices } = await fleet.coordinator();
    const a = await fleet.gateway('a');
    const update = a.update(coordinator.status.lineage, 1, { samples: 1.5 });
    await a.send(update);
    await until(() => notices.some(({ code }) => code === 'update-rejected'));
    await settle();
    equal(a.ackOf(update)?.reason, 'malformed');
    equal(coordinator.status.rejected['malformed'], 1);
  });

  it('acknowledges a duplicate and does not count it again, in one batch and later', async () => {
    fleet = new Fleet(tinyTask({ aggregation: { bufferSize: 2 } }));
    const { coordinator } = await fleet.coordinator();
    const a = await fleet.gateway('a');
    const update = a.update(coordinator.status.lineage, 1);
    await Promise.all([a.send(update), a.send(update)]);
    await until(() => a.acks.length === 2);
    await a.send(update);
    await until(() => a.acks.length === 3);
    deepEqual(
      a.acks.map(({ status }) => status),
      ['accepted', 'duplicate', 'duplicate'],
    );
    equal(coordinator.status.buffered, 1);
    equal(coordinator.status.accepted, 1);
    equal(coordinator.status.gateways[0]?.contributions, 1);
  });

  it('accepts updates as bytes, and refuses bytes that are not a message', async () => {
    fleet = new Fleet(tinyTask({ aggregation: { bufferSize: 1 } }));
    const watched = fleet.watch();
    const a = await fleet.gateway('a');
    throws(() => watched.coordinator.receive(Buffer.from('hello')), isCode('not-ready'));
    await fleet.start(watched);
    const { coordinator, versions } = watched;
    const update = a.update(coordinator.status.lineage, 1);
    coordinator.receive(a.session.encode(update));
    await until(() => versions.length === 1);
    ok((versions[0]?.updateBytes ?? 0) > 100);
    await until(() => a.ackOf(update)?.status === 'accepted');
    throws(() => coordinator.receive(Buffer.from('hello')), isCode('message-invalid'));
  });

  it('leaves no claim, subscription or timer when it stops, and its phase is "stopped"', async () => {
    fleet = new Fleet(tinyTask({ aggregation: { bufferSize: 5 } }));
    const { coordinator } = await fleet.coordinator();
    const a = await fleet.gateway('a');
    await a.send(a.update(coordinator.status.lineage, 1));
    await until(() => coordinator.status.buffered === 1);
    const states: CoordinatorStatus[] = [];
    coordinator.on('status', (state) => states.push(state));
    await coordinator.stop();
    await coordinator.stop();
    const [claim] = await fleet.listen('late', ['claim']);
    equal(claim?.type === 'claim' && claim.active, false);
    const update = a.update(coordinator.status.lineage, 1);
    await a.send(update);
    await settle();
    fleet.clock.advance(3_600_000);
    await settle();
    equal(a.ackOf(update), undefined);
    equal(coordinator.status.version, 0);
    equal(states.at(-1)?.phase, 'stopped');
    await rejects(coordinator.applyNow(), isCode('not-ready'));
  });

  it('sends every retained message again after the connection was lost', async () => {
    fleet = new Fleet();
    const { transport } = await fleet.coordinator();
    const messages = await fleet.listen('other', ['claim', 'task', 'head']);
    messages.length = 0;
    transport.drop();
    await settle();
    deepEqual(
      messages.map(({ type }) => type),
      ['claim', 'task', 'head'],
    );
  });

  it('starts without a broker, and begins when the broker can be reached', async () => {
    fleet = new Fleet();
    fleet.broker.stop();
    const watched = await fleet.start(fleet.watch());
    equal(watched.coordinator.status.phase, 'starting');
    equal(watched.coordinator.status.online, false);
    fleet.broker.start();
    await settle();
    fleet.clock.advance(1_500);
    await until(() => watched.coordinator.status.phase === 'collecting');
    equal(watched.coordinator.status.online, true);
    deepEqual(watched.problems, []);
  });

  it('can be stopped while it starts', async () => {
    fleet = new Fleet();
    const { coordinator } = fleet.watch();
    const started = coordinator.start();
    await settle(2);
    await coordinator.stop();
    await started;
    equal(coordinator.status.phase, 'stopped');
    equal((await fleet.listen('late', ['claim'])).length, 0);
  });

  it('accepts the updates after one whose version could not be published', async () => {
    fleet = new Fleet(tinyTask({ aggregation: { bufferSize: 1 } }));
    const { coordinator, session, problems } = await fleet.coordinator({ folder: await fleet.folder() });
    const a = await fleet.gateway('a');
    const encode = session.encode.bind(session);
    session.encode = (body) => {
      if (body.type === 'patch') throw new Error('a patch that cannot be encoded');
      return encode(body);
    };
    const updates = [1, 2, 3].map((value) => a.update(coordinator.status.lineage, value));
    await Promise.all(updates.map((update) => a.send(update)));
    await until(() => problems.length === 3);
    await settle();
    deepEqual(
      updates.map((update) => a.ackOf(update)?.status),
      ['accepted', 'accepted', 'accepted'],
    );
    equal(coordinator.status.version, 3);
  });

  it('survives listeners that throw', async () => {
    fleet = new Fleet(tinyTask({ aggregation: { bufferSize: 1 } }));
    const watched = fleet.watch();
    for (const event of ['status', 'version', 'notice', 'problem'] as const) {
      watched.coordinator.on(event, () => {
        throw new Error('a broken flow');
      });
    }
    await fleet.start(watched);
    const a = await fleet.gateway('a');
    await a.send(a.update(watched.coordinator.status.lineage, 1));
    await until(() => watched.versions.length === 1);
  });

  it('starts from given parameters, and refuses those that do not fit', async () => {
    fleet = new Fleet();
    const initial = Float32Array.from({ length: 9 }, (_, i) => i);
    const { coordinator } = await fleet.coordinator({ initial });
    deepEqual(coordinator.export().parameters, initial);
    const wrong = fleet.watch({ initial: new Float32Array(4) }, 'hub-2');
    await rejects(wrong.coordinator.start(), /4 parameters, expected 9/);
    const strange = fleet.watch({ initial: initial.map((value) => value / 0) }, 'hub-3');
    await rejects(strange.coordinator.start(), /initial\[0\] is NaN/);
  });
});
