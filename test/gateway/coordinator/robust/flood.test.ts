import { deepEqual, equal, ok } from 'node:assert/strict';
import { PseudoGradient } from '../../../../gateway/coordinator/aggregation';
import type { Contribution } from '../../../../gateway/coordinator/aggregation/contribution';
import { Robustness } from '../../../../gateway/coordinator/robust';
import { readyOf } from '../../../../gateway/coordinator/robust/ready';
import { ModelStore } from '../../../../gateway/coordinator/storage';
import { runSync, SeededRandom } from '../../../../gateway/platform';
import { contribution } from '../aggregation/contributions';
import { rule } from '../aggregation/rules';
import { Fleet, settle, tinyTask, until } from '../fleet-harness';

const size = 64;
const way = Array.from({ length: size }, () => 1 / Math.sqrt(size));
const maxAge = 50;

/** Updates that a hostile gateway sends in a unit of time. */
type Attack = (unit: number, random: SeededRandom) => readonly (readonly number[])[];

const times = (count: number, update: () => readonly number[]) => Array.from({ length: count }, update);

/**
 * Nine honest gateways that each take one unit of time for an update, and one that sends as many as it likes.
 * @returns the movement along the way per unit of time, and what became of the honest updates
 */
function run(
  attack: Attack,
  { size: bufferSize = 10, kind = 'trust' as 'trust' | 'clip', units = 40, seed = 3 } = {},
) {
  const random = new SeededRandom(seed);
  const aggregator = rule({ kind: 'ftte' });
  const robustness = new Robustness(kind, size, aggregator.synchronous);
  const direction = new PseudoGradient(size);
  const began = new Map<string, number>();
  const quarantined = new Set<string>();
  const honest = Array.from({ length: 9 }, (_, i) => `honest ${i}`);
  const lost = { refused: 0, old: 0 };
  let [version, progress] = [0, 0];
  let waiting: Contribution[] = [];
  /** Makes a version of the oldest contributions that wait. */
  const makeVersion = (ready: number) => {
    const taken = waiting.splice(0, ready);
    const weigh = (isProtected: boolean) =>
      aggregator.shares({ contributions: taken, version, isProtected }, direction);
    const treated = runSync(robustness.treat(taken, version, weigh))!;
    runSync(robustness.learn(taken, treated));
    for (const [i, { change }] of treated.treatments.entries())
      if (change === 'quarantined') quarantined.add(taken[i]!.gateway);
    const { factors, isActive: isProtected, isVoid } = treated;
    runSync(aggregator.combine({ contributions: taken, version, factors, isProtected }, direction));
    if (!isVoid) progress += way.reduce((sum, part, i) => sum + part * direction.values[i]!, 0);
    version++;
  };
  const take = (gateway: string, delta: readonly number[], baseVersion: number) => {
    const isHonest = gateway !== 'x';
    if (version - baseVersion > maxAge) {
      if (isHonest) lost.old++;
      return;
    }
    const one = contribution(delta, { gateway, samples: 20, baseVersion });
    if (robustness.refusalOf(gateway, one.delta, version, 10)) {
      if (isHonest) lost.refused++;
      return;
    }
    // The pipeline keeps no more than so many of one gateway.
    if (waiting.filter((other) => other.gateway === gateway).length >= 32) return;
    waiting.push(one);
    if (waiting.length < bufferSize) return;
    const ready = robustness.ready(waiting, bufferSize, version, 10);
    if (ready > 0) makeVersion(ready);
  };
  for (let unit = 0; unit < units; unit++) {
    const start = version;
    const sent = honest.map((name) => ({
      name,
      delta: way.map((part) => part + (1.2 / Math.sqrt(size)) * random.normal()),
    }));
    const all = [...sent, ...attack(unit, random).map((delta) => ({ name: 'x', delta }))];
    for (let i = all.length - 1; i > 0; i--) {
      const j = Math.floor(random.uniform() * (i + 1));
      [all[i], all[j]] = [all[j]!, all[i]!];
    }
    for (const { name, delta } of all)
      take(name, delta as readonly number[], name === 'x' ? version : (began.get(name) ?? start));
    for (const name of honest) began.set(name, start);
  }
  waiting = [];
  return { version, perUnit: progress / units, quarantined, ...lost };
}

describe('a gateway that floods', () => {
  for (const bufferSize of [4, 5, 10])
    for (const kind of ['trust', 'clip'] as const) {
      const usual = () => run(() => [], { size: bufferSize, kind }).perUnit;

      for (const count of [8, 40, 100])
        it(`does not say what is usual with ${count} tiny updates: ${kind}, buffers of ${bufferSize}`, () => {
          const flood = run(() => times(count, () => way.map((part) => 1e-3 * part)), {
            size: bufferSize,
            kind,
          });
          equal(flood.refused, 0);
          equal(flood.old, 0);
          ok(flood.perUnit > 0.75 * usual(), `${flood.perUnit} beside ${usual()}`);
        });

      it(`does not outrun the others: ${kind}, buffers of ${bufferSize}`, () => {
        const race = run(
          (_unit, random) => times(300, () => way.map(() => (1.5 / Math.sqrt(size)) * random.normal())),
          { size: bufferSize, kind },
        );
        equal(race.old, 0);
        ok(race.perUnit > 0.75 * usual(), `${race.perUnit} beside ${usual()}`);
      });
    }

  for (const bufferSize of [5, 10])
    for (const from of [0, 20])
      it(`is judged if it pushes back from unit ${from} on, buffers of ${bufferSize}`, () => {
        for (const count of [15, 40, 100]) {
          const { perUnit, quarantined, old } = run(
            (unit) => times(unit < from ? 1 : count, () => way.map((part) => (unit < from ? part : -part))),
            { size: bufferSize, units: 80 },
          );
          const usual = run(() => [], { size: bufferSize, units: 80 }).perUnit;
          deepEqual([...quarantined], ['x']);
          equal(old, 0);
          ok(perUnit > 0.75 * usual, `${perUnit} beside ${usual} with ${count}`);
        }
      });
});

describe('the contributions that make a version', () => {
  const ready = (gateways: string, enough: number, known: number) =>
    readyOf(
      [...gateways].map((gateway) => ({ gateway })),
      enough,
      known,
    );

  it('are the oldest ones, if each gateway has one', () => equal(ready('abcdef', 5, 10), 5));

  it('count for a third at most, are of three gateways, and are all taken', () => {
    equal(ready('aaaaaaaaaa', 10, 10), 0);
    equal(ready('aaaabbbbcc', 10, 10), 10);
    equal(ready('aaaaaaaabbbbbcc', 10, 10), 15);
    equal(ready('aaabb', 5, 10), 0);
    equal(ready('aabbccd', 4, 10), 5);
    equal(ready('aabb', 4, 10), 0);
    equal(ready('abb', 3, 10), 0);
    equal(ready('aaabbc', 5, 10), 6);
  });

  it('are of no fewer gateways, and of no fewer updates of others, if the rule asks for more', () => {
    const names = 'abcdefghij';
    /** The fewest gateways that make a version, if each sends as often as it likes. */
    const gateways = (enough: number) =>
      [...names].findIndex(
        (_, i) => ready([...names.slice(0, i + 1)].map((one) => one.repeat(30)).join(''), enough, 99) > 0,
      );
    /** The updates of others, one of each, beside those of a gateway that floods. */
    const others = (enough: number) =>
      [...names].findIndex((_, i) => ready(`${'x'.repeat(30)}${names.slice(0, i)}`, enough, 99) > 0);
    for (let enough = 1; enough < 12; enough++) {
      ok(gateways(enough + 1) >= gateways(enough), `${enough + 1} of fewer gateways than ${enough}`);
      ok(others(enough + 1) >= others(enough), `${enough + 1} of fewer updates of others than ${enough}`);
    }
  });

  it('are of as many gateways as there are', () => {
    equal(ready('aaaaaaaaaa', 10, 1), 10);
    equal(ready('aaaaaaaaab', 10, 2), 10);
    equal(ready('aaaaaaaaaa', 10, 2), 0);
  });

  it('are of whoever sends in a federation too small to protect', () => {
    const waiting = Array.from({ length: 5 }, () => ({ gateway: 'a' })) as Contribution[];
    equal(new Robustness('trust', 1, false).ready(waiting, 5, 0, 4), 5);
    equal(new Robustness('trust', 1, false).ready(waiting, 5, 0, 5), 0);
    equal(new Robustness('none', 1, false).ready(waiting, 5, 0, 500), 5);
  });
});

describe('a full buffer that waits for other gateways', () => {
  it('takes all that has arrived with one write, and not each update with its own', async () => {
    const fleet = new Fleet(tinyTask({ aggregation: { robust: 'trust', bufferSize: 5 } }));
    const { record } = ModelStore.prototype;
    const writes: number[] = [];
    try {
      const { coordinator } = await fleet.coordinator();
      for (const id of ['a', 'b', 'c', 'd']) await fleet.gateway(id);
      const fast = await fleet.gateway('x');
      const { lineage } = coordinator.status;
      ModelStore.prototype.record = function (entries) {
        writes.push(entries.length);
        return record.call(this, entries);
      };
      const sent = Array.from({ length: 20 }, () => fast.update(lineage, 1e-5));
      await Promise.all(sent.map((update) => fast.send(update)));
      await until(() => fast.acks.length === sent.length);
      equal(
        writes.reduce((sum, count) => sum + count, 0),
        sent.length,
      );
      ok(writes.length <= 4, `${writes.length} writes: ${writes}`);
    } finally {
      ModelStore.prototype.record = record;
      await fleet.close();
    }
  });
});

describe('gateways that fill a buffer together', () => {
  /** @returns contributions of the first version, after these gateways have sent in turns, so many each */
  const first = async (bufferSize: number, each: number, bufferBytes?: number) => {
    const fleet = new Fleet(tinyTask({ aggregation: { robust: 'trust', bufferSize } }));
    try {
      const { coordinator, versions } = await fleet.coordinator(bufferBytes ? { bufferBytes } : {});
      const gateways = [];
      for (const id of ['a', 'b', 'c', 'd', 'e']) gateways.push(await fleet.gateway(id));
      const { lineage } = coordinator.status;
      for (let i = 0; i < each && versions.length === 0; i++)
        for (const gateway of gateways) {
          await gateway.send(gateway.update(lineage, 0.01));
          await until(() => gateway.acks.length + gateway.notStored.length === i + 1);
        }
      await settle();
      deepEqual(
        gateways.flatMap(({ notStored }) => notStored.map(({ detail }) => detail)),
        [],
      );
      return versions[0]?.contributions.length;
    } finally {
      await fleet.close();
    }
  };

  it('may each have more updates in it than usual, if it is larger than that', async () =>
    equal(await first(170, 34), 170));

  it('make a version of what waits before their next updates are refused for its memory', async () => {
    const bytes = 9 * Float32Array.BYTES_PER_ELEMENT;
    equal(await first(30, 6, 4 * 16 * bytes), 16);
    equal(await first(16, 4, 4 * 16 * bytes), 16, 'a buffer that fits is filled');
    equal(await first(15, 3, 4 * 16 * bytes), 15, 'a buffer that fits is filled');
  });
});

describe('a coordinator with a gateway that floods', () => {
  it('makes versions with the others, and loses nothing of one that is fast', async () => {
    const fleet = new Fleet(tinyTask({ aggregation: { robust: 'trust', bufferSize: 5 } }));
    try {
      const { coordinator, versions } = await fleet.coordinator();
      const others = [];
      for (const id of ['a', 'b', 'c', 'd']) others.push(await fleet.gateway(id));
      const fast = await fleet.gateway('x');
      const { lineage } = coordinator.status;
      const sent = Array.from({ length: 33 }, () => fast.update(lineage, 1e-5));
      for (const update of sent) await fast.send(update);
      await until(() => fast.acks.length + fast.notStored.length === sent.length);
      await settle();
      equal(versions.length, 0, 'it makes no version by itself');
      deepEqual(
        fast.acks.map(({ status }) => status),
        sent.slice(1).map(() => 'accepted'),
      );
      ok(/32 updates of this gateway wait for those of others/.test(fast.notStored[0]!.detail!));
      for (const gateway of others) await gateway.send(gateway.update(lineage, 0.01));
      await until(() => versions.length === 1);
      equal(versions[0]!.contributions.length, 35);
      equal(versions[0]!.contributions.filter(({ gateway }) => gateway === 'x').length, 32);
      // The rest waits, and goes into a version after a time, whoever sends.
      await fast.send(fast.update(lineage, 0.01));
      await until(() => fast.acks.length === 33);
      fleet.clock.advance(60_000);
      await until(() => versions.length === 2);
    } finally {
      await fleet.close();
    }
  });
});
