import assert from 'node:assert/strict';
import { RandomSet, SeededRandom } from '../../../../gateway/platform';
import { createSchedule } from '../../../../gateway/simulation/fleet/schedule';

/** A fleet that notes who was started; all hold `held`. */
function fleet(held = 0, unable: readonly number[] = []) {
  const started: number[] = [];
  const versions = new Map<number, number>();
  return {
    started,
    versions,
    start: (client: number) => {
      if (unable.includes(client)) return false;
      started.push(client);
      return true;
    },
    versionOf: (client: number) => versions.get(client) ?? held,
  };
}

const random = () => new SeededRandom(3);

describe('a continuous schedule', () => {
  it('keeps as many clients busy as it may, and starts nobody before it begins', () => {
    const clients = fleet();
    const schedule = createSchedule(
      { kind: 'continuous', concurrency: 3, next: 'uniform' },
      clients,
      random(),
    );
    for (let i = 0; i < 10; i++) schedule.free(i);
    assert.deepEqual(clients.started, []);
    schedule.begin(0);
    assert.equal(new Set(clients.started).size, 3);
    const [first = -1] = clients.started;
    schedule.ended(first, false);
    schedule.free(first);
    assert.equal(clients.started.length, 4);
  });

  it('uniform: lets the fast train no more often than the others', () => {
    const counts = new Array<number>(5).fill(0);
    const clients = fleet();
    const schedule = createSchedule(
      { kind: 'continuous', concurrency: 1, next: 'uniform' },
      clients,
      random(),
    );
    for (let i = 0; i < 5; i++) schedule.free(i);
    schedule.begin(0);
    for (let round = 0; round < 5000; round++) {
      const client = clients.started[round] as number;
      counts[client] = (counts[client] ?? 0) + 1;
      schedule.ended(client, false);
      schedule.free(client);
    }
    for (const count of counts) assert.ok(Math.abs(count - 1000) < 120, `${counts}`);
  });

  it('same: lets who has finished go on', () => {
    const clients = fleet();
    const schedule = createSchedule({ kind: 'continuous', concurrency: 2, next: 'same' }, clients, random());
    for (let i = 0; i < 5; i++) schedule.free(i);
    schedule.begin(0);
    const [first = -1] = clients.started;
    for (let round = 0; round < 10; round++) {
      schedule.ended(first, false);
      schedule.free(first);
    }
    assert.deepEqual(clients.started.slice(2), new Array<number>(10).fill(first));
  });

  it('passes over who cannot, and fills up when somebody comes', () => {
    const clients = fleet(0, [0, 1]);
    const schedule = createSchedule(
      { kind: 'continuous', concurrency: 2, next: 'uniform' },
      clients,
      random(),
    );
    schedule.begin(0);
    for (const client of [0, 1, 2]) schedule.free(client);
    assert.deepEqual(clients.started, [2]);
    schedule.free(3);
    assert.deepEqual(clients.started, [2, 3]);
  });

  it('does not start who has gone', () => {
    const clients = fleet();
    const schedule = createSchedule(
      { kind: 'continuous', concurrency: 2, next: 'uniform' },
      clients,
      random(),
    );
    for (const client of [0, 1, 2]) schedule.free(client);
    schedule.gone(1);
    schedule.begin(0);
    assert.deepEqual([...clients.started].sort(), [0, 2]);
  });
});

describe('a schedule of rounds', () => {
  const spec = { kind: 'rounds', clients: 3, overSelection: 0 } as const;

  it('starts a cohort a version and nobody else', () => {
    const clients = fleet();
    const schedule = createSchedule(spec, clients, random());
    for (let i = 0; i < 10; i++) schedule.free(i);
    schedule.begin(0);
    assert.equal(new Set(clients.started).size, 3);
    for (const client of [...clients.started]) {
      schedule.ended(client, false);
      schedule.free(client);
    }
    assert.equal(clients.started.length, 3);
  });

  it('starts a member when it has received the version, not before', () => {
    const clients = fleet(0);
    const schedule = createSchedule(spec, clients, random());
    for (let i = 0; i < 3; i++) schedule.free(i);
    schedule.begin(1);
    assert.deepEqual(clients.started, []);
    schedule.received(1, 1);
    assert.deepEqual(clients.started, [1]);
    schedule.received(1, 1);
    schedule.received(2, 0);
    assert.deepEqual(clients.started, [1]);
  });

  it('asks more than it needs where it over-selects', () => {
    const clients = fleet();
    const schedule = createSchedule({ ...spec, overSelection: 0.5 }, clients, random());
    for (let i = 0; i < 10; i++) schedule.free(i);
    schedule.begin(0);
    assert.equal(clients.started.length, 5);
  });

  it('replaces who lost its round or went before it began', () => {
    const clients = fleet(1);
    clients.versions.set(0, 0);
    const schedule = createSchedule({ ...spec, clients: 2 }, clients, random());
    schedule.free(0);
    schedule.free(1);
    schedule.begin(1);
    assert.deepEqual(clients.started, [1]);
    schedule.gone(0);
    schedule.free(2);
    assert.deepEqual(clients.started, [1, 2]);
    schedule.ended(2, true);
    schedule.free(2);
    assert.deepEqual(clients.started, [1, 2, 2]);
  });
});

describe('the set of idle clients', () => {
  it('gives each out once, and none that was removed', () => {
    const idle = new RandomSet<number>();
    for (let i = 0; i < 20; i++) idle.add(i);
    idle.add(3);
    assert.ok(idle.remove(7));
    assert.equal(idle.remove(7), false);
    const drawn: number[] = [];
    for (let client = idle.draw(random()); client !== undefined; client = idle.draw(random()))
      drawn.push(client);
    assert.deepEqual(
      drawn.sort((a, b) => a - b),
      Array.from({ length: 20 }, (_, i) => i).filter((i) => i !== 7),
    );
  });
});
