import assert from 'node:assert/strict';
import fc from 'fast-check';
import { SeededRandom } from '../../../../gateway/platform';
import { granting } from './granting-tools';

describe('granted rounds', () => {
  it('run up to the limit at a time, and the end of one lets a waiting gateway begin', () => {
    const { grants, ready, granted } = granting();
    grants.start();
    ready('a', 'b', 'c', 'd');
    const first = granted();
    assert.equal(first.length, 2);
    assert.deepEqual(grants.state, { running: 2, waiting: 2 });
    grants.settled(first[0] as string);
    const [next, ...more] = granted();
    assert.ok(next && !first.includes(next));
    assert.deepEqual(more, []);
  });

  it('begin when the coordinator starts, for all gateways that requested one before', () => {
    const { grants, ready, granted } = granting();
    ready('a', 'b');
    assert.deepEqual(granted(), []);
    grants.start();
    assert.deepEqual(granted().sort(), ['a', 'b']);
  });

  it('are granted again to a gateway that repeats its request: its last round failed', () => {
    const { grants, ready, granted } = granting({ concurrency: () => 1 });
    grants.start();
    ready('a');
    assert.deepEqual(granted(), ['a']);
    ready('a');
    assert.deepEqual(granted(), ['a']);
    assert.deepEqual(grants.state, { running: 1, waiting: 0 });
  });

  it('end after the time-out and let one other begin, however late the update comes', () => {
    const { clock, grants, ready, granted, world } = granting();
    world.concurrency = 1;
    grants.start();
    ready('slow');
    ready('b', 'c', 'd');
    assert.deepEqual(granted(), ['slow']);
    clock.advance(999);
    assert.deepEqual(granted(), []);
    clock.advance(1);
    assert.equal(granted().length, 1);
    grants.settled('slow');
    assert.deepEqual(granted(), []);
  });

  it('end when a gateway leaves, and skip a waiting gateway that has left', () => {
    const { grants, ready, granted, offline } = granting({ concurrency: () => 1 });
    grants.start();
    ready('a');
    ready('b', 'c');
    granted();
    offline.add('b');
    grants.removed('b');
    grants.removed('a');
    assert.deepEqual(granted(), ['c']);
    grants.settled('c');
    assert.deepEqual(granted(), []);
    offline.delete('b');
    grants.joined('b');
    assert.deepEqual(granted(), [], 'a gateway that returns requests a round again');
    ready('b');
    assert.deepEqual(granted(), ['b']);
  });

  it('wait for a gateway that requested one before it was known to be online', () => {
    const { grants, ready, granted, offline } = granting();
    offline.add('early');
    grants.start();
    ready('early');
    assert.deepEqual(granted(), []);
    offline.delete('early');
    grants.joined('early');
    assert.deepEqual(granted(), ['early']);
  });

  it('wait while a version is being made', () => {
    const { grants, ready, granted, world } = granting();
    grants.start();
    world.open = false;
    ready('a');
    assert.deepEqual(granted(), []);
    world.open = true;
    grants.proceed(true);
    assert.deepEqual(granted(), ['a']);
  });

  it('each have an id, and say whether the gateway has the model already', () => {
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

  it('are drawn with the same chance, however often fast gateways request them', () => {
    const { grants, ready, granted, world } = granting();
    world.concurrency = 1;
    grants.start();
    const counts = new Map<string, number>();
    const names = Array.from({ length: 8 }, (_, i) => `gw-${i}`);
    ready(...names);
    for (let round = 0; round < 4000; round++) {
      const [gateway] = granted();
      assert.ok(gateway);
      counts.set(gateway, (counts.get(gateway) ?? 0) + 1);
      grants.settled(gateway);
      // It is back at once: all but one wait at any time, so each draw is uniform over them.
      grants.ready(gateway, { follows: false, anchor: '' });
    }
    for (const name of names) {
      const share = (counts.get(name) ?? 0) / 4000;
      assert.ok(Math.abs(share - 1 / 8) < 0.03, `${name} had ${share} of the rounds`);
    }
  });

  it('are granted to the same gateways in the same order for the same seed', () => {
    const run = (seed: number) => {
      const { grants, ready, granted } = granting({ random: new SeededRandom(seed), concurrency: () => 1 });
      grants.start();
      ready('a', 'b', 'c', 'd', 'e', 'f');
      const order: string[] = [];
      for (let i = 0; i < 6; i++) {
        const [gateway = ''] = granted();
        order.push(gateway);
        grants.settled(gateway);
      }
      return order.join();
    };
    assert.equal(run(3), run(3));
    assert.notEqual(run(3), run(4));
  });

  it('stop with the coordinator', () => {
    const { clock, grants, ready, granted } = granting({ concurrency: () => 1 });
    grants.start();
    ready('a', 'b');
    granted();
    grants.stop();
    assert.deepEqual(granted(), []);
    assert.equal(clock.nextDue, undefined, 'no timer is left');
  });

  it('never exceed the limit, nor run twice on one gateway, whatever happens', () => {
    const event = fc.record({
      kind: fc.constantFrom('ready', 'arrived', 'judged', 'left', 'joined', 'time', 'version', 'places'),
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
          if (kind === 'judged') {
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
        // In the end every gateway that is online and requests a round gets one, after its update was judged.
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

describe('the memory for requests', () => {
  it('is not used up by invented names', () => {
    const { grants, ready, granted, offline } = granting({ limit: 3 });
    grants.start();
    for (const name of ['x', 'y', 'z']) offline.add(name);
    ready('x', 'y', 'z', 'a');
    assert.deepEqual(granted(), ['a']);
  });

  it('forgets no request of a gateway that came online since', () => {
    const { grants, ready, granted, offline } = granting({ limit: 2, concurrency: () => 2 });
    for (const name of ['early', 'x', 'y']) offline.add(name);
    ready('early', 'x');
    offline.delete('early');
    grants.joined('early');
    ready('y', 'a');
    grants.start();
    assert.deepEqual(granted().sort(), ['a', 'early']);
  });

  it('is bounded if all gateways are online', () => {
    const { grants, ready, granted } = granting({ limit: 3, concurrency: () => 0 });
    grants.start();
    ready('a', 'b', 'c', 'd');
    assert.deepEqual(granted(), []);
    assert.equal(grants.state.waiting, 3);
  });
});

describe('grants without an effect', () => {
  it('are reported once for each gateway: after three in a row that time out or are requested again', () => {
    const { grants, ready, world, clock } = granting();
    grants.start();
    ready('deaf');
    clock.advance(1001);
    ready('deaf');
    ready('deaf');
    assert.deepEqual(world.fruitless, []);
    clock.advance(1001);
    assert.deepEqual(world.fruitless, ['deaf']);
    for (let i = 0; i < 5; i++) ready('deaf');
    assert.deepEqual(world.fruitless, ['deaf']);
  });

  it('are not those whose update arrives, or that are returned', () => {
    const { grants, ready, world } = granting();
    grants.start();
    for (let i = 0; i < 10; i++) {
      ready('slow');
      ready('slow');
      grants.arrived('slow');
      grants.settled('slow');
      ready('shy');
      ready('shy');
      grants.removed('shy');
    }
    assert.deepEqual(world.fruitless, []);
  });

  it('know which rounds are granted and not over', () => {
    const { grants, ready } = granting();
    grants.start();
    ready('a');
    assert.equal(grants.isRunning('a'), true);
    grants.settled('a');
    assert.equal(grants.isRunning('a'), false);
  });
});
