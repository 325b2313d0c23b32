import { deepEqual, equal, ok, rejects } from 'node:assert/strict';
import { Membership } from '../../../../gateway/coordinator/fleet/membership';
import { CoordinatorState } from '../../../../gateway/coordinator/state/coordinator-state';
import { ModelStore, type UpdateLog } from '../../../../gateway/coordinator/storage';
import { MemoryFileStore } from '../../../../gateway/coordinator/storage/file-store';
import type { GrowingFiles } from '../../../../gateway/coordinator/storage/log/update-log';
import { Rosters } from '../../../../gateway/coordinator/storage/rosters';
import { parameterLayout } from '../../../../gateway/model';
import { FtteError, silentLog } from '../../../../gateway/platform';
import { taskModel } from '../../../../gateway/task';
import { tinyTask } from '../fleet-harness';

const task = tinyTask();
const layout = parameterLayout(taskModel(task));
const lineage = '0123456789abcdef';

/** Files in memory that are as before when a checkpoint fails, as those of a server are. */
class UndoneFiles extends MemoryFileStore implements GrowingFiles {
  async create(name: string, parts: readonly Uint8Array[]): Promise<boolean> {
    if ((await this.list()).includes(name)) return false;
    await this.write(name, parts);
    return true;
  }
  async append(name: string, parts: readonly Uint8Array[]): Promise<void> {
    await this.write(name, [await this.read(name), ...parts]);
  }
}

/** A log on a server, whose transactions fail when a test says so. */
class UndoneLog implements UpdateLog {
  readonly place = 'server://log';
  readonly isDurable = true;
  readonly isAtomic = true;
  readonly files = new UndoneFiles();
  readonly trail = this.files;
  /** Whether a checkpoint fails when its writes have been given; it has two: the version, and what is let go of. */
  fails: (number: number) => boolean = () => false;
  private number = 0;

  async read() {
    return { entries: [], torn: 0, damaged: 0, repaired: 0, damagedFiles: [] };
  }
  async append() {
    return [];
  }
  async settle(): Promise<void> {}
  async checkpoint(write: () => Promise<void>): Promise<void> {
    const before = await Promise.all(
      (await this.files.list()).map(async (name) => [name, await this.files.read(name)] as const),
    );
    await write();
    if (!this.fails(this.number++)) return;
    for (const name of await this.files.list()) await this.files.remove(name);
    for (const [name, bytes] of before) await this.files.write(name, [bytes]);
    throw new FtteError('storage', 'the server is away');
  }
  async release(): Promise<void> {}
  async reset() {
    return undefined;
  }
  async close(): Promise<void> {}
}

/** A store on such a log with some versions, and what makes the next one. */
async function storeOn(log: UndoneLog) {
  const store = new ModelStore(log, 2, silentLog);
  const found = await store.open();
  const members = new Membership(9);
  const state = new CoordinatorState(task, layout, lineage, new Float32Array(layout.size), members);
  if (found.checkpoint) state.restore(found.checkpoint, found.members);
  const commit = () => {
    const { version } = state;
    const before = new Float32Array(layout.size).fill(version - 1);
    const change = {
      segments: [{ offset: 0, length: layout.size }],
      delta: { encoding: 'float32', values: new Float32Array(layout.size).fill(1) },
    } as const;
    return store.commit(
      {
        ...state.checkpoint(),
        step: version > 0 ? { from: version - 1, before, to: version, change } : undefined,
        past:
          version > 0
            ? { from: Math.max(0, version - 2), to: version - 1, count: Math.min(2, version) }
            : undefined,
      },
      [],
    );
  };
  const next = () => {
    state.model.renumber(state.version + 1);
    members.presence('a', true, state.version, 'run');
    return commit();
  };
  return { store, state, found, commit, next };
}

const names = async (log: UndoneLog, pattern: RegExp) =>
  (await log.files.list()).filter((name) => pattern.test(name)).sort();

describe('a checkpoint that a server has undone', () => {
  it('is known as undone: the versions that are stored are those of the server', async () => {
    const log = new UndoneLog();
    const { store, state, commit, next } = await storeOn(log);
    await commit();
    for (let i = 0; i < 3; i++) await next();
    const stored = [...store.versions];
    log.fails = () => true;
    await rejects(next(), /the server is away/);
    deepEqual([...store.versions], stored);
    for (const version of store.versions) equal((await store.load(version)).version, version);
    log.fails = () => false;
    await commit();
    deepEqual([...store.versions], [state.version - 1, state.version]);
    equal((await names(log, /ckpt$/)).length, 2);
  });

  it('leaves the members to which the checkpoint before belongs, however often it was tried', async () => {
    const log = new UndoneLog();
    const { state, commit, next } = await storeOn(log);
    await commit();
    await next();
    log.fails = () => true;
    await rejects(next());
    for (let i = 0; i < 5; i++) await rejects(commit());
    log.fails = () => false;
    await commit();
    // The newest is damaged: the one before it is used, with its members.
    const newest = (await names(log, /ckpt$/)).at(-1)!;
    await log.files.write(newest, [Uint8Array.of(1, 2, 3)]);
    const { found } = await storeOn(log);
    equal(found.checkpoint?.version, state.version - 1);
    ok(!found.remarks.some((remark) => /list of gateways is lost/.test(remark)), `${found.remarks}`);
  });

  it('does not forget which list of gateways may be there although its write was undone', async () => {
    const log = new UndoneLog();
    const files = log.files as MemoryFileStore;
    const rosters = new Rosters(files);
    const member = { id: 'a', budgetBytes: 1, contributions: 0, lastHeardMs: 1, seen: new Uint8Array(0) };
    const undoFirst = rosters.mark();
    await rosters.write([member]);
    undoFirst();
    // The answer was lost: the file is there. The next checkpoint removes it, and is undone, too.
    const [doubtful] = await names(log, /^members/);
    const undoSecond = rosters.mark();
    const number = await rosters.write([member]);
    await rosters.tidy(number);
    deepEqual(await names(log, /^members/), ['members-000000002.bin']);
    await files.write(doubtful!, [new Uint8Array(1)]);
    undoSecond();
    await rosters.tidy(await rosters.write([member]));
    deepEqual(await names(log, /^members/), ['members-000000003.bin']);
  });

  it('is tried again, and what was to be let go of goes with a later version', async () => {
    const whole = new UndoneLog();
    const broken = new UndoneLog();
    // Of each version from the fourth on, what it lets go of fails, and of some the version itself.
    let failing = true;
    broken.fails = (number) => failing && number > 6 && number % 3 !== 0;
    const a = await storeOn(whole);
    const b = await storeOn(broken);
    await a.commit();
    await b.commit();
    for (let i = 0; i < 12; i++) {
      await a.next();
      await b.next().catch(() => undefined);
    }
    failing = false;
    for (let i = 0; i < 24; i++) {
      await a.next();
      await b.next();
    }
    deepEqual(await names(broken, /ckpt$/), await names(whole, /ckpt$/));
    // The number that is kept.
    ok((await names(broken, /^members/)).length <= 3);
    ok((await names(broken, /^trail/)).length <= (await names(whole, /^trail/)).length + 1);
    const { found } = await storeOn(broken);
    equal(found.checkpoint?.version, b.state.version);
    deepEqual(found.remarks, []);
  });
});
