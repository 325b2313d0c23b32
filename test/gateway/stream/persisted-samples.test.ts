import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FtteError, SeededRandom, VirtualClock } from '../../../gateway/platform';
import { PersistedSamples, SampleStore } from '../../../gateway/stream';
import { canMount, needsRoot, SmallDisk } from '../../support/disks';
import { root } from '../../support/source-files';
import { aMoment } from '../../support/waiting';
import { smallTask, storeOfFile } from './tools';

const task = smallTask();
const window = (value: number) => new Float32Array(8).fill(value);
const valuesOf = (store: SampleStore) =>
  store
    .list()
    .map(({ window: [value] }) => value!)
    .sort((a, b) => a - b);

/** A store and its file, as a role has them. */
interface Opened {
  readonly store: SampleStore;
  readonly samples: PersistedSamples;
}

describe('samples in a file', () => {
  let folder: string;
  let file: string;
  let clock: VirtualClock;
  let reports: string[];
  let seed: number;
  const open: PersistedSamples[] = [];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ftte-samples-'));
    file = join(folder, 'node', 'samples.bin');
    clock = new VirtualClock();
    reports = [];
    seed = 1;
  });
  afterEach(async () => {
    for (const samples of open.splice(0)) await samples.close();
    assert.equal(clock.nextDue, undefined, 'a timer was left running');
    await rm(folder, { recursive: true, force: true });
  });

  async function start(capacity = 8, handedOver?: SampleStore): Promise<Opened> {
    const random = new SeededRandom(seed++);
    const store = handedOver ?? new SampleStore({ capacity, random });
    const samples = new PersistedSamples({
      store,
      file,
      clock,
      random,
      onProblem: ({ message }) => reports.push(message),
      onRecovered: (path) => reports.push(path),
    });
    open.push(samples);
    await samples.open();
    store.fit(task);
    return { store, samples };
  }
  async function stop({ samples }: Opened): Promise<void> {
    open.splice(open.indexOf(samples), 1);
    await samples.close();
  }
  function add({ store }: Opened, from: number, count: number, label = 0): void {
    for (let value = from; value < from + count; value++) store.add({ window: window(value), label });
  }
  /** The content of the file at this time, for a process that reads it without the lock. */
  async function onDisk(): Promise<{ values: number[]; problem: FtteError | undefined }> {
    const { store, damage } = await storeOfFile(file, 1_000);
    return { values: valuesOf(store), problem: damage };
  }
  async function until(condition: () => Promise<boolean>): Promise<void> {
    while (!(await condition())) await aMoment();
  }
  const holds = (values: readonly number[]) => async () =>
    JSON.stringify((await onDisk()).values) === JSON.stringify(values);

  it('are on disk as they come, without an end of the role', async () => {
    const kept = await start();
    add(kept, 0, 3);
    await until(holds([0, 1, 2]));
    add(kept, 3, 2, 1);
    await until(holds([0, 1, 2, 3, 4]));
    const size = (await stat(file)).size;
    add(kept, 5, 1, 1);
    await until(holds([0, 1, 2, 3, 4, 5]));
    assert.equal((await stat(file)).size - size, 16 + 20 + 32);
  });

  it('are for their owner alone', async () => {
    const kept = await start();
    add(kept, 0, 3);
    await stop(kept);
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    assert.equal((await stat(join(folder, 'node'))).mode & 0o777, 0o700);
  });

  it('come back with their labels, and continue with the same chances', async () => {
    const first = await start(20);
    add(first, 0, 50);
    add(first, 100, 5, 1);
    await stop(first);
    const second = await start(20);
    assert.deepEqual(second.store.counts, first.store.counts);
    assert.deepEqual(valuesOf(second.store), valuesOf(first.store));
    // Of 50 samples seen and 10 kept, one that follows is kept with a chance of less than 1 in 5.
    add(second, 1_000, 200);
    const fresh = valuesOf(second.store).filter((value) => value >= 1_000).length;
    assert.ok(fresh >= 5 && fresh <= 10, `${fresh}`);
    await stop(second);
    assert.deepEqual(reports, []);
  });

  it('take a bounded size, however many come', async () => {
    const kept = await start(8);
    for (let i = 0; i < 40; i++) {
      kept.store.clear();
      add(kept, 1_000 * i, 200);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await stop(kept);
    const size = (await stat(file)).size;
    assert.ok(size < 64 * 1024 + 2 * 8 * 68 + 1024, `${size}`);
    assert.deepEqual((await onDisk()).values, valuesOf(kept.store));
  });

  it('are the same after any changes of the store', async () => {
    const random = new SeededRandom(5);
    let kept = await start(12);
    for (let turn = 0; turn < 60; turn++) {
      const draw = random.integer(10);
      if (draw < 6) add(kept, 100 * turn, 1 + random.integer(9), random.integer(2));
      else if (draw === 6)
        kept.store.remove(
          new Set(
            kept.store
              .list()
              .slice(0, 2)
              .map((one) => one.window),
          ),
        );
      else if (draw === 7)
        kept.store.fit({ ...task, labels: random.integer(2) ? ['moving', 'still'] : ['still', 'moving'] });
      else if (draw === 8) await new Promise((resolve) => setImmediate(resolve));
      else {
        await stop(kept);
        kept = await start(12);
      }
    }
    await stop(kept);
    assert.deepEqual((await onDisk()).values, valuesOf(kept.store));
    assert.deepEqual(reports, []);
  });

  it('are handed over in memory to the next role of the process, which reads no file', async () => {
    const first = await start();
    add(first, 0, 4);
    await stop(first);
    await writeFile(file, 'damaged');
    const second = await start(8, first.store);
    assert.equal(second.store.size, 4);
    await stop(second);
    assert.deepEqual((await onDisk()).values, [0, 1, 2, 3]);
    assert.deepEqual(reports, []);
  });

  it('that came before the file was read are there beside those of the file', async () => {
    const first = await start();
    add(first, 0, 2);
    await stop(first);
    const store = new SampleStore({ capacity: 8, random: new SeededRandom(1) });
    const samples = new PersistedSamples({
      store,
      file,
      clock,
      random: new SeededRandom(2),
      onProblem: assert.ifError,
      onRecovered: assert.fail,
    });
    store.fit(task);
    store.add({ window: window(7), label: 1 });
    await samples.open();
    assert.deepEqual(valuesOf(store), [0, 1, 7]);
    await samples.close();
    assert.deepEqual((await onDisk()).values, [0, 1, 7]);
  });

  it('lose one sample if any byte of the file is damaged, which is reported, and the damaged file stays', async () => {
    const first = await start();
    add(first, 0, 6);
    await stop(first);
    const whole = await readFile(file);
    const places = [0, 9, 20, 300, whole.length - 200, whole.length - 100, whole.length - 1];
    for (const [i, at] of places.entries()) {
      const bytes = Buffer.from(whole);
      bytes[at]! ^= 0x20;
      await writeFile(file, bytes);
      reports.length = 0;
      const kept = await start();
      assert.ok(kept.store.size >= 5, `${at}: ${kept.store.size}`);
      await stop(kept);
      assert.equal(reports.length, 1, `${at}`);
      assert.ok(reports[0]!.includes(`${file}.damaged-${i + 1}`), reports[0]);
      assert.deepEqual(await readFile(`${file}.damaged-${i + 1}`), bytes);
      assert.equal((await onDisk()).problem, undefined);
    }
  });

  it('are read up to a write that was interrupted, and those that follow are read, too', async () => {
    const first = await start();
    add(first, 0, 6);
    await stop(first);
    const whole = await readFile(file);
    await writeFile(file, whole.subarray(0, whole.length - 30));
    const second = await start();
    assert.deepEqual(valuesOf(second.store), [0, 1, 2, 3, 4]);
    assert.match(reports.join(), /interrupted write/);
    add(second, 6, 1);
    await stop(second);
    assert.deepEqual(await onDisk(), { values: [0, 1, 2, 3, 4, 6], problem: undefined });
  });

  it('are erased when they are forgotten, copies of damaged files included, and later ones are kept again', async () => {
    const first = await start();
    add(first, 0, 6);
    await stop(first);
    const bytes = await readFile(file);
    bytes[bytes.length - 1]! ^= 1;
    await writeFile(file, bytes);
    const second = await start();
    add(second, 6, 2);
    await second.samples.forget();
    assert.equal(second.store.size, 0);
    assert.deepEqual(await readdir(join(folder, 'node')), ['samples.bin.lock']);
    add(second, 9, 1);
    await stop(second);
    assert.deepEqual((await onDisk()).values, [9]);
  });

  it('are erased if another task drops them', async () => {
    const first = await start();
    add(first, 0, 6);
    first.store.fit({ ...task, input: { ...task.input, rateHz: 99 } });
    await stop(first);
    assert.deepEqual(await readdir(join(folder, 'node')), []);
  });

  it('are not written by a second process, and are when the first has ended', async () => {
    const first = await start();
    add(first, 0, 2);
    const second = await start();
    assert.match(reports.join(), /in use by process/);
    add(second, 5, 1);
    await stop(first);
    clock.step();
    await until(holds([0, 1, 5]));
    await until(async () => reports.length === 2);
    assert.equal(reports[1], file);
  });

  it('survive the kill of a process, but for those of its last moment', async () => {
    const script = join(root, 'test', 'support', 'sample-writer.ts');
    const child = spawn(process.execPath, ['--require', './test/loader.cjs', script, file], { cwd: root });
    try {
      let lines = '';
      child.stdout.on('data', (data) => {
        lines += data;
      });
      while (!lines.includes('added 400\n')) await once(child.stdout, 'data');
    } finally {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    const { values, problem } = await onDisk();
    assert.equal(problem, undefined);
    assert.ok(values.length >= 200, `${values.length}`);
    const kept = await start(1_000);
    assert.deepEqual(valuesOf(kept.store), values);
    assert.deepEqual(reports, []);
  });

  it('of a folder that others may read are in a file that they may not', async () => {
    await writeFile(join(folder, 'x'), '');
    file = join(folder, 'samples.bin');
    await chmod(folder, 0o755);
    const kept = await start();
    add(kept, 0, 1);
    await stop(kept);
    assert.equal((await stat(file)).mode & 0o777, 0o600);
  });
});

describe(`samples on a disk that is late, read-only or full${needsRoot}`, () => {
  let disk: SmallDisk;
  before(function () {
    if (!canMount) this.skip();
  });
  beforeEach(() => {
    disk = new SmallDisk('256k');
  });
  afterEach(() => disk.remove());

  for (const { what, reason, spoil, mend } of [
    { what: 'read-only', reason: 'EROFS', spoil: () => disk.makeReadOnly(), mend: () => disk.makeWritable() },
    { what: 'full', reason: 'ENOSPC', spoil: () => disk.fill(), mend: () => disk.makeRoom() },
  ])
    for (const when of ['from the start', 'later'] as const)
      it(`are kept in memory while it is ${what} ${when}, which is reported once, and written when it is not`, async () => {
        const clock = new VirtualClock();
        const reports: unknown[] = [];
        const random = new SeededRandom(1);
        const store = new SampleStore({ capacity: 200, random });
        const file = disk.path('node', 'samples.bin');
        const samples = new PersistedSamples({
          store,
          file,
          clock,
          random,
          onProblem: ({ details }) => reports.push(details.reason),
          onRecovered: () => reports.push('recovered'),
        });
        const add = (count: number) => {
          for (let i = 0; i < count; i++) store.add({ window: window(store.size), label: 0 });
        };
        if (when === 'from the start') await spoil();
        await samples.open();
        store.fit(task);
        add(10);
        if (when === 'later') {
          while ((await readdir(disk.folder)).length < 1) await aMoment();
          await spoil();
        }
        // More than the rest of a page takes.
        while (reports.length === 0) {
          add(1);
          await new Promise((resolve) => setImmediate(resolve));
        }
        add(10);
        mend();
        while (reports.length < 2) {
          clock.step();
          await new Promise((resolve) => setImmediate(resolve));
        }
        assert.deepEqual(reports, [reason, 'recovered']);
        await samples.close();
        const { store: other, damage } = await storeOfFile(file, 1_000);
        assert.equal(damage, undefined);
        assert.deepEqual(valuesOf(other), valuesOf(store));
      });
});
