import { deepEqual, equal, ok, rejects } from 'node:assert/strict';
import { CoordinatorLease } from '../../../../gateway/coordinator/lease/coordinator-lease';
import { FtteError } from '../../../../gateway/platform';
import { topicOf } from '../../../../gateway/session';
import { Fleet, kill, settle, until, type Watched } from '../fleet-harness';

const isSecond = (named: string) => (error: unknown) =>
  error instanceof FtteError && error.code === 'second-coordinator' && error.message.includes(named);

describe('a second coordinator', () => {
  let fleet: Fleet;
  beforeEach(() => {
    fleet = new Fleet();
  });
  afterEach(() => fleet.close());

  it('is refused with the name of the first, publishes nothing and disturbs nothing', async () => {
    const first = await fleet.coordinator({}, 'clinic-3');
    const messages = await fleet.listen('other', ['claim', 'task', 'head']);
    messages.length = 0;
    const second = fleet.watch({}, 'clinic-4');
    await rejects(fleet.start(second), isSecond('clinic-3'));
    equal(second.coordinator.status.phase, 'refused');
    ok(second.coordinator.status.problem?.includes('clinic-3'));
    equal(first.coordinator.status.phase, 'collecting');
    // It only asks whether the first is there, which answers.
    for (const message of messages)
      ok(message.type === 'claim' && (!message.active || message.sender === 'clinic-3'));
    const a = await fleet.gateway('a');
    const update = a.update(first.coordinator.status.lineage, 1);
    await a.send(update);
    await until(() => a.ackOf(update) !== undefined);
    await settle();
    equal(a.acks.length, 1);
    equal(a.acks[0]?.status, 'accepted');
  });

  it('takes over from one that stopped, and from one whose connection was lost', async () => {
    const first = await fleet.coordinator({}, 'clinic-3');
    await first.coordinator.stop();
    const second = await fleet.coordinator({}, 'clinic-4');
    equal(second.coordinator.status.phase, 'collecting');
    second.transport.drop({ stay: true });
    await settle();
    const third = await fleet.coordinator({}, 'clinic-5');
    equal(third.coordinator.status.phase, 'collecting');
  });

  it('that is the first one after a restart without a folder takes over when two questions have no answer', async () => {
    const first = await fleet.coordinator({}, 'clinic-3');
    first.transport.drop({ stay: true });
    await settle();
    const again = fleet.watch({}, 'clinic-3');
    const started = again.coordinator.start();
    await until(() => again.coordinator.status.lineage !== '');
    await settle();
    fleet.clock.advance(1_500);
    await settle();
    equal(again.coordinator.status.phase, 'starting');
    fleet.clock.advance(1_500);
    await started;
    equal(again.coordinator.status.phase, 'collecting');
    equal(again.notices.filter(({ code }) => code === 'second-coordinator').length, 0);
    const [claim] = await fleet.listen('late', ['claim']);
    equal(claim?.term, 2);
    // The run before was cut off only, and is back.
    first.transport.reconnect();
    await settle(30);
    equal(again.coordinator.status.phase, 'collecting', again.coordinator.status.problem);
    equal(first.coordinator.status.phase, 'refused');
  });

  it('with the id of one that works is refused even if the first question was lost', async () => {
    const first = await fleet.coordinator({}, 'clinic-3');
    first.transport.drop({ stay: true });
    await settle();
    const copy = fleet.watch({}, 'clinic-3');
    const started = copy.coordinator.start();
    const refused = rejects(started, isSecond('clinic-3'));
    await until(() => copy.coordinator.status.lineage !== '');
    await settle();
    first.transport.reconnect();
    await settle();
    fleet.clock.advance(1_500);
    await refused;
    equal(first.coordinator.status.phase, 'collecting', first.coordinator.status.problem);
  });

  it('is not refused either if the clock was set back and the broker retains the claim of the run before', async () => {
    const first = await fleet.coordinator({}, 'clinic-3');
    first.transport.drop({ stay: true });
    const setBack = { now: () => fleet.clock.now() - 600_000, after: fleet.clock.after.bind(fleet.clock) };
    const again = await fleet.start(fleet.watch({ clock: setBack }, 'clinic-3'), 3_000);
    equal(again.coordinator.status.phase, 'collecting');
    // A broker that lost its power comes back with messages that it saved a while ago.
    again.transport.drop({ stay: true });
    const since = fleet.clock.now();
    const memory = fleet.session('clinic-3');
    await memory.session.send({ type: 'claim', instance: 'before', since, active: true });
    await settle();
    memory.transport.drop({ stay: true });
    again.transport.reconnect();
    await settle();
    equal(again.coordinator.status.phase, 'collecting', again.coordinator.status.problem);
    const claim = (await fleet.listen('other', ['claim'])).at(-1);
    ok(claim?.type === 'claim' && claim.since < since, 'its own claim replaced it');
  });

  it('does not listen for the whole time if the broker retains its own claim', async () => {
    const first = await fleet.coordinator({}, 'clinic-3');
    await first.coordinator.stop();
    const again = fleet.watchOn(first.session, first.transport);
    await fleet.start(again, 0);
    equal(again.coordinator.status.phase, 'collecting');
  });

  /** Two coordinators that start at the same time, so that each has claimed before it receives the other's claim. */
  async function race(): Promise<Watched[]> {
    const both = [fleet.watch({}, 'clinic-3'), fleet.watch({}, 'clinic-4')];
    const started = Promise.all(both.map(({ coordinator }) => coordinator.start()));
    await until(() => both.every(({ coordinator }) => coordinator.status.lineage !== ''));
    await settle();
    fleet.clock.advance(1_500);
    await started;
    await settle(30);
    return both;
  }

  it('that starts at the same time: one of the two gives way, and the broker retains the claim of the other', async () => {
    const both = await race();
    const stayed = both.filter(({ coordinator }) => coordinator.status.phase === 'collecting');
    const went = both.filter(({ coordinator }) => coordinator.status.phase === 'refused');
    equal(stayed.length, 1);
    equal(went.length, 1);
    const winner = stayed[0]!.session.id;
    ok(went[0]?.problems.some(isSecond(winner)));
    for (const type of ['claim', 'head'] as const) {
      const [retained] = await fleet.listen(`late-${type}`, [type]);
      equal(retained?.sender, winner);
    }
    const a = await fleet.gateway('a');
    const update = a.update(stayed[0]!.coordinator.status.lineage, 1);
    await a.send(update);
    await until(() => a.acks.length > 0);
    await settle();
    equal(a.acks.length, 1);
  });

  it('that gave way can still be stopped, and does not change the claim of the one that stayed', async () => {
    const both = await race();
    const went = both.find(({ coordinator }) => coordinator.status.phase === 'refused')!;
    await went.coordinator.stop();
    const [claim] = await fleet.listen('late', ['claim']);
    ok(claim?.type === 'claim' && claim.active && claim.sender !== went.session.id);
  });

  it('that takes over while the first is cut off stays when the first returns: its term is higher', async () => {
    const first = await fleet.coordinator({}, 'clinic-3');
    first.transport.drop({ stay: true });
    await settle();
    fleet.clock.advance(60_000);
    const second = await fleet.coordinator({}, 'clinic-4');
    first.transport.reconnect();
    await settle(30);
    equal(second.coordinator.status.phase, 'collecting', second.coordinator.status.problem);
    equal(first.coordinator.status.phase, 'refused');
    ok(first.problems.some(isSecond('clinic-4')));
    const [claim] = await fleet.listen('late-claim', ['claim']);
    equal(claim?.sender, 'clinic-4');
  });

  it('with the id of the first, from a copied flow, is refused and says so, and the first does not notice', async () => {
    const first = await fleet.coordinator({}, 'clinic-3');
    const second = fleet.watch({}, 'clinic-3');
    await rejects(fleet.start(second), (error: Error) => /was this flow copied/.test(error.message));
    equal(first.coordinator.status.phase, 'collecting');
    equal(first.problems.length, 0);
    fleet.clock.advance(600_000);
    await settle();
    equal(first.coordinator.status.phase, 'collecting');
    equal(second.coordinator.status.phase, 'refused');
  });

  it('takes over from a silent coordinator after a minute, whatever the broker retains of it, and says that it waits', async () => {
    const first = await fleet.coordinator({}, 'clinic-3');
    first.transport.drop({ stay: true });
    await settle();
    // Somebody retained what a coordinator that works would say.
    const { session } = fleet.session('clinic-3');
    await session.send({ type: 'presence', online: true });
    const second = fleet.watch({}, 'clinic-4');
    const started = second.coordinator.start();
    await until(() => second.coordinator.status.lineage !== '');
    await settle();
    fleet.clock.advance(10_000);
    await settle();
    equal(second.coordinator.status.phase, 'starting');
    equal(second.coordinator.status.waiting?.for, 'lease');
    equal(second.notices.filter(({ code }) => code === 'second-coordinator').length, 1);
    for (let i = 0; i < 12; i++) {
      fleet.clock.advance(5_000);
      await settle(2);
    }
    await started;
    equal(second.coordinator.status.phase, 'collecting');
  });

  it('that was the last to work from its folder takes the lease at once, with a higher term each time', async () => {
    const folder = await fleet.folder();
    const terms: (number | undefined)[] = [];
    for (let i = 0; i < 3; i++) {
      const run = await fleet.coordinator({ folder }, 'clinic-3');
      equal(run.coordinator.status.phase, 'collecting');
      const [claim] = await fleet.listen(`late-${i}`, ['claim']);
      terms.push(claim?.term);
      await kill(run, folder);
      await settle();
    }
    deepEqual(terms, [1, 2, 3]);
  });

  it('that starts later than a copy without its state takes the federation back', async () => {
    const folder = await fleet.folder();
    const runs = [await fleet.coordinator({ folder }, 'clinic-3')];
    await kill(runs[0]!, folder);
    runs.push(await fleet.coordinator({ folder }, 'clinic-3'));
    await kill(runs[1]!, folder);
    // The broker lost its memory, and the copy starts first.
    for (const type of ['claim', 'task', 'head'] as const)
      fleet.broker.publish(topicOf('fed', type, 'clinic-3'), new Uint8Array(0), true);
    const copy = await fleet.coordinator({}, 'clinic-3');
    equal(copy.coordinator.status.phase, 'collecting');
    const back = await fleet.coordinator({ folder }, 'clinic-3');
    await settle();
    equal(back.coordinator.status.phase, 'collecting');
    equal(copy.coordinator.status.phase, 'refused');
  });

  it('does not follow a claim whose term is out of all proportion', async () => {
    const first = await fleet.coordinator({}, 'clinic-3');
    const { session } = fleet.session('mallory');
    session.lead(Number.MAX_SAFE_INTEGER);
    await session.send({ type: 'claim', instance: '0', since: 0, active: true });
    await settle();
    equal(first.coordinator.status.phase, 'collecting');
  });

  it('goes beyond a term that only gateways know, when nobody has answered for a minute', async () => {
    const first = await fleet.coordinator({}, 'clinic-3');
    const a = fleet.session('a').session;
    a.lead(7);
    const hello = { type: 'hello', budgetBytes: 1, instance: 'i', software: '', modelKey: '' } as const;
    await a.send(hello);
    await settle();
    fleet.clock.advance(60_000);
    await settle();
    await until(() => first.session.term === 8);
    await settle();
    const [claim, head] = [
      ...(await fleet.listen('late-claim', ['claim'])),
      ...(await fleet.listen('late-head', ['head'])),
    ];
    equal(claim?.term, 8);
    equal(head?.term, 8);
  });

  it('tries again a minute later if the disk refuses the term, and names it to nobody before', async () => {
    const { session } = fleet.session('hub');
    const problems: unknown[] = [];
    let isFull = false;
    let raised = 0;
    const lease = new CoordinatorLease({
      session,
      clock: fleet.clock,
      instance: 'a',
      waitMs: 1_500,
      persist: async () => {
        if (isFull) throw new FtteError('storage', 'the disk is full');
      },
      onLost: (error) => problems.push(error),
      onContest: (text) => problems.push(text),
      onTermRaised: () => raised++,
      onProblem: (error) => problems.push(error),
      onSendFailed: (error) => problems.push(error),
    });
    const acquired = lease.acquire({ term: 0, instance: undefined });
    fleet.clock.advance(1_500);
    await acquired;
    isFull = true;
    lease.onTermOfGateway(7);
    fleet.clock.advance(60_000);
    await until(() => problems.length > 0);
    ok(problems[0] instanceof FtteError && problems[0].code === 'storage');
    deepEqual([session.term, raised], [1, 0]);
    isFull = false;
    fleet.clock.advance(60_000);
    await until(() => raised > 0);
    deepEqual([session.term, problems.length], [8, 1]);
    lease.release();
  });

  it('leaves gateways where the higher term brought them: nothing of the lower one is taken', async () => {
    const gateway = fleet.session('a').session;
    const heads: number[] = [];
    await gateway.subscribe('head', ({ version }) => heads.push(version));
    const [low, high] = [fleet.session('low').session, fleet.session('high').session];
    low.lead(5);
    high.lead(6);
    const head = { type: 'head', lineage: '0123456789abcdef', modelKey: '' } as const;
    await low.send({ ...head, version: 20 });
    await high.send({ ...head, version: 87 });
    await low.send({ ...head, version: 21 });
    await settle();
    deepEqual(heads, [20, 87]);
    equal(gateway.dropped.term, 1);
  });
});
