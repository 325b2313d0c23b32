import { deepEqual, equal, ok, rejects, throws } from 'node:assert/strict';
import type { CoordinatorState } from '../../../gateway/coordinator';
import { FtteError } from '../../../gateway/platform';
import { Fleet, settle, tinyTask, until } from './fleet';

const isCode = (code: string) => (error: unknown) => error instanceof FtteError && error.code === code;

describe('the coordinator', () => {
  let fleet: Fleet;
  afterEach(() => fleet.close());

  it('makes a version of a full buffer and acknowledges each update', async () => {
    fleet = new Fleet(tinyTask({ aggregation: { bufferSize: 2 } }));
    const { coordinator, versions } = await fleet.coordinator();
    const [a, b] = [await fleet.gateway('a'), await fleet.gateway('b')];
    const { lineage } = coordinator.state;
    const before = coordinator.export('current').parameters;
    const first = a.update(lineage, 0.5, { samples: 30 });
    const second = b.update(lineage, 0.1, { samples: 10 });
    await a.send(first);
    await b.send(second);
    await until(() => versions.length === 1);
    await settle();
    equal(a.ackOf(first)?.status, 'accepted');
    equal(b.ackOf(second)?.status, 'accepted');
    equal(coordinator.state.version, 1);
    // (30 * 0.5 + 10 * 0.1) / 40
    const moved = coordinator.export('current').parameters.map((value, i) => value - before[i]!);
    ok(moved.every((value) => Math.abs(value - 0.4) < 1e-6));
    const report = versions[0]!;
    equal(report.cause, 'full');
    const shares = report.contributions.map(({ gateway, weight }) => [gateway, weight]);
    deepEqual(shares, [
      ['a', 0.75],
      ['b', 0.25],
    ]);
    ok(report.updateBytes > 0 && report.patchBytes > 0);
    equal(report.gatewaysOnline, 2);
  });

  it('gives no more weight than samples of a whole round have, however many a gateway says it trained on', async () => {
    fleet = new Fleet(
      tinyTask({ aggregation: { bufferSize: 2 }, training: { maxSamplesPerRound: 30, batchSize: 10 } }),
    );
    const { coordinator, versions } = await fleet.coordinator();
    const [a, b] = [await fleet.gateway('a'), await fleet.gateway('b')];
    const { lineage } = coordinator.state;
    await a.send(
      a.update(lineage, 0.5, { samples: Number.MAX_SAFE_INTEGER, steps: Number.MAX_SAFE_INTEGER }),
    );
    await b.send(b.update(lineage, 0.1, { samples: 10 }));
    await until(() => versions.length === 1);
    deepEqual(
      versions[0]?.contributions.map(({ gateway, samples, weight }) => [gateway, samples, weight]),
      [
        ['a', 30, 0.75],
        ['b', 10, 0.25],
      ],
    );
  });

  it('says the patch before the head that makes it the newest, and the task and head to whoever comes later', async () => {
    fleet = new Fleet(tinyTask({ aggregation: { bufferSize: 1 } }));
    const heard = await fleet.listen('early', ['patch', 'head']);
    const { coordinator, versions } = await fleet.coordinator();
    const a = await fleet.gateway('a');
    await a.send(a.update(coordinator.state.lineage, 1));
    await until(() => versions.length === 1);
    await settle();
    const order = heard.map((message) => `${message.type} ${'version' in message ? message.version : ''}`);
    deepEqual(order, ['head 0', 'patch 1', 'head 1']);
    const [task, head] = await fleet.listen('late', ['task', 'head']);
    equal(task?.type === 'task' && task.lineage, coordinator.state.lineage);
    equal(head?.type === 'head' && head.version, 1);
  });

  it('applies what a quiet fleet has sent after the longest wait, counted from the first contribution', async () => {
    fleet = new Fleet(tinyTask({ aggregation: { bufferSize: 5, maxWaitMs: 10_000 } }));
    const { coordinator, versions } = await fleet.coordinator();
    const a = await fleet.gateway('a');
    const { lineage } = coordinator.state;
    await a.send(a.update(lineage, 1));
    await until(() => coordinator.state.buffered === 1);
    await settle();
    fleet.clock.advance(6_000);
    await a.send(a.update(lineage, 1));
    await until(() => coordinator.state.buffered === 2);
    fleet.clock.advance(3_999);
    await settle();
    equal(versions.length, 0);
    fleet.clock.advance(1);
    await until(() => versions.length === 1);
    equal(versions[0]?.cause, 'max-wait');
    equal(versions[0]?.contributions.length, 2);
    fleet.clock.advance(60_000);
    await settle();
    equal(versions.length, 1, 'an empty buffer makes no version');
  });

  it('fills a smaller buffer when the fleet gets smaller', async () => {
    fleet = new Fleet(tinyTask({ aggregation: { bufferSize: 'auto' } }));
    const { coordinator, versions } = await fleet.coordinator();
    const gateways = [];
    for (const id of ['a', 'b', 'c', 'd']) gateways.push(await fleet.gateway(id));
    const [a, b] = gateways;
    await until(() => coordinator.state.bufferSize === 3);
    await a?.send(a.update(coordinator.state.lineage, 1));
    await a?.send(a.update(coordinator.state.lineage, 2));
    await until(() => coordinator.state.buffered === 2);
    equal(versions.length, 0);
    b?.transport.drop({ stay: true });
    gateways[2]?.transport.drop({ stay: true });
    await until(() => versions.length === 1);
    equal(versions[0]?.gatewaysOnline, 2);
  });

  it('tells who joined, left and returned', async () => {
    fleet = new Fleet();
    const { notices } = await fleet.coordinator();
    const a = await fleet.gateway('a', 4096);
    await settle();
    a.transport.drop({ stay: true });
    await settle();
    a.transport.reconnect();
    await settle();
    const about = notices.filter((notice) => 'online' in notice);
    deepEqual(about, [
      { kind: 'joined', gateway: 'a', online: 1, budgetBytes: 4096 },
      { kind: 'left', gateway: 'a', online: 0, budgetBytes: 4096 },
      { kind: 'returned', gateway: 'a', online: 1, budgetBytes: 4096 },
    ]);
  });

  it('tells the sender and output 2 why an update was not taken, and does not apply it', async () => {
    fleet = new Fleet(tinyTask({ aggregation: { bufferSize: 1, maxNorm: 1 } }));
    const { coordinator, notices } = await fleet.coordinator();
    const a = await fleet.gateway('a');
    const update = a.update(coordinator.state.lineage, 100);
    await a.send(update);
    await until(() => a.ackOf(update) !== undefined);
    const ack = a.ackOf(update);
    equal(ack?.status, 'rejected');
    equal(ack?.reason, 'norm-exceeded');
    ok(ack?.detail?.includes('wanted at most 1'));
    const notice = notices.find(({ kind }) => kind === 'rejected');
    ok(notice?.kind === 'rejected' && notice.reason === 'norm-exceeded' && notice.gateway === 'a');
    deepEqual(coordinator.state.rejected, { 'norm-exceeded': 1 });
    equal(coordinator.state.version, 0);
  });

  it('answers bytes that name an update but are none, so that nobody sends them for ever', async () => {
    fleet = new Fleet();
    const { coordinator, notices } = await fleet.coordinator();
    const a = await fleet.gateway('a');
    const update = a.update(coordinator.state.lineage, 1, { samples: 1.5 });
    await a.send(update);
    await until(() => notices.some(({ kind }) => kind === 'rejected'));
    await settle();
    equal(a.ackOf(update)?.reason, 'malformed');
    equal(coordinator.state.rejected['malformed'], 1);
  });

  it('acknowledges a duplicate and does not count it again, in one batch and later', async () => {
    fleet = new Fleet(tinyTask({ aggregation: { bufferSize: 2 } }));
    const { coordinator } = await fleet.coordinator();
    const a = await fleet.gateway('a');
    const update = a.update(coordinator.state.lineage, 1);
    await Promise.all([a.send(update), a.send(update)]);
    await until(() => a.acks.length === 2);
    await a.send(update);
    await until(() => a.acks.length === 3);
    deepEqual(
      a.acks.map(({ status }) => status),
      ['accepted', 'duplicate', 'duplicate'],
    );
    equal(coordinator.state.buffered, 1);
    equal(coordinator.state.accepted, 1);
    equal(coordinator.state.gateways[0]?.contributions, 1);
  });

  it('takes updates as bytes, and refuses bytes that are no message', async () => {
    fleet = new Fleet(tinyTask({ aggregation: { bufferSize: 1 } }));
    const watched = fleet.watch();
    const a = await fleet.gateway('a');
    throws(() => watched.coordinator.receive(Buffer.from('hello')), isCode('not-ready'));
    await fleet.start(watched);
    const { coordinator, versions } = watched;
    const update = a.update(coordinator.state.lineage, 1);
    coordinator.receive(a.session.encode(update));
    await until(() => versions.length === 1);
    ok((versions[0]?.updateBytes ?? 0) > 100);
    await until(() => a.ackOf(update)?.status === 'accepted');
    throws(() => coordinator.receive(Buffer.from('hello')), isCode('message-invalid'));
  });

  it('takes updates while paused, applies none, and applies a buffer at a time when resumed', async () => {
    fleet = new Fleet(tinyTask({ aggregation: { bufferSize: 2, maxWaitMs: 1_000 } }));
    const { coordinator, versions } = await fleet.coordinator();
    const a = await fleet.gateway('a');
    coordinator.pause();
    for (let i = 0; i < 5; i++) await a.send(a.update(coordinator.state.lineage, 1));
    await until(() => a.acks.length === 5);
    fleet.clock.advance(60_000);
    await settle();
    equal(versions.length, 0);
    equal(coordinator.state.phase, 'paused');
    coordinator.resume();
    await until(() => versions.length === 2);
    equal(coordinator.state.buffered, 1);
    fleet.clock.advance(1_000);
    await until(() => versions.length === 3);
    deepEqual(
      versions.map(({ cause, contributions }) => [cause, contributions.length]),
      [
        ['full', 2],
        ['full', 2],
        ['max-wait', 1],
      ],
    );
  });

  it('bounds what waits while paused: beyond it updates stay with their gateways', async () => {
    fleet = new Fleet(tinyTask({ aggregation: { bufferSize: 2 } }));
    const { coordinator } = await fleet.coordinator({ bufferBytes: 3 * 9 * 4 });
    const a = await fleet.gateway('a');
    coordinator.pause();
    const updates = Array.from({ length: 5 }, () => a.update(coordinator.state.lineage, 1));
    for (const update of updates) await a.send(update);
    await until(() => a.acks.length === 3);
    await settle();
    equal(a.acks.length, 3);
    equal(coordinator.state.buffered, 3);
    coordinator.resume();
    await until(() => coordinator.state.version >= 1);
    await a.send(updates[4]!);
    await until(() => a.ackOf(updates[4]!)?.status === 'accepted');
  });

  it('applies what is there on request, and nothing where there is nothing', async () => {
    fleet = new Fleet(tinyTask({ aggregation: { bufferSize: 5 } }));
    const { coordinator, versions } = await fleet.coordinator();
    const a = await fleet.gateway('a');
    await coordinator.applyNow();
    equal(coordinator.state.version, 0);
    await a.send(a.update(coordinator.state.lineage, 1));
    await until(() => coordinator.state.buffered === 1);
    await coordinator.applyNow();
    equal(versions[0]?.cause, 'request');
    equal(coordinator.state.version, 1);
  });

  it('weighs an older contribution less, by its age when it is applied', async () => {
    fleet = new Fleet(tinyTask({ aggregation: { bufferSize: 1 } }));
    const { coordinator, versions } = await fleet.coordinator();
    const a = await fleet.gateway('a');
    const { lineage } = coordinator.state;
    for (let version = 0; version < 3; version++) {
      await a.send(a.update(lineage, 0.1, { baseVersion: version }));
      await until(() => versions.length === version + 1);
    }
    coordinator.pause();
    await a.send(a.update(lineage, 0.1, { baseVersion: 3 }));
    await a.send(a.update(lineage, 0.1, { baseVersion: 0 }));
    await until(() => coordinator.state.buffered === 2);
    await coordinator.applyNow();
    const [young, old] = versions[3]?.contributions ?? [];
    deepEqual([young?.age, old?.age], [0, 3]);
    ok(Math.abs((old?.weight ?? 0) / (young?.weight ?? 1) - 0.5) < 1e-9, '1 / sqrt(1 + 3)');
  });

  it('leaves nothing behind when it stops: no claim, no subscription, no timer, no state but "stopped"', async () => {
    fleet = new Fleet(tinyTask({ aggregation: { bufferSize: 5 } }));
    const { coordinator } = await fleet.coordinator();
    const a = await fleet.gateway('a');
    await a.send(a.update(coordinator.state.lineage, 1));
    await until(() => coordinator.state.buffered === 1);
    const states: CoordinatorState[] = [];
    coordinator.on('state', (state) => states.push(state));
    await coordinator.stop();
    await coordinator.stop();
    const [claim] = await fleet.listen('late', ['claim']);
    equal(claim?.type === 'claim' && claim.active, false);
    const update = a.update(coordinator.state.lineage, 1);
    await a.send(update);
    await settle();
    fleet.clock.advance(3_600_000);
    await settle();
    equal(a.ackOf(update), undefined);
    equal(coordinator.state.version, 0);
    equal(states.at(-1)?.phase, 'stopped');
    await rejects(coordinator.applyNow(), isCode('not-ready'));
  });

  it('says everything that is retained again after the connection was lost', async () => {
    fleet = new Fleet();
    const { transport } = await fleet.coordinator();
    const heard = await fleet.listen('other', ['claim', 'task', 'head']);
    heard.length = 0;
    transport.drop();
    await settle();
    deepEqual(
      heard.map(({ type }) => type),
      ['claim', 'task', 'head'],
    );
  });

  it('starts without a broker, and begins when there is one', async () => {
    fleet = new Fleet();
    fleet.broker.stop();
    const watched = await fleet.start(fleet.watch());
    equal(watched.coordinator.state.phase, 'starting');
    equal(watched.coordinator.state.online, false);
    fleet.broker.start();
    await settle();
    fleet.clock.advance(1_500);
    await until(() => watched.coordinator.state.phase === 'collecting');
    equal(watched.coordinator.state.online, true);
    deepEqual(watched.problems, []);
  });

  it('can be stopped while it starts', async () => {
    fleet = new Fleet();
    const { coordinator } = fleet.watch();
    const started = coordinator.start();
    await settle(2);
    await coordinator.stop();
    await started;
    equal(coordinator.state.phase, 'stopped');
    equal((await fleet.listen('late', ['claim'])).length, 0);
  });

  it('takes the updates behind one whose version could not be told', async () => {
    fleet = new Fleet(tinyTask({ aggregation: { bufferSize: 1 } }));
    const { coordinator, session, problems } = await fleet.coordinator({ folder: await fleet.folder() });
    const a = await fleet.gateway('a');
    const encode = session.encode.bind(session);
    session.encode = (body) => {
      if (body.type === 'patch') throw new Error('a patch that cannot be told');
      return encode(body);
    };
    const updates = [1, 2, 3].map((value) => a.update(coordinator.state.lineage, value));
    await Promise.all(updates.map((update) => a.send(update)));
    await until(() => problems.length === 3);
    await settle();
    deepEqual(
      updates.map((update) => a.ackOf(update)?.status),
      ['accepted', 'accepted', 'accepted'],
    );
    equal(coordinator.state.version, 3);
  });

  it('outlives listeners that throw', async () => {
    fleet = new Fleet(tinyTask({ aggregation: { bufferSize: 1 } }));
    const watched = fleet.watch();
    for (const event of ['state', 'version', 'notice', 'problem'] as const) {
      watched.coordinator.on(event, () => {
        throw new Error('a broken flow');
      });
    }
    await fleet.start(watched);
    const a = await fleet.gateway('a');
    await a.send(a.update(watched.coordinator.state.lineage, 1));
    await until(() => watched.versions.length === 1);
  });

  it('starts from the parameters it is given, and says when they do not fit', async () => {
    fleet = new Fleet();
    const initial = Float32Array.from({ length: 9 }, (_, i) => i);
    const { coordinator } = await fleet.coordinator({ initial });
    deepEqual(coordinator.export().parameters, initial);
    const wrong = fleet.watch({ initial: new Float32Array(4) }, 'hub-2');
    await rejects(wrong.coordinator.start(), /4 parameters, the task's model has 9/);
    const strange = fleet.watch({ initial: initial.map((value) => value / 0) }, 'hub-3');
    await rejects(strange.coordinator.start(), /initial\[0\] is NaN/);
  });
});
