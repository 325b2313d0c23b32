import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { cp, mkdtemp, readdir, readFile, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { FolderLock, type FtteError, SeededRandom, VirtualClock } from '../../../../gateway/platform';
import { canMount, needsRoot, SmallDisk } from '../../../support/disks';
import { root } from '../../../support/source-files';
import { aMoment } from '../../../support/waiting';

describe('the lock of a folder', () => {
  let folder: string;
  let path: string;
  let clock: VirtualClock;
  let lost: FtteError[];
  let seed: number;
  const children: ChildProcess[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ftte-lock-'));
    path = join(folder, 'model', 'lock');
    clock = new VirtualClock(1_000_000);
    lost = [];
    seed = 1;
  });
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  });

  const lockOf = (at = path) =>
    new FolderLock(at, { clock, random: new SeededRandom(seed++), onLost: (error) => lost.push(error) });
  const reasonOf = (lock: FolderLock) =>
    lock.acquire().then(
      () => 'held',
      ({ code, details }: FtteError) => {
        assert.equal(code, 'storage');
        return details.reason;
      },
    );
  /** A lock as another process left it. */
  async function leave(changes: object): Promise<void> {
    const lock = lockOf();
    await lock.acquire();
    const record = JSON.parse(await readFile(path, 'utf8'));
    await lock.release();
    await writeFile(path, JSON.stringify({ ...record, token: 'another', ...changes }));
  }
  /** Lets the holder look at its lock file, until the condition holds. */
  async function looks(condition: () => boolean | Promise<boolean>): Promise<void> {
    clock.advance(10_000);
    while (!(await condition())) await aMoment();
  }
  /** A process that tries to take the lock, and the line that it prints. */
  async function start(): Promise<{ child: ChildProcess; line: string }> {
    const script = join(root, 'test', 'support', 'lock-holder.ts');
    const child = spawn(process.execPath, ['--require', './test/loader.cjs', script, path], { cwd: root });
    children.push(child);
    const [data] = await once(child.stdout!, 'data');
    return { child, line: String(data).trim() };
  }

  it('is held by one at a time, and is free again after its release', async () => {
    const [first, second] = [lockOf(), lockOf()];
    await first.acquire();
    await first.acquire();
    assert.equal(await reasonOf(second), 'locked');
    await first.release();
    await first.release();
    assert.deepEqual(await readdir(join(folder, 'model')), []);
    await second.acquire();
    await second.release();
    assert.equal(clock.nextDue, undefined);
  });

  it('is for its owner alone', async () => {
    const lock = lockOf();
    await lock.acquire();
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    assert.equal((await stat(join(folder, 'model'))).mode & 0o777, 0o700);
    await lock.release();
  });

  it('is given to one of many that take it at the same time', async () => {
    await leave({ boot: 'an earlier start' });
    const locks = Array.from({ length: 8 }, () => lockOf());
    const reasons = await Promise.all(locks.map(reasonOf));
    assert.equal(reasons.filter((reason) => reason === 'held').length, 1, reasons.join());
    for (const lock of locks) await lock.release();
  });

  it('names the process and the host that hold it, and the file to delete', async () => {
    const { child, line } = await start();
    assert.equal(line, 'held');
    await assert.rejects(lockOf().acquire(), (error: FtteError) => {
      assert.deepEqual(error.details, { path, reason: 'locked', pid: child.pid, host: hostname() });
      for (const part of [`process ${child.pid} on ${hostname()}`, `delete ${path}`])
        assert.ok(error.message.includes(part), error.message);
      return true;
    });
  });

  it('is free when the process that held it stops, and when it is killed', async () => {
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      const { child, line } = await start();
      assert.equal(line, 'held');
      child.kill(signal);
      await once(child, 'exit');
      assert.equal((await readdir(join(folder, 'model'))).length, signal === 'SIGKILL' ? 1 : 0);
      const lock = lockOf();
      await lock.acquire();
      assert.match((await start()).line, new RegExp(`refused: .*in use by process ${process.pid} `));
      await lock.release();
    }
  });

  for (const { what, changes } of [
    { what: 'the machine has started again since', changes: { boot: 'an earlier start' } },
    { what: 'its process has ended', changes: { pid: 2 ** 22 + 1 } },
    { what: 'its process number was given to another process', changes: { pid: 1, started: '-1' } },
  ])
    it(`is taken over at once if ${what}`, async () => {
      await leave(changes);
      const lock = lockOf();
      await lock.acquire();
      await lock.release();
    });

  it('is taken over if it came with a copy of its folder, while the original stays locked', async () => {
    const first = lockOf();
    await first.acquire();
    await cp(join(folder, 'model'), join(folder, 'copy'), { recursive: true });
    const second = lockOf(join(folder, 'copy', 'lock'));
    await second.acquire();
    assert.equal(await reasonOf(lockOf()), 'locked');
    await second.release();
    await first.release();
  });

  for (const { where, changes, limitMs } of [
    { where: 'on another machine', changes: { host: 'elsewhere' }, limitMs: 100_000 },
    { where: 'in another container', changes: { namespace: 'pid:[1]' }, limitMs: 30_000 },
  ])
    it(`is taken over from a holder ${where} if it gives no sign of life`, async () => {
      await leave(changes);
      const lock = lockOf();
      assert.equal(await reasonOf(lock), 'lock-asked');
      clock.advance(limitMs - 1);
      assert.equal(await reasonOf(lock), 'lock-asked');
      clock.advance(1);
      await lock.acquire();
      await lock.release();
      assert.deepEqual(await readdir(join(folder, 'model')), []);
    });

  it('stays with a holder on another machine that answers', async () => {
    await leave({ host: 'elsewhere' });
    const lock = lockOf();
    assert.equal(await reasonOf(lock), 'lock-asked');
    await unlink(`${path}.ask`);
    assert.equal(await reasonOf(lock), 'locked');
    // It is asked again: the holder may have ended since.
    assert.equal(await reasonOf(lock), 'lock-asked');
  });

  it('gives an answer to a process that asks', async () => {
    const lock = lockOf();
    await lock.acquire();
    await writeFile(`${path}.ask`, '');
    await looks(() => !existsSync(`${path}.ask`));
    assert.deepEqual(await readdir(join(folder, 'model')), ['lock']);
    await lock.release();
  });

  it('is reported as lost if another process has taken it over, and is not removed by its former holder', async () => {
    const lock = lockOf();
    await lock.acquire();
    const record = JSON.parse(await readFile(path, 'utf8'));
    await writeFile(path, JSON.stringify({ ...record, token: 'another', pid: 77, host: 'elsewhere' }));
    await looks(() => lost.length > 0);
    assert.match(lost[0]!.message, /taken over by process 77 on elsewhere/);
    await lock.release();
    assert.deepEqual(await readdir(join(folder, 'model')), ['lock']);
    assert.equal(clock.nextDue, undefined);
  });

  it('is made again if somebody deletes its file', async () => {
    const lock = lockOf();
    await lock.acquire();
    await unlink(path);
    // The file is there a moment before its content.
    await looks(() => existsSync(path) && readFileSync(path, 'utf8').endsWith('\n'));
    assert.equal(await reasonOf(lockOf()), 'locked');
    await lock.release();
  });

  it('is taken over if its file is empty, but not while it may be being written', async () => {
    const lock = lockOf();
    await lock.acquire();
    await lock.release();
    for (const text of ['', '{"pid":', '[]', 'null']) {
      await writeFile(path, text);
      const next = lockOf();
      assert.equal(await reasonOf(next), 'lock-asked');
      clock.advance(1_000);
      await next.acquire();
      await next.release();
    }
  });

  it('may stay after a release on a disk that became read-only, and does no harm to this process', async function () {
    if (!canMount) this.skip();
    const disk = new SmallDisk('64k');
    try {
      const lock = lockOf(disk.path('lock'));
      await lock.acquire();
      await disk.makeReadOnly();
      await lock.release();
      assert.equal(await reasonOf(lockOf(disk.path('lock'))), 'EROFS');
      disk.makeWritable();
      const next = lockOf(disk.path('lock'));
      await next.acquire();
      await next.release();
    } finally {
      disk.remove();
    }
  });
});

describe(`the lock of a folder on a disk that is full${needsRoot}`, () => {
  it('is refused with the reason, and leaves no file', async function () {
    if (!canMount) this.skip();
    const disk = new SmallDisk('64k');
    try {
      disk.fill();
      const lock = new FolderLock(disk.path('lock'), {
        clock: new VirtualClock(),
        random: new SeededRandom(1),
        onLost: assert.ifError,
      });
      await assert.rejects(lock.acquire(), ({ details }: FtteError) => details.reason === 'ENOSPC');
      assert.deepEqual(await readdir(disk.folder), ['ballast']);
    } finally {
      disk.remove();
    }
  });
});
