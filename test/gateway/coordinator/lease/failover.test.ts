import { deepEqual, equal, match, ok, rejects, throws } from 'node:assert/strict';
import { coordinatorHealth, type Health } from '../../../../gateway/monitoring';
import { FtteError, VirtualClock } from '../../../../gateway/platform';
import { Fleet, type Gateway, settle, tinyTask, until, type Watched } from '../fleet-harness';
import { itIsAnUpdateLog } from '../storage/update-log-contract';
import { LogServer } from './log-server';

const unreachable = (place = 'memory://log') =>
  new FtteError('storage', `the log at ${place} cannot be reached: nobody answers`, {
    place,
    reason: 'unreachable',
  });

describe('the log of these tests', () => {
  let server: LogServer;
  beforeEach(() => {
    server = new LogServer(new VirtualClock());
  });

  itIsAnUpdateLog(() => ({
    open: async () => {
      const client = server.client('a');
      equal(await client.lease.take({ coordinator: 'a', run: 'a' }), undefined);
      return client.of('model');
    },
  }));
});

describe('two coordinators with one log', () => {
  let fleet: Fleet;
  let server: LogServer;
  beforeEach(() => {
    fleet = new Fleet(tinyTask({ aggregation: { bufferSize: 2, damping: 0.5 } }));
    server = new LogServer(fleet.clock);
  });
  afterEach(() => fleet.close());

  const watch = (id: string) => fleet.watch({ sharedLog: server.client(id) }, id);
  const begun = async (watched: Watched) => {
    const started = watched.coordinator.start();
    await passing(() => watched.coordinator.status.phase === 'collecting');
    await started;
    return watched;
  };
  /** Lets time pass until something has happened. @returns how much */
  const passing = async (condition: () => boolean) => {
    const beganMs = fleet.clock.now();
    for (let i = 0; !condition(); i++) {
      ok(i < 400, `this did not happen: ${condition}`);
      fleet.clock.advance(100);
      await settle();
    }
    return fleet.clock.now() - beganMs;
  };
  const accepted = async (gateway: Gateway, lineage: string, value: number) => {
    const update = gateway.update(lineage, value);
    await gateway.send(update);
    await passing(() => gateway.ackOf(update) !== undefined);
    equal(gateway.ackOf(update)?.status, 'accepted');
    return update;
  };
  const parametersOf = ({ coordinator }: Watched) => [...coordinator.export('current').parameters];

  it('have one that leads, and one that stands by and names the leader', async () => {
    const a = await begun(watch('a'));
    const b = watch('b');
    await b.coordinator.start();
    const { status } = b.coordinator;
    equal(status.phase, 'standby');
    equal(status.shared?.leads, false);
    equal(status.shared?.leader?.coordinator, 'a');
    equal(a.coordinator.status.shared?.leads, true);
    match(
      b.notices.map(({ text }) => text).join(),
      /^a leads this federation since .*: this coordinator stands by/,
    );
    deepEqual(b.problems, []);
  });

  it('go on with the same updates and the same bits when the leader is gone, within ten seconds', async () => {
    const alone = new Fleet(fleet.task);
    const single = await alone.coordinator();
    const [a, b] = [await begun(watch('a')), watch('b')];
    await b.coordinator.start();
    const gateways = [await fleet.gateway('x'), await fleet.gateway('y')] as const;
    const { lineage } = a.coordinator.status;
    await accepted(gateways[0], lineage, 1);
    await accepted(gateways[1], lineage, 2);
    await passing(() => a.coordinator.status.version === 1);
    const waiting = await accepted(gateways[0], lineage, 3);
    // As if its machine had stopped: neither the broker nor the log learns of it.
    server.onRequest = (client) => {
      if (client === 'a') throw unreachable();
    };
    a.transport.drop({ stay: true });
    const tookMs = await passing(() => b.coordinator.status.phase === 'collecting');
    ok(tookMs <= 10_000, `${tookMs}`);
    equal(b.coordinator.status.version, 1);
    equal(b.coordinator.status.lineage, lineage);
    equal(b.coordinator.status.buffered, 1);
    // It comes again, because the answer was lost.
    await gateways[0].send(waiting);
    await passing(() => gateways[0].ackOf(waiting)?.status === 'duplicate');
    await accepted(gateways[1], lineage, 4);
    await passing(() => b.coordinator.status.version === 2);
    equal(b.coordinator.status.accepted, 4);
    const [x, y] = [await alone.gateway('x'), await alone.gateway('y')];
    for (const [i, gateway] of [x, y, x, y].entries()) {
      const update = gateway.update(single.coordinator.status.lineage, i + 1);
      await gateway.send(update);
      await until(() => gateway.ackOf(update) !== undefined);
    }
    await until(() => single.coordinator.status.version === 2);
    deepEqual(parametersOf(b), parametersOf(single));
    await alone.close();
  });

  it('do not wait for hours when the leader is gone and the clock of the log was put back', async () => {
    const [a, b] = [await begun(watch('a')), watch('b')];
    await b.coordinator.start();
    server.aheadMs = 3_600_000;
    await passing(() => server.renewals > 2);
    a.transport.drop({ stay: true });
    server.onRequest = (client) => {
      if (client === 'a') throw unreachable();
    };
    server.aheadMs = 0;
    const tookMs = await passing(() => b.coordinator.status.phase === 'collecting');
    ok(tookMs <= 4 * server.leaseMs, `${tookMs}`);
  });

  it('change places at once when the leader stops', async () => {
    const [a, b] = [await begun(watch('a')), watch('b')];
    await b.coordinator.start();
    await a.coordinator.stop();
    const tookMs = await passing(() => b.coordinator.status.phase === 'collecting');
    ok(tookMs <= 1_000, `${tookMs}`);
    equal(b.coordinator.status.shared?.leader?.coordinator, 'b');
  });

  it('lose no version when the lease is lost in the middle of one, and the replaced one stands by', async () => {
    const [a, b] = [await begun(watch('a')), watch('b')];
    await b.coordinator.start();
    const [x, y] = [await fleet.gateway('x'), await fleet.gateway('y')];
    const heads = await fleet.listen('listener', ['head']);
    heads.length = 0;
    const faults: Health[] = [];
    a.coordinator.on('status', (status) => faults.push(coordinatorHealth(status, fleet.clock.now())));
    const { lineage } = a.coordinator.status;
    // Its checkpoint waits until the other one leads; renewing fails meanwhile.
    let writes: (() => void) | undefined;
    server.onRequest = (client, request) => {
      if (client !== 'a') return undefined;
      if (request === 'renew') throw unreachable();
      if (request !== 'write') return undefined;
      return new Promise<void>((resolve) => {
        writes = resolve;
      });
    };
    await accepted(x, lineage, 1);
    await accepted(y, lineage, 2);
    await passing(() => writes !== undefined);
    await passing(() => b.coordinator.status.shared?.leads === true);
    server.onRequest = () => undefined;
    writes?.();
    await passing(() => b.coordinator.status.version === 1);
    await passing(() => a.coordinator.status.phase === 'standby');
    equal(a.coordinator.status.shared?.leader?.coordinator, 'b');
    deepEqual(a.versions, []);
    equal(b.versions.length, 1);
    equal(b.versions[0]?.contributions.length, 2);
    for (const head of heads) if (head.type === 'head' && head.version === 1) equal(head.sender, 'b');
    deepEqual(a.problems, []);
    // To be replaced is no fault, at no moment of it.
    deepEqual(
      faults.filter(({ isFaulty }) => isFaulty),
      [],
    );
    // And back again.
    await b.coordinator.stop();
    await passing(() => a.coordinator.status.phase === 'collecting');
    equal(a.coordinator.status.version, 1);
    equal(a.coordinator.status.accepted, 2);
  });

  it('stay paused when the lead is lost and taken again, and when they were paused while they stood by', async () => {
    const [a, b] = [await begun(watch('a')), watch('b')];
    await b.coordinator.start();
    a.coordinator.pause();
    b.coordinator.pause();
    server.onRequest = (client) => {
      if (client === 'a') throw unreachable();
    };
    await passing(() => b.coordinator.status.phase === 'paused');
    server.onRequest = () => undefined;
    await passing(() => a.coordinator.status.phase === 'standby');
    await b.coordinator.stop();
    await passing(() => a.coordinator.status.phase === 'paused');
    a.coordinator.resume();
    equal(a.coordinator.status.phase, 'collecting');
  });

  it('leave no lease behind that comes while they are being stopped', async () => {
    let answer: (() => void) | undefined;
    server.onRequest = (_, request) =>
      request === 'take'
        ? new Promise<void>((resolve) => {
            answer = resolve;
          })
        : undefined;
    const a = watch('a');
    const started = a.coordinator.start();
    await passing(() => answer !== undefined);
    let isStopped = false;
    const stopped = a.coordinator.stop().then(() => {
      isStopped = true;
    });
    await settle();
    equal(isStopped, false);
    server.onRequest = () => undefined;
    answer?.();
    await stopped;
    await started;
    equal(a.coordinator.status.phase, 'stopped');
    await begun(watch('b'));
  });

  it('acknowledge nothing that the log does not take, and say why', async () => {
    const a = await begun(watch('a'));
    const x = await fleet.gateway('x');
    const place = 'memory://log';
    for (const [reason, text] of [
      ['ENOSPC', 'is full'],
      ['slow', 'does not answer in time'],
      ['unreachable', 'cannot be reached'],
      ['rights', 'refuses what the coordinator has to write'],
    ] as const) {
      server.onRequest = (_, request) => {
        if (request === 'append')
          throw new FtteError('storage', `the log at ${place} ${text}`, { place, reason });
      };
      const update = x.update(a.coordinator.status.lineage, 1);
      await x.send(update);
      await passing(() => x.notStored.some(({ id }) => id === update.id));
      equal(x.notStored.at(-1)?.detail, `its log ${text}`);
      equal(a.coordinator.status.phase, 'refused');
      equal(a.coordinator.status.problem, `the log at ${place} ${text}`);
      deepEqual(server.ids, []);
      server.onRequest = () => undefined;
      await passing(() => a.coordinator.status.phase === 'collecting');
    }
    ok(
      a.notices.some(
        ({ code, text }) => code === 'storage-recovered' && text === `the log at ${place} can be used again`,
      ),
    );
  });

  it('start once', async () => {
    const a = await begun(watch('a'));
    await rejects(a.coordinator.start(), {
      code: 'not-ready',
      message: 'the coordinator is already started',
    });
    equal(a.coordinator.status.phase, 'collecting');
    equal(a.coordinator.status.shared?.leads, true);
  });

  it('start when the log can be reached, and say until then that it cannot', async () => {
    server.onRequest = () => {
      throw unreachable();
    };
    const a = watch('a');
    await a.coordinator.start();
    equal(a.coordinator.status.phase, 'refused');
    match(a.coordinator.status.problem ?? '', /the log at memory:\/\/log cannot be reached/);
    equal(a.problems.length, 1);
    server.onRequest = () => undefined;
    await passing(() => a.coordinator.status.phase === 'collecting');
    equal(a.problems.length, 1);
    deepEqual(
      a.notices.filter(({ code }) => code === 'storage-recovered').map(({ text }) => text),
      ['the log at memory://log can be used again'],
    );
  });

  it('continue under a later number if the log is an older copy than what the broker knows', async () => {
    const a = await begun(watch('a'));
    const { lineage } = a.coordinator.status;
    // Another coordinator with the log as it was later.
    const { session } = fleet.session('b');
    session.lead(1);
    await session.send({
      type: 'head',
      lineage,
      version: 7,
      modelKey: '0'.repeat(16),
      digest: '0'.repeat(16),
    } as never);
    await passing(() => a.coordinator.status.version === 8);
    ok(
      a.notices.some(
        ({ code, text }) => code === 'model-recovered' && /broker knows version 7, the log only 0/.test(text),
      ),
    );
  });

  it('do not lead beside a coordinator without the log', async () => {
    const stranger = await fleet.coordinator({}, 'stranger');
    const a = watch('a');
    const started = a.coordinator.start();
    const failed = started.catch((error: FtteError) => error.code);
    await passing(() => a.coordinator.status.phase === 'refused');
    equal(await failed, 'second-coordinator');
    match(a.coordinator.status.problem ?? '', /stranger/);
    equal(stranger.coordinator.status.phase, 'collecting');
  });

  it('refuse a log of another federation, which has another key', async () => {
    const first = await begun(fleet.watch({ sharedLog: server.client('a'), key: 'AAAA' }, 'a'));
    await first.coordinator.stop();
    for (const key of ['BBBB', undefined]) {
      const other = fleet.watch({ sharedLog: server.client('b'), ...(key && { key }) }, 'b');
      await rejects(other.coordinator.start(), {
        code: 'config-invalid',
        message:
          /^storage: the log at memory:\/\/log is of another federation of this name, one whose coordinator has the key AAAA; this is (one whose coordinator has the key BBBB|an open one)/,
      });
      equal(other.coordinator.status.phase, 'refused');
      await other.coordinator.stop();
    }
  });

  it('refuse another coordinator of a federation with invitations, whose members are files of the first one', async () => {
    const text =
      /^storage: the log at memory:\/\/log is of the coordinator a, this one is b: a federation with invitations has one coordinator/;
    const withKey = (id: string) => fleet.watch({ sharedLog: server.client(id), key: 'AAAA' }, id);
    const first = await begun(withKey('a'));
    // With a copy of its keys, and beside it: it does not even stand by.
    const beside = withKey('b');
    await rejects(beside.coordinator.start(), { code: 'config-invalid', message: text });
    equal(beside.coordinator.status.phase, 'refused');
    await first.coordinator.stop();
    const after = withKey('b');
    await rejects(after.coordinator.start(), { code: 'config-invalid', message: text });
    equal(coordinatorHealth(after.coordinator.status, fleet.clock.now()).isFaulty, true);
    // Its folder was moved as a whole, with its id.
    const moved = await begun(withKey('a'));
    equal(moved.coordinator.status.lineage, first.coordinator.status.lineage);
  });

  it('take a log over whose owner had no id yet, once', async () => {
    const client = server.client('a');
    await client.lease.take({ coordinator: 'a', run: 'earlier' });
    await client.of('model').files.write('owner', [Buffer.from('AAAA')]);
    await client.lease.give();
    const first = await begun(fleet.watch({ sharedLog: server.client('a'), key: 'AAAA' }, 'a'));
    await first.coordinator.stop();
    const other = fleet.watch({ sharedLog: server.client('b'), key: 'AAAA' }, 'b');
    await rejects(other.coordinator.start(), { code: 'config-invalid', message: /is of the coordinator a/ });
  });

  it('refuse a task with privacy of gateways, whose ledger would not be in the log', () => {
    const task = tinyTask({
      privacy: { level: 'gateway', epsilon: 8, contributions: 3 },
      aggregation: { bufferSize: 2, participation: { kind: 'free' } },
    });
    throws(() => new Fleet(task).watch({ sharedLog: server.client('a') }), {
      code: 'config-invalid',
      message: /^storage: expected this machine, because the ledger/,
    });
  });
});
