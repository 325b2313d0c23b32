import assert from 'node:assert/strict';
import {
  DiskWrites,
  FtteError,
  SeededRandom,
  storageError,
  systemCode,
  VirtualClock,
} from '../../../../gateway/platform';
import { systemError } from '../../../../tools/support/faulty-disk';

const failure = (code: string) => storageError('cannot write', '/disk/file', systemError(code));

describe('writes to a disk that may fail', () => {
  let clock: VirtualClock;
  let reported: (FtteError | undefined)[];
  let tries: number[];
  let disk: DiskWrites;
  let fault: string | undefined;

  const attempt = () =>
    disk.write(async () => {
      if (fault !== undefined) throw failure(fault);
    });

  beforeEach(() => {
    clock = new VirtualClock();
    reported = [];
    tries = [];
    fault = undefined;
    disk = new DiskWrites({
      clock,
      random: new SeededRandom(1),
      onStorage: (problem) => reported.push(problem),
      retry: () => {
        tries.push(clock.now());
        void attempt();
      },
    });
    disk.start();
  });
  afterEach(() => disk.stop());

  /** Lets the given number of pauses pass. */
  async function pauses(count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      clock.step();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  it('are reported as the same failure while a nearly full disk takes some and refuses others', async () => {
    const write = (name: string, code?: string) =>
      disk.write(async () => {
        if (code) throw storageError('cannot write', `/disk/${name}`, systemError(code));
      });
    await write('journal', 'ENOSPC');
    await write('small');
    await write('checkpoint', 'ENOSPC');
    assert.equal(reported.length, 3);
    assert.equal(reported[2], reported[0]);
    await write('small');
    await write('checkpoint', 'EROFS');
    assert.match(reported.at(-1)!.message, /checkpoint: EROFS/);
    await write('small');
    clock.advance(600_000);
    await write('checkpoint', 'ENOSPC');
    assert.match(reported.at(-1)!.message, /checkpoint: ENOSPC/);
  });

  it('are reported once for each reason, and once when they work again', async () => {
    fault = 'EROFS';
    assert.equal(await attempt(), false);
    assert.equal(await attempt(), false);
    await pauses(3);
    fault = 'ENOSPC';
    await pauses(3);
    fault = undefined;
    await pauses(1);
    await attempt();
    assert.deepEqual(
      reported.map((problem) => problem?.details.reason),
      ['EROFS', 'ENOSPC', undefined],
    );
  });

  it('are retried after growing pauses of at most 30 s, and after short ones again after a success', async () => {
    fault = 'EIO';
    await attempt();
    await pauses(40);
    const gaps = tries.map((time, i) => time - (tries[i - 1] ?? 0));
    assert.ok(gaps[0]! >= 1_500 && gaps[0]! <= 2_500, `${gaps[0]}`);
    assert.ok(gaps[1]! > gaps[0]!);
    assert.ok(Math.max(...gaps) <= 30_000, `${Math.max(...gaps)}`);
    assert.ok(Math.min(...gaps.slice(8)) >= 15_000);
    fault = undefined;
    await pauses(1);
    assert.equal(clock.nextDue, undefined);
    fault = 'EIO';
    const again = clock.now();
    await attempt();
    await pauses(1);
    assert.ok(clock.now() - again <= 2_500);
  });

  it('are not retried before the start or after the stop', async () => {
    disk.stop();
    fault = 'EIO';
    await attempt();
    assert.equal(clock.nextDue, undefined);
    disk.start();
    assert.notEqual(clock.nextDue, undefined);
    disk.stop();
    assert.equal(clock.nextDue, undefined);
  });

  it('keep a caller waiting until they work, or until the stop', async () => {
    let runs = 0;
    const job = async () => {
      runs++;
      if (fault !== undefined) throw failure(fault);
      return 'done';
    };
    fault = 'EACCES';
    const done = disk.until(job);
    await new Promise((resolve) => setImmediate(resolve));
    await pauses(2);
    fault = undefined;
    await pauses(1);
    assert.equal(await done, 'done');
    assert.equal(runs, 4);
    assert.deepEqual(
      reported.map((problem) => problem?.details.reason),
      ['EACCES', undefined],
    );
    fault = 'EACCES';
    const never = disk.until(job);
    await new Promise((resolve) => setImmediate(resolve));
    disk.stop();
    await assert.rejects(never, { code: 'cancelled' });
  });

  it('fail at once with an error that is not of the disk', async () => {
    const wrong = new FtteError('config-invalid', 'another model');
    await assert.rejects(
      disk.until(async () => {
        throw wrong;
      }),
      wrong,
    );
    assert.deepEqual(reported, []);
  });
});

describe('the reason of a storage error', () => {
  it('has a name if Node.js has none for it', () => {
    const quota = Object.assign(new Error('Unknown system error -122: Unknown system error -122, write'), {
      code: 'Unknown system error -122',
      errno: -122,
      syscall: 'write',
    });
    const error = storageError('cannot write', '/disk/file', quota);
    assert.equal(error.details.reason, process.platform === 'linux' ? 'EDQUOT' : error.details.reason);
    if (process.platform === 'linux')
      assert.equal(error.message, 'cannot write /disk/file: EDQUOT: the disk quota is used up, write');
  });

  it('is otherwise that of the system, and other errors are reported unchanged', () => {
    assert.equal(systemCode(systemError('ENOSPC')), 'ENOSPC');
    assert.equal(systemCode(new Error('no')), undefined);
    assert.equal(systemCode(undefined), undefined);
    assert.deepEqual(storageError('cannot read', '/a', new Error('no')).details, { path: '/a' });
    assert.equal(storageError('cannot read', '/a', 'text').message, 'cannot read /a: text');
  });
});
