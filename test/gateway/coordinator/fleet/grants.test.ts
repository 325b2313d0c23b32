import assert from 'node:assert/strict';
import fc from 'fast-check';
import { SeededRandom } from '../../../../gateway/platform';
import { granting } from './granting-tools';

describe('granted rounds', () => {
  it('run no more at a time than may, and a place that an update frees goes to one who waits', () => {
    const { grants, ready, news } = granting();
    grants.start();
    ready('a', 'b', 'c', 'd');
    const first = news();
    assert.equal(first.length, 2);
    assert.deepEqual(grants.state, { running: 2, waiting: 2 });
    grants.settled(first[0] as string);
    const [next, ...more] = news();
    assert.ok(next && !first.includes(next));
    assert.deepEqual(more, []);
  });

  it('begin with the coordinator, among all who were ready before it', () => {
    const { grants, ready, news } = granting();
    ready('a', 'b');
    assert.deepEqual(news(), []);
    grants.start();
    assert.deepEqual(news().sort(), ['a', 'b']);
  });

  it('are given to whoever says ready again: its last round came to nothing', () => {
    const { grants, ready, news } = granting({ concurrency: () => 1 });
    grants.start();
    ready('a');
    assert.deepEqual(news(), ['a']);
    ready('a');
    assert.deepEqual(news(), ['a']);
    assert.deepEqual(grants.state, { running: 1, waiting: 0 });
  });

  it('give their place away after the time-out, once, however late the update comes', () => {
    const { clock, grants, ready, news, world } = granting();
    world.concurrency = 1;
    grants.start();
    ready('slow');
    ready('b', 'c', 'd');
    assert.deepEqual(news(), ['slow']);
    clock.advance(999);
    assert.deepEqual(news(), []);
    clock.advance(1);
    assert.equal(news().length, 1);
    grants.settled('slow');
    assert.deepEqual(news(), []);
  });

  it('free the place of a gateway that leaves, and pass over one that waits but has gone', () => {
    const { grants, ready, news, offline } = granting({ concurrency: () => 1 });
    grants.start();
    ready('a');
    ready('b', 'c');
    news();
    offline.add('b');
    grants.removed('b');
    grants.removed('a');
    assert.deepEqual(news(), ['c']);
    grants.settled('c');
    assert.deepEqual(news(), []);
    offline.delete('b');
    grants.joined('b');
    assert.deepEqual(news(), [], 'who comes back says again that it is ready');
    ready('b');
    assert.deepEqual(news(), ['b']);
  });

  it('wait for a gateway that said ready before it was known to be there', () => {
    const { grants, ready, news, offline } = granting();
    offline.add('early');
    grants.start();
    ready('early');
    assert.deepEqual(news(), []);
    offline.delete('early');
    grants.joined('early');
    assert.deepEqual(news(), ['early']);
  });

  it('wait while a version is being made', () => {
    const { grants, ready, news, world } = granting();
    grants.start();
    world.open = false;
    ready('a');
    assert.deepEqual(news(), []);
    world.open = true;
    grants.proceed(true);
    assert.deepEqual(news(), ['a']);
  });

  it('tell the gateway under an id of its own whether it has the model already', () => {
    const { clock, grants, world } = granting();
    grants.start();
    grants.ready('a', { follows: true, anchor: '' });
    grants.ready('b', { follows: false, anchor: '' });
    clock.advance(0);
    const follows = Object.fromEntries(world.sent.map((sent) => [sent.gateway, sent.follows]));
    assert.deepEqual(follows, { a: true, b: false });
    assert.notEqual(world.sent[0]?.id, world.sent[1]?.id);
    assert.match(world.sent[0]?.id ?? '', /^[0-9a-f]{16}$/);
  });

  it('are drawn with the same chance, however often the fast are ready', () => {
    const { grants, ready, news, world } = granting();
    world.concurrency = 1;
    grants.start();
    const counts = new Map<string, number>();
    const names = Array.from({ length: 8 }, (_, i) => `gw-${i}`);
    ready(...names);
    for (let round = 0; round < 4000; round++) {
      const [gateway] = news();
      assert.ok(gateway);
      counts.set(gateway, (counts.get(gateway) ?? 0) + 1);
      grants.settled(gateway);
      // Back at once; all but one wait all the time, so each draw is uniform over those.
      grants.ready(gateway, { follows: false, anchor: '' });
    }
    for (const name of names) {
      const share = (counts.get(name) ?? 0) / 4000;
      assert.ok(Math.abs(share - 1 / 8) < 0.03, `${name} had ${share} of the rounds`);
    }
  });

  it('go to the same gateways in the same order for the same seed', () => {
    const run = (seed: number) => {
      const { grants, ready, news } = granting({ random: new SeededRandom(seed), concurrency: () => 1 });
      grants.start();
      ready('a', 'b', 'c', 'd', 'e', 'f');
      const order: string[] = [];
      for (let i = 0; i < 6; i++) {
        const [gateway = ''] = news();
        order.push(gateway);
        grants.settled(gateway);
      }
      return order.join();
    };
    assert.equal(run(3), run(3));
    assert.notEqual(run(3), run(4));
  });

  it('stop with the coordinator', () => {
    const { clock, grants, ready, news } = granting({ concurrency: () => 1 });
    grants.start();
    ready('a', 'b');
    news();
    grants.stop();
    assert.deepEqual(news(), []);
    assert.equal(clock.nextDue, undefined, 'no timer is left');
  });

  it('never run more than may, nor one gateway twice, whatever happens', () => {
    const event = fc.record({
      kind: fc.constantFrom('ready', 'arrived', 'heard', 'left', 'joined', 'time', 'version', 'places'),
      gateway: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
      number: fc.integer({ min: 1, max: 4 }),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), fc.boolean(), (events, cohorts) => {
        const { clock, grants, offline, world, ready } = granting({ cohorts });
        world.concurrency = 4;
        const arrived = new Set<string>();
        grants.start();
        for (const { kind, gateway, number } of events) {
          const before = grants.state.running;
          if (kind === 'ready' && !offline.has(gateway)) ready(gateway);
          if (kind === 'arrived') {
            arrived.add(gateway);
            grants.arrived(gateway);
          }
          if (kind === 'heard') {
            arrived.delete(gateway);
            grants.settled(gateway, number % 2 === 0);
          }
          if (kind === 'left') {
            offline.add(gateway);
            grants.removed(gateway);
          }
          if (kind === 'joined') {
            offline.delete(gateway);
            grants.joined(gateway);
          }
          if (kind === 'time') clock.advance(number * 300);
          if (kind === 'version') grants.proceed(true);
          if (kind === 'places') world.concurrency = number;
          clock.advance(0);
          const { running, waiting } = grants.state;
          if (!cohorts) assert.ok(running <= Math.max(before, world.concurrency), `${running} run`);
          assert.ok(running + waiting <= 5);
        }
        // Whatever it was, who is there and ready has its turn in the end, once what arrived was judged.
        for (const gateway of ['a', 'b', 'c', 'd', 'e']) {
          if (arrived.delete(gateway)) grants.settled(gateway);
          offline.delete(gateway);
          grants.joined(gateway);
        }
        world.concurrency = 5;
        world.sent.length = 0;
        grants.proceed(true);
        ready('a', 'b', 'c', 'd', 'e');
        clock.advance(0);
        assert.deepEqual([...new Set(world.sent.map(({ gateway }) => gateway))].sort(), [
          'a',
          'b',
          'c',
          'd',
          'e',
        ]);
      }),
    );
  });
});

describe('the memory for who is ready', () => {
  it('is not taken up by names that nobody has', () => {
    const { grants, ready, news, offline } = granting({ limit: 3 });
    grants.start();
    for (const name of ['x', 'y', 'z']) offline.add(name);
    ready('x', 'y', 'z', 'a');
    assert.deepEqual(news(), ['a']);
  });

  it('holds no more than it may where all of them are there', () => {
    const { grants, ready, news } = granting({ limit: 3, concurrency: () => 0 });
    grants.start();
    ready('a', 'b', 'c', 'd');
    assert.deepEqual(news(), []);
    assert.equal(grants.state.waiting, 3);
  });
});
