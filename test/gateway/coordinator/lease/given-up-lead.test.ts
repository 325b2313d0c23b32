import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict';
import type { CoordinatorOptions } from '../../../../gateway/coordinator';
import { coordinatorHealth } from '../../../../gateway/monitoring';
import { FtteError } from '../../../../gateway/platform';
import type { TransportSession } from '../../../../gateway/session';
import { Fleet, settle, tinyTask, type Watched } from '../fleet-harness';
import { LogServer } from './log-server';

const refusal = 'the broker refuses the subscription fed/gw/+/hello';

/** Lets time pass in steps, after each of which all that is due happens. */
async function pass(fleet: Fleet, ms: number, stepMs = 100): Promise<void> {
  for (let passed = 0; passed < ms; passed += stepMs) {
    fleet.clock.advance(stepMs);
    await settle();
  }
}

describe('a coordinator that leads and cannot work', () => {
  let fleet: Fleet;
  let server: LogServer;
  beforeEach(() => {
    fleet = new Fleet(tinyTask({ aggregation: { bufferSize: 2 } }));
    server = new LogServer(fleet.clock);
  });
  afterEach(() => fleet.close());

  const watch = (id: string, options: Partial<CoordinatorOptions> = {}) =>
    fleet.watch({ sharedLog: server.client(id), ...options }, id);
  /** A coordinator whose broker answers a subscription to introductions as `answer` does. */
  const watchWith = (id: string, answer: () => Promise<void>) => {
    const { session, transport } = fleet.session(id);
    const subscribe = session.subscribe.bind(session);
    session.subscribe = (async (type, handler) => {
      if (type === 'hello') await answer();
      return subscribe(type, handler);
    }) as TransportSession['subscribe'];
    return fleet.watchOn(session, transport, { sharedLog: server.client(id) });
  };
  const refuses = async () => {
    throw new FtteError('broker', refusal, { kind: 'not-allowed' });
  };
  const advance = (ms: number, stepMs?: number) => pass(fleet, ms, stepMs);
  /** Lets time pass until something has happened. @returns how much */
  const passing = async (condition: () => boolean, limitMs = 40_000) => {
    const beganMs = fleet.clock.now();
    while (!condition()) {
      ok(fleet.clock.now() - beganMs < limitMs, `this did not happen: ${condition}`);
      await advance(100);
    }
    return fleet.clock.now() - beganMs;
  };
  const phaseOf = ({ coordinator }: Watched) => coordinator.status.phase;
  const begun = async (watched: Watched) => {
    const started = watched.coordinator.start();
    await passing(() => phaseOf(watched) === 'collecting');
    await started;
    return watched;
  };
  const saidBy = ({ notices }: Watched) => notices.filter(({ code }) => code === 'lead-given-up');

  it('lets another one lead at once, says why, and stands by for it', async () => {
    const a = watchWith('a', refuses);
    const failed = rejects(a.coordinator.start(), { code: 'broker', message: refusal });
    const b = watch('b');
    const started = b.coordinator.start();
    await passing(() => saidBy(a).length > 0);
    await failed;
    equal(a.coordinator.status.shared?.leads, false);
    equal(a.coordinator.status.problem, refusal);
    deepEqual(coordinatorHealth(a.coordinator.status, fleet.clock.now()), {
      isFaulty: true,
      reason: 'refused',
      text: refusal,
    });
    const [notice] = saidBy(a);
    equal(notice?.level, 'warning');
    match(
      notice?.text ?? '',
      /gives up the lead, because it cannot work: the broker refuses the subscription/,
    );
    const tookMs = await passing(() => phaseOf(b) === 'collecting');
    ok(tookMs < server.leaseMs, `${tookMs}`);
    await started;
    await passing(() => phaseOf(a) === 'standby');
    equal(a.coordinator.status.shared?.leader?.coordinator, 'b');
    equal(coordinatorHealth(a.coordinator.status, fleet.clock.now()).isFaulty, false);
    equal(b.coordinator.status.shared?.leads, true);
  });

  it('lets another one lead when it is refused long after its start', async () => {
    let refuse: () => void = () => undefined;
    const late = new Promise<void>((_, reject) => {
      refuse = () => reject(new FtteError('broker', refusal, { kind: 'not-allowed' }));
    });
    const a = watchWith('a', () => late);
    const started = a.coordinator.start();
    await advance(2_000);
    await started;
    const b = watch('b');
    await b.coordinator.start();
    equal(phaseOf(b), 'standby');
    await advance(30_000);
    equal(phaseOf(b), 'standby');
    refuse();
    await passing(() => phaseOf(b) === 'collecting', server.leaseMs);
    deepEqual(
      a.problems.map(({ message }) => message),
      [refusal],
    );
    equal(saidBy(a).length, 1);
  });

  it('tries again after pauses that grow, says a reason once and counts it, and leads when the reason is gone', async () => {
    let answer: () => Promise<void> = refuses;
    const a = watchWith('a', () => answer());
    let takes = 0;
    server.onRequest = (_, request) => {
      if (request === 'take') takes++;
    };
    const failed = rejects(a.coordinator.start(), { code: 'broker' });
    const phases = new Set<string>();
    a.coordinator.on('status', ({ phase }) => phases.add(phase));
    await passing(() => saidBy(a).length > 0);
    await failed;
    phases.clear();
    await advance(20 * 60_000, 1_000);
    ok(takes >= 6 && takes <= 12, `${takes} attempts in 20 minutes`);
    // Once, and with its number after one and ten minutes.
    const counts = saidBy(a).map(({ count }) => count);
    equal(counts.length, 3);
    equal(counts[0], 1);
    ok((counts[1] ?? 0) > 2, `${counts}`);
    deepEqual(a.problems, []);
    // An attempt that is yet to fail looks like no recovery.
    deepEqual([...phases], ['refused']);
    answer = async () => undefined;
    await passing(() => phaseOf(a) === 'collecting', 400_000);
    equal(a.coordinator.status.problem, undefined);
    equal(a.coordinator.status.shared?.leads, true);
  });

  it('is refused for good if a person has to change something, and another one leads', async () => {
    const task = tinyTask({ aggregation: { bufferSize: 3, masked: true } });
    const a = watch('a', { task });
    await rejects(a.coordinator.start(), { code: 'task-invalid' });
    const b = await begun(watch('b'));
    await advance(60_000);
    equal(phaseOf(a), 'refused');
    match(a.coordinator.status.problem ?? '', /^aggregation.masked: expected a federation with invitations/);
    equal(coordinatorHealth(a.coordinator.status, fleet.clock.now()).isFaulty, true);
    equal(b.coordinator.status.shared?.leads, true);
  });

  it('lets another one lead when the broker is away from it for half a minute, and stands by when it is back', async () => {
    const [a, b] = [await begun(watch('a')), watch('b')];
    await b.coordinator.start();
    const x = await fleet.gateway('x');
    const update = x.update(a.coordinator.status.lineage, 1);
    await x.send(update);
    await passing(() => x.ackOf(update)?.status === 'accepted');
    a.transport.drop({ stay: true });
    const tookMs = await passing(() => phaseOf(b) === 'collecting');
    ok(tookMs >= 30_000 && tookMs < 30_000 + server.leaseMs, `${tookMs}`);
    equal(b.coordinator.status.accepted, 1);
    match(a.coordinator.status.problem ?? '', /the broker has not been reached for 30 s/);
    // It does not ask for the lease before it is connected.
    await advance(60_000, 1_000);
    equal(phaseOf(a), 'refused');
    a.transport.reconnect();
    await passing(() => phaseOf(a) === 'standby');
    equal(b.coordinator.status.shared?.leads, true);
    const next = x.update(b.coordinator.status.lineage, 2);
    await x.send(next);
    await passing(() => x.ackOf(next)?.status === 'accepted');
    equal(b.coordinator.status.accepted, 2);
  });

  it('keeps the lead while a broker restarts', async () => {
    const [a, b] = [await begun(watch('a')), watch('b')];
    await b.coordinator.start();
    for (let i = 0; i < 3; i++) {
      a.transport.drop({ stay: true });
      await advance(25_000, 1_000);
      a.transport.reconnect();
      await advance(2_000);
    }
    equal(phaseOf(a), 'collecting');
    equal(phaseOf(b), 'standby');
    deepEqual(saidBy(a), []);
  });

  it('stops in the middle of giving up, and leaves no lease behind', async () => {
    const a = watchWith('a', refuses);
    const failed = rejects(a.coordinator.start(), { code: 'broker' });
    await passing(() => saidBy(a).length > 0);
    await a.coordinator.stop();
    await failed;
    equal(phaseOf(a), 'stopped');
    const b = await begun(watch('b'));
    await advance(60_000, 1_000);
    equal(b.coordinator.status.shared?.leader?.coordinator, 'b');
  });

  it('stands by again, and is not refused for good, if a stranger claimed the federation while it gave the lead up', async () => {
    const a = await begun(watch('a'));
    const stranger = fleet.session('stranger').session;
    let renewed: (() => void) | undefined;
    server.onRequest = (_, request) =>
      request === 'renew'
        ? new Promise<void>((resolve) => {
            renewed = resolve;
          })
        : undefined;
    const claim = { type: 'claim', instance: '0'.repeat(16), since: 1 } as const;
    stranger.lead(9);
    await stranger.send({ ...claim, active: true } as never);
    await passing(() => renewed !== undefined, server.leaseMs);
    // While the log is asked who leads, the broker refuses it.
    (a.coordinator as unknown as { giveUp(error: Error): void }).giveUp(new FtteError('broker', refusal));
    server.onRequest = () => undefined;
    await stranger.send({ ...claim, active: false } as never);
    renewed?.();
    await passing(() => phaseOf(a) === 'collecting');
    equal(saidBy(a).length, 1);
    ok(!a.problems.some(({ message }) => /stranger/.test(message)), `${a.problems}`);
    const x = await fleet.gateway('x');
    for (const value of [1, 2]) await x.send(x.update(a.coordinator.status.lineage, value));
    await passing(() => a.versions.length === 1);
  });

  it('tries no more when a stranger has taken the federation over', async () => {
    const a = await begun(watch('a'));
    const stranger = fleet.session('stranger').session;
    stranger.lead(9);
    await stranger.send({ type: 'claim', instance: '0'.repeat(16), since: 1, active: true } as never);
    await passing(() => phaseOf(a) === 'refused');
    match(a.coordinator.status.problem ?? '', /stranger has taken over this federation/);
    let takes = 0;
    server.onRequest = (_, request) => {
      if (request === 'take') takes++;
    };
    a.transport.drop({ stay: true });
    await advance(60_000, 1_000);
    a.transport.reconnect();
    await advance(60_000, 1_000);
    equal(takes, 0);
    equal(phaseOf(a), 'refused');
  });
});

describe('a coordinator that has lost the lease, and the broker too', () => {
  it('does not ask for the lease before the broker is back', async () => {
    const fleet = new Fleet(tinyTask({ aggregation: { bufferSize: 2 } }));
    const server = new LogServer(fleet.clock);
    const advance = (ms: number) => pass(fleet, ms, 200);
    try {
      const a = fleet.watch({ sharedLog: server.client('a') }, 'a');
      const started = a.coordinator.start();
      await advance(4_000);
      await started;
      equal(a.coordinator.status.shared?.leads, true);
      a.transport.drop({ stay: true });
      let takes = 0;
      server.onRequest = (_, request) => {
        if (request === 'take') takes++;
        else throw new FtteError('storage', 'the log is away');
      };
      await advance(8_000);
      equal(a.coordinator.status.shared?.leads, false);
      server.onRequest = (_, request) => {
        if (request === 'take') takes++;
      };
      await advance(8_000);
      equal(takes, 0);
      a.transport.reconnect();
      await advance(8_000);
      ok(takes > 0);
      equal(a.coordinator.status.shared?.leads, true);
    } finally {
      await fleet.close();
    }
  });
});

describe('a coordinator that stands by without the broker', () => {
  it('does not ask for the lease, and says who leads once', async () => {
    const fleet = new Fleet(tinyTask({ aggregation: { bufferSize: 2 } }));
    const server = new LogServer(fleet.clock);
    const advance = (ms: number) => pass(fleet, ms, 200);
    try {
      const [a, b] = ['a', 'b'].map((id) => fleet.watch({ sharedLog: server.client(id) }, id)) as [
        Watched,
        Watched,
      ];
      const started = a.coordinator.start();
      await advance(4_000);
      await started;
      await b.coordinator.start();
      equal(b.coordinator.status.phase, 'standby');
      b.transport.drop({ stay: true });
      await settle();
      let takes = 0;
      server.onRequest = (client, request) => {
        if (client === 'b' && request === 'take') takes++;
      };
      await advance(2_000);
      b.transport.reconnect();
      await advance(2_000);
      ok(takes > 0);
      equal(b.coordinator.status.phase, 'standby');
      equal(b.notices.filter(({ code }) => code === 'leader').length, 1);
      b.transport.drop({ stay: true });
      await settle();
      takes = 0;
      await a.coordinator.stop();
      await advance(60_000);
      equal(takes, 0);
      equal(b.coordinator.status.shared?.leads, false);
      b.transport.reconnect();
      await advance(4_000);
      equal(b.coordinator.status.phase, 'collecting');
      equal(b.coordinator.status.shared?.leads, true);
    } finally {
      await fleet.close();
    }
  });
});
