import { deepEqual, equal } from 'node:assert/strict';
import { Fleet, settle, tinyTask, until } from '../fleet-harness';
import { contribution } from './contributions';
import { close, combine, rule } from './rules';

describe('the FedAvg rule', () => {
  it('agrees with a round worked by hand: the mean by samples, whatever the variances', () => {
    // (10 * 1 + 30 * 5) / 40 = 4
    const list = [contribution([1], { samples: 10, variance: 9 }), contribution([5], { samples: 30 })];
    const { values, shares } = combine(rule({ kind: 'fedavg' }), list);
    close(values, [4]);
    close(shares, [0.25, 0.75]);
  });

  it('divides n contributions by n: the mean of equal ones is the same', () => {
    const list = [1, 2, 3].map(() => contribution([3]));
    close(combine(rule({ kind: 'fedavg' }), list).values, [3]);
  });

  it('counts a gateway once per round, by its first contribution', () => {
    const list = [
      contribution([2], { gateway: 'fast' }),
      contribution([900], { gateway: 'fast', samples: 1000 }),
      contribution([4], { gateway: 'slow' }),
    ];
    const aggregator = rule({ kind: 'fedavg' });
    equal(aggregator.ready(list.slice(0, 2), 2), 0, 'two contributions of one gateway count as one');
    equal(aggregator.ready(list, 2), 3);
    const { values, shares } = combine(aggregator, list);
    close(values, [3]);
    close(shares, [0.5, 0, 0.5]);
  });

  it('waits for all gateways online, or for the given number, or for fewer if there are spares', () => {
    const all = rule({ kind: 'fedavg' });
    deepEqual(
      [0, 1, 7, 500].map((online) => all.capacity(online)),
      [1, 1, 7, 500],
    );
    const some = rule({ kind: 'fedavg' }, { bufferSize: 5 });
    deepEqual(
      [0, 3, 5, 500].map((online) => some.capacity(online)),
      [1, 3, 5, 5],
    );
    const spares = rule({ kind: 'fedavg', overSelection: 0.3 });
    deepEqual(
      [1, 2, 13, 26, 130].map((online) => spares.capacity(online)),
      [1, 2, 10, 20, 100],
    );
  });
});

describe('the rounds of FedAvg', () => {
  it('are synchronous: a cohort is the buffer and its spares, and late contributions are refused', () => {
    const rounds = rule({ kind: 'fedavg', overSelection: 0.3 }, { bufferSize: 10, maxAge: 50 });
    deepEqual([rounds.synchronous, rounds.cohortSize, rounds.maxAge], [true, 13, 0]);
    equal(rule({ kind: 'fedavg' }).cohortSize, undefined, 'all gateways online, if no number is set');
  });
});

describe('a synchronous federation', () => {
  const rounds = { rule: { kind: 'fedavg' }, maxWaitMs: 5_000, maxAge: 50 } as const;
  let fleet: Fleet;

  afterEach(() => fleet.close());

  async function begin(settings = {}) {
    fleet = new Fleet(tinyTask({ aggregation: { ...rounds, ...settings } }));
    const watched = await fleet.coordinator();
    const gateways = [await fleet.gateway('a'), await fleet.gateway('b'), await fleet.gateway('c')] as const;
    return { ...watched, gateways, lineage: watched.coordinator.status.lineage };
  }

  it('makes a version when the last contribution of the round arrives', async () => {
    const { versions, gateways, lineage } = await begin();
    const [a, b, c] = gateways;
    await a.send(a.update(lineage, 3));
    await a.send(a.update(lineage, 99));
    await b.send(b.update(lineage, 3));
    await settle();
    equal(versions.length, 0);
    await c.send(c.update(lineage, 9));
    await until(() => versions.length === 1);
    deepEqual(
      versions[0]?.contributions.map(({ gateway, weight }) => [gateway, Math.round(weight * 300) / 300]),
      [
        ['a', 1 / 3],
        ['a', 0],
        ['b', 1 / 3],
        ['c', 1 / 3],
      ],
    );
  });

  it('refuses late contributions, whatever age the task allows', async () => {
    const { versions, gateways, lineage } = await begin({ bufferSize: 2 });
    const [a, b, c] = gateways;
    await a.send(a.update(lineage, 1));
    await b.send(b.update(lineage, 1));
    await until(() => versions.length === 1);
    const late = c.update(lineage, 1);
    await c.send(late);
    await until(() => c.ackOf(late) !== undefined);
    equal(c.ackOf(late)?.reason, 'too-old');
  });

  it('ends the round without the missing gateways when its time is over', async () => {
    const { versions, gateways, lineage } = await begin();
    const [a] = gateways;
    await a.send(a.update(lineage, 1));
    await settle();
    equal(versions.length, 0);
    fleet.clock.advance(5_000);
    await until(() => versions.length === 1);
    equal(versions[0]?.cause, 'max-wait');
  });

  it('ends the round when the last missing gateway leaves', async () => {
    const { versions, gateways, lineage } = await begin();
    const [a, b, c] = gateways;
    await a.send(a.update(lineage, 1));
    await b.send(b.update(lineage, 1));
    await settle();
    equal(versions.length, 0);
    await c.session.stop();
    await c.transport.close();
    await until(() => versions.length === 1);
    equal(versions[0]?.cause, 'full');
  });
});
