import { deepEqual, equal, ok } from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SeededRandom, VirtualClock } from '../../../gateway/platform';
import { PersistedSamples, SampleStore } from '../../../gateway/stream';
import {
  type DiskFault,
  type DiskFaultKind,
  diskFault,
  diskTurn,
  type FaultyDisk,
  faultyDisk,
} from '../../../tools/support/faulty-disk';
import { smallTask, storeOfFile } from './tools';

const task = smallTask();
const capacity = 8;
/** Samples of a run: the file is begun, appended to, and written again. */
const count = 24;

const valuesOf = (store: SampleStore) =>
  store
    .list()
    .map(({ window: [value] }) => value!)
    .sort((a, b) => a - b);

/** A process that keeps samples in a file, and dies at an operation of its disk. */
class World {
  readonly folder = mkdtempSync(join(tmpdir(), 'ftte-sample-crash-'));
  readonly reports: string[] = [];
  operations = 0;
  deaths = 0;
  private readonly file = join(this.folder, 'node', 'samples.bin');
  private dead = false;
  private calm = false;
  private seed = 1;
  private clock = new VirtualClock();
  private store = new SampleStore({ capacity, random: new SeededRandom(1) });
  private samples: PersistedSamples | undefined;
  private readonly ends: (() => void)[] = [];
  private readonly disk: FaultyDisk;
  /** The number of the process that code runs in: everything that a dead process began, on a busy machine also late, stays its own. */
  private readonly process = new AsyncLocalStorage<number>();

  constructor(fault: (operation: number) => DiskFaultKind | undefined) {
    this.disk = faultyDisk(join(this.folder, 'node'), (): DiskFault | Promise<DiskFault> => {
      if (this.dead || (this.process.getStore() ?? this.deaths) !== this.deaths) return this.never();
      const kind = this.calm ? undefined : fault(this.operations++);
      return kind && diskFault(kind, () => this.die());
    });
  }

  /** Adds samples one after the other, each when the one before it is on disk. */
  async run(): Promise<void> {
    await this.start();
    for (let value = 1; value <= count; value++) {
      const before = valuesOf(this.store);
      const size = task.input.length * task.input.channels.length;
      // Labels that change their places are in every record, so the whole file is written again.
      if (value % 8 === 0)
        this.inProcess(() => this.store.fit({ ...task, labels: [...task.labels].reverse() }));
      this.inProcess(() => this.store.add({ window: new Float32Array(size).fill(value), label: value % 2 }));
      const after = valuesOf(this.store);
      while (!this.dead && !(await this.isOnDisk(after))) this.inProcess(() => this.clock.advance(1_000));
      if (!this.dead) continue;
      await this.start();
      const found = JSON.stringify(valuesOf(this.store));
      ok(
        [before, after].some((values) => JSON.stringify(values) === found),
        `${found} at ${value}`,
      );
    }
    this.calm = true;
    const left = valuesOf(this.store);
    equal(new Set(left).size, left.length, 'a sample is there twice');
    await this.inProcess(() => this.samples?.close());
    await this.start();
    deepEqual(valuesOf(this.store), left);
    await this.inProcess(() => this.samples?.close());
  }

  /** Files that were set aside as damaged. */
  get aside(): string[] {
    return readdirSync(join(this.folder, 'node')).filter((name) => name.includes('damaged'));
  }

  close(): void {
    this.dead = true;
    this.disk();
    for (const end of this.ends.splice(0)) end();
    // Each storage that is left costs every promise of this process time.
    this.process.disable();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async start(): Promise<void> {
    for (;;) {
      await this.disk.rest();
      // The lock of a process that ended is worth nothing; this one's process is still there.
      rmSync(`${this.file}.lock`, { force: true });
      this.dead = false;
      this.clock = new VirtualClock();
      const random = new SeededRandom(++this.seed);
      this.store = new SampleStore({ capacity, random });
      this.store.fit(task);
      this.samples = new PersistedSamples({
        store: this.store,
        file: this.file,
        clock: this.clock,
        random,
        onProblem: ({ message }) => {
          this.reports.push(message);
          isLocked ||= message.endsWith('is being locked');
        },
        onRecovered: () => {
          isLocked = false;
        },
      });
      let isOpen = false;
      // A lock without content makes the start wait for it: the file is read when the lock is taken.
      let isLocked = false;
      const { samples } = this;
      this.inProcess(() => samples.open()).then(
        () => {
          isOpen = true;
        },
        () => undefined,
      );
      while ((!isOpen || isLocked) && !this.dead) {
        await diskTurn();
        if (isLocked) this.inProcess(() => this.clock.advance(1_000));
      }
      if (!this.dead) return;
    }
  }

  private async isOnDisk(values: readonly number[]): Promise<boolean> {
    await diskTurn();
    if (this.dead) return false;
    const { store, damage } = await storeOfFile(this.file, 1_000);
    return !damage && JSON.stringify(valuesOf(store)) === JSON.stringify(values);
  }

  /** Runs a part of the process that lives now: its disk knows whose operation comes. */
  private inProcess<T>(act: () => T): T {
    return this.process.run(this.deaths, act);
  }

  private die(): Promise<never> {
    this.dead = true;
    this.deaths++;
    return this.never();
  }

  /** A promise for a dead process. It rejects when the test ends, so that everything ends. */
  private never(): Promise<never> {
    return new Promise((_, reject) => {
      this.ends.push(() => reject(new Error('the process is dead')));
    });
  }
}

async function survive(fault: (operation: number) => DiskFaultKind | undefined): Promise<World> {
  const world = new World(fault);
  try {
    await world.run();
    deepEqual(world.aside, []);
    return world;
  } finally {
    world.close();
  }
}

describe('samples in a file, with a disk that fails', function () {
  // Dozens of files one after the other, on a machine that may be busy with other work.
  this.timeout(600_000);
  let operations = 0;
  before(async () => {
    ({ operations } = await survive(() => undefined));
    ok(operations > 30, `${operations}`);
  });

  it('are all there after a kill before any one operation, each once, and nothing is called damaged', async () => {
    for (let at = 0; at < operations; at++) {
      const { deaths, reports } = await survive((operation) => (operation === at ? 'die' : undefined));
      equal(deaths, 1, `${at}`);
      deepEqual(reports, [], `${at}`);
    }
  });

  it('are all there after a kill in the middle of any one operation, and half a record is not called damage', async () => {
    let torn = 0;
    for (let at = 0; at < operations; at++) {
      const { reports } = await survive((operation) => (operation === at ? 'tear' : undefined));
      for (const report of reports)
        ok(
          /bytes of an interrupted write that are left out: \d+, samples that were read: \d/.test(report),
          report,
        );
      for (const report of reports) ok(!/records/.test(report), report);
      torn += reports.length;
    }
    ok(torn > 5, `${torn}`);
  });

  for (const how of ['fail', 'unknown'] as const)
    it(`are all written although any one operation ${how === 'fail' ? 'fails' : 'has an unknown outcome'}, which is said once`, async () => {
      for (let at = 0; at < operations; at++) {
        const { reports } = await survive((operation) => (operation === at ? how : undefined));
        // A lock file without content may be that of a process that is about to write it.
        const others = reports.filter((report) => !report.endsWith('is being locked'));
        ok(others.length <= 1, reports.join('\n'));
      }
    });
});
