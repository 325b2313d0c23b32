import { deepEqual, equal, ok } from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { windowBytes } from '../../../../gateway/coordinator/fleet/counter-window';
import { MemberChanges } from '../../../../gateway/coordinator/fleet/member-changes';
import { Membership } from '../../../../gateway/coordinator/fleet/membership';
import { CoordinatorState } from '../../../../gateway/coordinator/state/coordinator-state';
import { FileLog, ModelStore, readStoredModel } from '../../../../gateway/coordinator/storage';
import { encodeContainer } from '../../../../gateway/coordinator/storage/array-container';
import { decodeRoster, encodeRoster } from '../../../../gateway/coordinator/storage/roster';
import { parameterLayout } from '../../../../gateway/model';
import { crc32, FtteError, runSync, silentLog } from '../../../../gateway/platform';
import { modelKey, taskModel } from '../../../../gateway/task';
import { contribution } from '../aggregation/contributions';
import { tinyTask } from '../fleet-harness';

const task = tinyTask();
const layout = parameterLayout(taskModel(task));
const lineage = '0123456789abcdef';
const idOf = (number: number) => number.toString(16).padStart(16, '0');

describe('a roster', () => {
  const members = ['a', 'gateway-2'].map((id, i) => {
    const seen = new Uint8Array(8 * i).fill(7);
    const counters = i > 0 && { counters: new Uint8Array(windowBytes).fill(9) };
    return { id, budgetBytes: 2 ** 40, contributions: i, lastHeardMs: 1.5, seen, ...counters };
  });
  const whole = Buffer.concat(runSync(encodeRoster(members)));

  const read = (bytes: Uint8Array) =>
    decodeRoster(bytes).map(({ seen, counters, ...member }) => ({
      ...member,
      seen: Uint8Array.from(seen),
      ...(counters && { counters: Uint8Array.from(counters) }),
    }));

  it('of the form without counters is read, too', () => {
    const form = Buffer.concat([
      Buffer.from('FTTEMB01\x01a', 'latin1'),
      Buffer.from(new Float64Array([5, 2, 3]).buffer),
      Buffer.from([1, 0]),
      Buffer.alloc(8, 7),
    ]);
    const sum = Buffer.alloc(4);
    sum.writeUInt32LE(crc32(form));
    deepEqual(read(Buffer.concat([form, sum])), [
      { id: 'a', budgetBytes: 5, contributions: 2, lastHeardMs: 3, seen: new Uint8Array(8).fill(7) },
    ]);
  });

  it('is read as it was written', () => {
    deepEqual(read(whole), members);
    deepEqual(decodeRoster(Buffer.concat(runSync(encodeRoster([])))), []);
  });

  it('is recognised as damaged if any byte has changed or is missing', () => {
    const damaged = (bytes: Uint8Array) => {
      try {
        decodeRoster(bytes);
        return false;
      } catch (error) {
        return error instanceof FtteError && error.code === 'checkpoint-damaged';
      }
    };
    for (let at = 0; at < whole.length; at++) {
      const changed = Uint8Array.from(whole);
      changed[at]! ^= 0x10;
      ok(damaged(changed), `byte ${at}`);
      ok(damaged(whole.subarray(0, at)), `cut at ${at}`);
    }
  });
});

describe('the members in a folder', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ftte-rosters-'));
  });
  afterEach(async () => {
    for (const store of stores.splice(0)) await store.close();
    await rm(folder, { recursive: true, force: true });
  });

  const stores: ModelStore[] = [];
  const filesOf = async (pattern: RegExp) =>
    (await readdir(folder)).filter((name) => pattern.test(name)).sort();
  const rosters = () => filesOf(/^members-/);
  const damage = (name: string) => writeFile(join(folder, name), 'scratched');

  /**
   * The state of a coordinator, read from its folder. @param dueBytes size of the changes at which all members are
   * written again
   */
  async function open(dueBytes = 64 * 1024) {
    const members = new Membership(9, new MemberChanges(dueBytes));
    const store = new ModelStore(new FileLog(folder), 3, silentLog);
    stores.push(store);
    const found = await store.open();
    const state = new CoordinatorState(task, layout, lineage, new Float32Array(layout.size), members);
    if (found.checkpoint) state.restore(found.checkpoint, found.members);
    for (const one of found.contributions) state.recall(one, 0);
    /** Makes a version from one update. */
    const version = async (gateway: string, number: number, counter?: number) => {
      const sequence = state.takeSequence();
      const update = contribution(new Array(layout.size).fill(1), {
        sequence,
        gateway,
        counter,
        id: idOf(number),
      });
      await store.record([{ lineage, contribution: update }]);
      state.count(update, number);
      state.model.renumber(state.version + 1);
      state.appliedThrough = sequence;
      await store.commit(state.checkpoint(), []);
    };
    const knows = (gateway: string, ...numbers: number[]) =>
      numbers.filter((number) => members.get(gateway)?.seen.has(idOf(number)));
    const commit = () => store.commit(state.checkpoint(), []);
    return { members, store, state, found, version, knows, commit };
  }

  it('are written once, and are read with the changes since then, after any number of restarts', async () => {
    for (let restart = 0; restart < 4; restart++) {
      const { members, version, knows, commit, store } = await open();
      await commit();
      await version('a', restart + 1);
      await version('b', restart + 101);
      deepEqual(knows('a', 1, 2, 3, 4).length, restart + 1);
      equal(members.get('b')?.contributions, restart + 1);
      await store.close();
    }
    equal((await rosters()).length, 1);
    const { knows, members } = await open();
    deepEqual(knows('a', 1, 2, 3, 4, 5), [1, 2, 3, 4]);
    deepEqual(knows('b', 101, 102, 103, 104), [101, 102, 103, 104]);
    equal(members.get('a')?.lastHeardMs, 4);
  });

  for (const dueBytes of [1, 64 * 1024])
    it(`have the counters of their updates after any number of restarts, if all are written from ${dueBytes} bytes on (P-28)`, async () => {
      for (let restart = 0; restart < 4; restart++) {
        const { version, store } = await open(dueBytes);
        await version('a', restart + 1, 10 * restart);
        await store.close();
      }
      const { members, state, store } = await open(dueBytes);
      const seen = members.get('a')?.seen;
      equal(seen?.highestCounter, 30);
      deepEqual(
        [0, 10, 30, 29, 31].map((counter) => seen?.judge({ id: idOf(99), counter })),
        ['conflict', 'conflict', 'conflict', 'new', 'new'],
      );
      // One that waits in the journal alone counts, too, and not twice.
      const sequence = state.takeSequence();
      const waiting = contribution(new Array(layout.size).fill(1), {
        ...{ sequence, gateway: 'a', counter: 40, id: idOf(7) },
      });
      await store.record([{ lineage, contribution: waiting }]);
      await store.close();
      for (let restart = 0; restart < 2; restart++) {
        const again = await open(dueBytes);
        equal(again.members.get('a')?.seen.highestCounter, 40);
        equal(again.members.get('a')?.contributions, 5);
        await again.store.close();
      }
    });

  it('are written again when the changes have become long, and old rosters are removed', async () => {
    const { version, store } = await open(100);
    for (let number = 1; number < 40; number++) await version('a', number);
    await store.close();
    const names = await rosters();
    ok(names.length >= 2 && names.length <= 3, `${names}`);
    ok(Number(/\d+/.exec(names[0]!)?.[0]) > 3, `${names}`);
    const { knows } = await open();
    equal(knows('a', ...Array.from({ length: 39 }, (_, i) => i + 1)).length, 39);
  });

  it('come from the checkpoint before and the journal if the newest roster is damaged', async () => {
    const { version, store } = await open(1);
    await version('a', 1);
    await version('a', 2);
    await version('a', 3);
    await store.close();
    await damage((await rosters()).at(-1)!);
    const { found, knows, state } = await open();
    equal(found.checkpoint?.version, 2);
    deepEqual(
      found.contributions.map(({ id }) => id),
      [idOf(3)],
    );
    deepEqual(knows('a', 1, 2, 3), [1, 2, 3]);
    equal(state.accepted, 3);
    equal(found.remarks.length, 1);
    ok(found.remarks[0]?.includes('members-000000003.bin'));
  });

  it('are known only from the changes if no roster is whole, and the model is kept', async () => {
    const { version, store, commit } = await open();
    await commit();
    for (const number of [1, 2, 3]) await version('a', number);
    await store.close();
    for (const name of await rosters()) await rm(join(folder, name));
    const { found, knows, commit: again } = await open();
    equal(found.checkpoint?.version, 3);
    deepEqual(found.contributions, []);
    deepEqual(knows('a', 1, 2, 3), [1, 2, 3]);
    ok(found.remarks.some((remark) => remark.includes('is missing')));
    ok(found.remarks.some((remark) => remark.includes('may count twice')));
    // The next start finds everything whole.
    await again();
    const third = await open();
    deepEqual(third.found.remarks, []);
    deepEqual(third.knows('a', 1, 2, 3), [1, 2, 3]);
  });

  it('are whole if a roster was written that no checkpoint names', async () => {
    const { version, store, members } = await open(1);
    await version('a', 1);
    await store.close();
    const orphan = join(folder, 'members-000000007.bin');
    await writeFile(orphan, Buffer.concat(runSync(encodeRoster(members.saved()))));
    const { found, knows, version: next } = await open(1);
    deepEqual(found.remarks, []);
    deepEqual(knows('a', 1), [1]);
    await next('a', 2);
    await next('a', 3);
    ok((await rosters()).includes('members-000000009.bin'), 'no number is used twice');
    deepEqual((await open()).knows('a', 1, 2, 3), [1, 2, 3]);
  });

  it('are found in checkpoints of the earlier format, which contain all members', async () => {
    const { version, store } = await open();
    await version('a', 1);
    await store.close();
    for (const name of [...(await rosters()), ...(await filesOf(/^journal-/))]) await rm(join(folder, name));
    const values = new Float32Array(layout.size);
    const header = {
      ...{ lineage, version: 1, modelKey: modelKey(task), task },
      ...{ appliedThrough: 1, nextSequence: 2, accepted: 1, rejected: {}, abandoned: [] },
      members: [{ id: 'a', budgetBytes: 5, contributions: 2, lastHeardMs: 3, seen: [idOf(8), idOf(9)] }],
    };
    const arrays = new Map(['exact', 'published', 'average'].map((name) => [name, values]));
    const body = Buffer.concat([Buffer.from('FTTECP01'), ...encodeContainer({ header, arrays })]);
    const sum = Buffer.alloc(4);
    sum.writeUInt32LE(crc32(body));
    await writeFile(join(folder, 'version-000000001.ckpt'), Buffer.concat([body, sum]));
    const { found, knows, members, version: next } = await open();
    deepEqual(found.remarks, []);
    deepEqual(knows('a', 8, 9), [8, 9]);
    equal(members.get('a')?.contributions, 2);
    await next('a', 10);
    deepEqual((await open()).knows('a', 8, 9, 10), [8, 9, 10]);
  });

  it('are not read if only the model is needed', async () => {
    const { version, store } = await open();
    await version('a', 1);
    await store.close();
    for (const name of await rosters()) await damage(name);
    equal((await readStoredModel(folder)).version, 1);
  });
});
