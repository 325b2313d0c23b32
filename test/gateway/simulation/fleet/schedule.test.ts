import assert from 'node:assert/strict';
import { SeededRandom } from '../../../../gateway/platform';
import { createSchedule } from '../../../../gateway/simulation/fleet/schedule';

/** A fleet that records the clients that were started; all hold version `held`. */
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
  it('keeps the given number of clients busy, and starts none before it begins', () => {
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

  it('lets fast clients train no more often than others if the next one is uniform', () => {
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

  it('lets a client that has finished start again if the next one is the same', () => {
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

  it('skips clients that cannot start, and fills up when another comes', () => {
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

  it('does not start a client that has gone', () => {
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

  it('starts one cohort per version and no other client', () => {
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

  it('starts a member only when it has received the version', () => {
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

  it('starts more clients than it needs if it over-selects', () => {
    const clients = fleet();
    const schedule = createSchedule({ ...spec, overSelection: 0.5 }, clients, random());
    for (let i = 0; i < 10; i++) schedule.free(i);
    schedule.begin(0);
    assert.equal(clients.started.length, 5);
  });

  it('replaces a member that lost its round or went before it began', () => {
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
