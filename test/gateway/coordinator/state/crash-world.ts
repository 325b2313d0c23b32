import { deepEqual, equal, ok } from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { SeededRandom, VirtualClock } from '../../../../gateway/platform';
import type { Task } from '../../../../gateway/task';
import type { Ack, Update } from '../../../../gateway/wire';
import {
  type DiskFault,
  type DiskFaultKind,
  diskFault,
  diskTurn,
  type FaultyDisk,
  faultyDisk,
} from '../../../../tools/support/faulty-disk';
import { Fleet, type Gateway, tinyTask, type Watched } from '../fleet-harness';

/** The mean of two updates at a time: a version adds half of the sum of its two updates. */
export const taskOf = (damping: number) =>
  tinyTask({
    aggregation: {
      bufferSize: 2,
      age: { kind: 'constant' },
      variance: 'none',
      damping,
      server: { kind: 'sgd', learningRate: 1 },
    },
  });
const updates = 6;

/** Waits until what was requested in this turn of the event loop has happened, the disk's part included. */
async function settle(turns = 12): Promise<void> {
  for (let i = 0; i < turns; i++) await diskTurn();
}

/** Milliseconds of a suite with dozens of coordinators on a machine that is busy with other work. */
export const longest = 600_000;

/** The fault of an operation of the disk, by its number and the path of its file. */
type Fault = (operation: number, path: string) => DiskFaultKind | undefined;

/**
 * A coordinator whose process may die at any operation of its disk, and gateways that send until they get an answer.
 */
export class World {
  readonly fleet: Fleet;
  /** The model at the end. */
  result: Float32Array | undefined;
  /** The number of deaths. */
  deaths = 0;
  private hub: Watched | undefined;
  private dead = false;
  private calm = false;
  private clock = new VirtualClock();
  folder = '';
  private readonly ends: (() => void)[] = [];
  private disk: FaultyDisk | undefined;
  /** The number of the process that code runs in: everything that a dead process began, on a busy machine also late, stays its own. */
  private readonly process = new AsyncLocalStorage<number>();
  /** The heads and patches that were published: version numbers in order, and the bytes of each. */
  private readonly heads: number[] = [];
  private readonly patches = new Map<number, string>();

  /** @param memberChangesBytes option of the coordinator: with 1, all members are written with each version */
  constructor(
    private readonly fault: Fault,
    private readonly memberChangesBytes: number,
    private readonly task: Task,
  ) {
    this.fleet = new Fleet(task);
  }

  async run(): Promise<void> {
    const { fleet } = this;
    this.folder = await fleet.folder();
    this.disturb();
    await this.watchVersions();
    await this.restart();
    const gateways = [await fleet.gateway('a'), await fleet.gateway('b')];
    const lineage = await this.alive(() => this.hub?.coordinator.status.lineage);
    const start = await this.alive(() => this.hub?.coordinator.export('current').parameters[0]);
    const sent: { gateway: Gateway; update: Update }[] = [];
    for (let i = 0; i < updates; i++) {
      const gateway = gateways[i % 2]!;
      // A version before the newest, so that damping looks back.
      const baseVersion = Math.max(0, Math.floor(i / 2) - 1);
      const update = gateway.update(lineage, 2 ** i, { baseVersion });
      sent.push({ gateway, update });
      await this.deliver(gateway, update);
    }
    await this.alive(() => (this.heads.at(-1) ?? 0) >= updates / 2 || undefined);
    this.calm = true;
    await this.check(start);
    // The coordinator knows the updates that are in the model.
    for (const { gateway, update } of sent) {
      gateway.acks.length = 0;
      await this.deliver(gateway, update);
      equal(gateway.ackOf(update)?.status, 'duplicate');
    }
  }

  async close(): Promise<void> {
    this.dead = true;
    const fail = setInterval(() => {
      for (const end of this.ends.splice(0)) end();
    });
    await this.fleet.close();
    clearInterval(fail);
    this.disk?.();
    // Each storage that is left costs every promise of this process time.
    this.process.disable();
  }

  private async watchVersions(): Promise<void> {
    const { session } = this.fleet.session('watch');
    await session.subscribe('head', ({ version }) => this.heads.push(version));
    await session.subscribe('patch', ({ version, delta }) => {
      const bytes = Buffer.from(delta.values.buffer).toString('hex');
      equal(this.patches.get(version) ?? bytes, bytes, `version ${version} came with other bytes`);
      this.patches.set(version, bytes);
    });
  }

  /** Asks a gateway for one more update, and gives the answer. */
  async sendOneMore(id: string): Promise<Ack | undefined> {
    const gateway = await this.fleet.gateway(id);
    const { lineage, version } = this.hub!.coordinator.status;
    const update = gateway.update(lineage, 1, { baseVersion: version, id: 'f'.repeat(16) });
    return this.alive(async () => {
      const ack = gateway.ackOf(update);
      if (!ack) await this.inProcess(() => gateway.send(update));
      return ack;
    });
  }

  /** Each update is in the model once: every power of two makes one bit of the sum. */
  private async check(start: number): Promise<void> {
    // Its start may still wait for the disk that failed.
    const moved = (await this.alive(() => this.hub?.coordinator.export('current').parameters[0])) - start;
    const { coordinator } = this.hub!;
    if (this.task.aggregation.damping === 0)
      ok(Math.abs(moved - (2 ** updates - 1) / 2) < 1e-4, `the model moved by ${moved}`);
    this.result = coordinator.export('current').parameters.slice();
    equal(coordinator.status.accepted, updates);
    deepEqual(
      this.heads,
      [...this.heads].sort((a, b) => a - b),
    );
    // A restart from the files on disk gives the same result.
    const left = coordinator.export('current').parameters;
    this.die();
    await settle();
    await this.restart();
    const again = this.hub!.coordinator;
    equal(again.status.buffered, 0);
    equal(again.status.accepted, updates);
    deepEqual(again.export('current').parameters, left);
  }

  /**
   * Sends until the update is acknowledged, over any number of deaths: twice in a row after a death or a `not-stored`, and
   * now and then while there is no answer.
   */
  private async deliver(gateway: Gateway, update: Update): Promise<void> {
    let receiver = '';
    let asked = 0;
    await this.alive(async () => {
      const ack = gateway.ackOf(update);
      if (ack) {
        ok(ack.status !== 'rejected', ack.detail);
        return true;
      }
      const present = `${this.deaths} ${gateway.notStored.length}`;
      if (present !== receiver) asked = 0;
      receiver = present;
      if (asked < 2 || asked % 8 === 0) await this.inProcess(() => gateway.send(update));
      asked++;
      await settle(6);
      return undefined;
    });
  }

  /**
   * Asks until there is an answer. It restarts the coordinator after a death, and advances the clock over its waits.
   */
  private async alive<T>(question: () => T | undefined | Promise<T | undefined>): Promise<T> {
    const deadline = performance.now() + 60_000;
    // A busy machine takes few turns in a minute.
    for (let turn = 0; turn < 20_000 || performance.now() < deadline; turn++) {
      if (this.dead) await this.restart();
      const answer = await Promise.resolve()
        .then(question)
        .catch(() => undefined);
      if (answer !== undefined && answer !== '') return answer;
      await settle(2);
      if (turn % 10 === 9) this.inProcess(() => this.clock.advance(1_000));
    }
    throw new Error('the coordinator did not come back');
  }

  private async restart(): Promise<void> {
    for (let attempt = 0; attempt < 50; attempt++) {
      // Operations that the dead process was about to begin have no effect, those under way end, and the clock of its
      // timers has stopped.
      await settle();
      await this.disk?.rest();
      // The lock of a process that ended is worth nothing; this one's process is still there.
      rmSync(join(this.folder, 'lock'), { force: true });
      this.dead = false;
      this.clock = new VirtualClock(1_000_000 + this.deaths);
      const hub = this.fleet.watch(
        { folder: this.folder, clock: this.clock, memberChangesBytes: this.memberChangesBytes },
        `hub-${this.deaths}`,
      );
      this.hub = hub;
      let outcome: 'starting' | 'started' | 'failed' = 'starting';
      this.inProcess(() => hub.coordinator.start()).then(
        () => {
          outcome = 'started';
        },
        () => {
          outcome = 'failed';
        },
      );
      // A process that dies during its start never resolves.
      while (outcome === 'starting' && !this.dead) {
        await settle(2);
        this.inProcess(() => this.clock.advance(500));
      }
      if ((outcome as string) === 'started' && !this.dead) return;
      // After a disk that fails at the start, a person starts the coordinator again.
      this.die();
    }
    throw new Error('the coordinator did not start');
  }

  /** Runs a part of the process that lives now: its disk knows whose operation comes. */
  private inProcess<T>(act: () => T): T {
    return this.process.run(this.deaths, act);
  }

  private die(): void {
    if (this.dead) return;
    this.dead = true;
    this.deaths++;
    this.hub?.transport.drop({ stay: true });
  }

  private disturb(): void {
    let operation = 0;
    this.disk = faultyDisk(this.folder, ({ path }): DiskFault | Promise<DiskFault> => {
      // Only a dead process still writes here.
      if (this.dead || (this.process.getStore() ?? this.deaths) !== this.deaths) return this.never();
      const kind = this.calm ? undefined : this.fault(operation++, path);
      return (
        kind &&
        diskFault(kind, () => {
          this.die();
          return this.never();
        })
      );
    });
  }

  /** A promise for a dead process. It rejects when the test ends, so that everything ends. */
  private never(): Promise<never> {
    return new Promise((_, reject) => {
      this.ends.push(() => reject(new Error('the process is dead')));
    });
  }
}

async function survive(memberChangesBytes: number, fault: Fault, damping = 0): Promise<number> {
  return (await outlive(memberChangesBytes, fault, taskOf(damping))).deaths;
}

/** Runs a world with faults to its end, and closes it. @param check looks at it before */
export async function outlive(
  memberChangesBytes: number,
  fault: Fault,
  task: Task,
  check?: (world: World) => Promise<void>,
): Promise<World> {
  const world = new World(fault, memberChangesBytes, task);
  try {
    await world.run();
    await check?.(world);
    return world;
  } finally {
    await world.close();
  }
}

/**
 * Kills and tears at each operation of the disk in turn, and at random.
 * @param bytes see `World`
 * @param step of the operations that fail or have an unknown outcome
 */
export function testCrashes(members: string, bytes: number, step = 1): void {
  describe(`a coordinator that writes all members ${members}, with a disk that fails`, function () {
    this.timeout(longest);
    /** The number of operations in a run without faults. */
    let operations = 0;
    before(async () => {
      await survive(bytes, (operation) => {
        operations = operation + 1;
        return undefined;
      });
      ok(operations > 20, `${operations}`);
    });

    for (const how of ['die', 'tear'] as const) {
      const title =
        how === 'die' ? 'killed before any one operation' : 'killed in the middle of any one operation';
      it(`${title} of its disk has lost nothing, counted nothing twice, and never gone back`, async () => {
        for (let at = 0; at < operations; at++)
          ok((await survive(bytes, (operation) => (operation === at ? how : undefined))) >= 2, `${at}`);
      });
    }

    for (const how of ['fail', 'unknown'] as const) {
      const title = how === 'fail' ? 'that failed' : 'whose outcome it cannot know';
      it(`continues after any one operation${step > 1 ? ` of each ${step}` : ''} ${title}`, async () => {
        for (let at = 0; at < operations; at += step)
          await survive(bytes, (operation) => (operation === at ? how : undefined));
      });
    }

    it('survives all faults in random order', async () => {
      for (let seed = 1; seed <= 10; seed++) {
        const random = new SeededRandom(seed);
        await survive(bytes, () => {
          const draw = random.uniform();
          if (draw < 0.02) return 'die';
          if (draw < 0.04) return 'tear';
          return draw < 0.08 ? 'fail' : draw < 0.14 ? 'unknown' : undefined;
        });
      }
    });
  });
}
