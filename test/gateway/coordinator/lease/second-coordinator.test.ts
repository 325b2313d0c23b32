import { equal, ok, rejects } from 'node:assert/strict';
import { FtteError } from '../../../../gateway/platform';
import { Fleet, settle, until, type Watched } from '../fleet-harness';

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
    equal(messages.length, 0);
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

  it('is not refused if it is the first one after a restart', async () => {
    const first = await fleet.coordinator({}, 'clinic-3');
    first.transport.drop({ stay: true });
    await settle();
    const again = await fleet.coordinator({}, 'clinic-3');
    equal(again.coordinator.status.phase, 'collecting');
  });

  it('is not refused either if the clock was set back and the broker retains the claim of the run before', async () => {
    const first = await fleet.coordinator({}, 'clinic-3');
    first.transport.drop({ stay: true });
    const setBack = { now: () => fleet.clock.now() - 600_000, after: fleet.clock.after.bind(fleet.clock) };
    const again = await fleet.coordinator({ clock: setBack }, 'clinic-3');
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

  it('that comes back from a split network: the one with the older claim stays', async () => {
    const first = await fleet.coordinator({}, 'clinic-3');
    first.transport.drop({ stay: true });
    await settle();
    fleet.clock.advance(60_000);
    const second = await fleet.coordinator({}, 'clinic-4');
    first.transport.reconnect();
    await settle(30);
    equal(first.coordinator.status.phase, 'collecting');
    equal(second.coordinator.status.phase, 'refused');
    ok(second.problems.some(isSecond('clinic-3')));
  });
});
