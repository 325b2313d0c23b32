import { deepEqual, equal, ok, rejects, throws } from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemberChanges } from '../../../../gateway/coordinator/fleet/member-changes';
import type { CheckpointState } from '../../../../gateway/coordinator/storage';
import { decodeCheckpoint, encodeCheckpoint } from '../../../../gateway/coordinator/storage/checkpoint';
import { Checkpoints } from '../../../../gateway/coordinator/storage/checkpoints';
import { FolderFileStore, MemoryFileStore } from '../../../../gateway/coordinator/storage/file-store';
import { FtteError, runSync } from '../../../../gateway/platform';
import { tinyTask } from '../fleet-harness';

function state(version: number, fields: Partial<CheckpointState> = {}): CheckpointState {
  return {
    lineage: '0123456789abcdef',
    version,
    modelKey: 'fedcba9876543210',
    term: 7,
    run: '00c0ffee00c0ffee',
    task: tinyTask(),
    appliedThrough: 4,
    nextSequence: 6,
    accepted: 5,
    rejected: { 'too-old': 2 },
    best: { version: 3, balancedAccuracy: 0.75 },
    abandoned: [{ after: 1, before: 3 }],
    members: { roster: 2, saved: [], changes: changesOf('a') },
    parameters: {
      exact: Float32Array.of(1.5, -2),
      published: Float32Array.of(1.25, -2),
      average: Float32Array.of(version, 0),
    },
    residue: [{ offset: 1, length: 1 }],
    past: { from: 0, to: 2, count: 3 },
    server: new Map([['velocity', Float32Array.of(0.1, 0.2)]]),
    aggregator: new Map([['memory', Float32Array.of(9)]]),
    ...fields,
  };
}

function changesOf(gateway: string): Uint8Array {
  const changes = new MemberChanges();
  changes.hello(gateway, 1000, 16);
  changes.accepted(gateway, { id: '0123456789abcdef' }, 17);
  return Uint8Array.from(changes.bytes ?? []);
}

const bytesOf = (of: CheckpointState) => Buffer.concat(runSync(encodeCheckpoint(of)));

const isDamage = (error: unknown) => error instanceof FtteError && error.code === 'checkpoint-damaged';

describe('a checkpoint', () => {
  it('is read as it was written', () => {
    for (const labels of [undefined, [4, 24]]) {
      const written = state(7, labels && { labels });
      const { task: _, ...rest } = written;
      deepEqual(decodeCheckpoint(bytesOf(written)), rest);
    }
  });

  it('is recognised as damaged if any byte has changed or is missing', () => {
    const bytes = bytesOf(state(7));
    for (let at = 0; at < bytes.length; at += 7) {
      const changed = bytes.slice();
      changed[at]! ^= 0x10;
      throws(() => decodeCheckpoint(changed), isDamage, `byte ${at}`);
      throws(() => decodeCheckpoint(bytes.subarray(0, at)), isDamage, `cut at ${at}`);
    }
  });
});

describe('checkpoints in a folder', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ftte-checkpoints-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const fileOf = async (version: number) =>
    join(folder, (await readdir(folder)).find((name) => name.endsWith(`${version}.ckpt`)) ?? 'none');

  it('keep the newest few and those they are asked to keep', async () => {
    const checkpoints = new Checkpoints(new FolderFileStore(folder), 3);
    await checkpoints.open();
    for (let version = 0; version < 8; version++) await checkpoints.save(state(version), [2]);
    deepEqual(checkpoints.versions, [2, 5, 6, 7]);
    const names = await readdir(folder);
    equal(names.filter((name) => name.endsWith('.ckpt')).length, 4);
    equal(names.length, 5, 'and one to write over');
    equal((await checkpoints.load(2)).version, 2);
    await rejects(checkpoints.load(1), /version 1 is not stored; stored are 2, 5, 6, 7/);
  });

  it('write over the one that was removed before, and over none that they keep', async () => {
    const files = new FolderFileStore(folder);
    const checkpoints = new Checkpoints(files, 2);
    await checkpoints.open();
    const long = new Map([['moments', new Float32Array(1000)]]);
    for (let version = 0; version < 6; version++) {
      const server = version % 2 ? long : new Map<string, Float32Array>();
      await checkpoints.save({ ...state(version), server }, [1]);
      for (const kept of checkpoints.versions) {
        const loaded = await checkpoints.load(kept);
        deepEqual([loaded.version, loaded.server.size], [kept, kept % 2]);
      }
    }
    await files.close();
    deepEqual((await readdir(folder)).length, 3);
  });

  it('take a file under the name of another version for damaged: its new name was lost with the power', async () => {
    const checkpoints = new Checkpoints(new FolderFileStore(folder), 3);
    await checkpoints.open();
    for (const version of [4, 5]) await checkpoints.save(state(version), []);
    await rename(await fileOf(4), (await fileOf(4)).replace('4.ckpt', '6.ckpt'));
    const found = await new Checkpoints(new FolderFileStore(folder), 3).open();
    equal(found.state?.version, 5);
    ok(found.reasons[0]?.includes('version 4'), found.reasons[0]);
  });

  it('fall back to the one before if the newest is damaged, and report it', async () => {
    const checkpoints = new Checkpoints(new FolderFileStore(folder), 3);
    await checkpoints.open();
    for (const version of [4, 5, 6]) await checkpoints.save(state(version), []);
    await writeFile(await fileOf(6), 'not what it was');
    const found = await new Checkpoints(new FolderFileStore(folder), 3).open();
    equal(found.state?.version, 5);
    equal(found.highestVersion, 6);
    equal(found.reasons.length, 1);
    ok(found.reasons[0]?.includes('version-000000006.ckpt'));
  });

  it('find nothing if all are damaged', async () => {
    const checkpoints = new Checkpoints(new FolderFileStore(folder), 3);
    await checkpoints.open();
    await checkpoints.save(state(1), []);
    const bytes = await readFile(await fileOf(1));
    await writeFile(await fileOf(1), bytes.subarray(0, 20));
    const found = await new Checkpoints(new FolderFileStore(folder), 3).open();
    equal(found.state, undefined);
    equal(found.reasons.length, 1);
  });

  it('remove the temporary file of an interrupted write', async () => {
    await writeFile(join(folder, 'version-000000003.ckpt.abcd.part'), 'half');
    const found = await new Checkpoints(new FolderFileStore(folder), 3).open();
    deepEqual(found, { state: undefined, highestVersion: -1, reasons: [], hasFiles: false });
    deepEqual(await readdir(folder), []);
  });

  it('work the same in memory', async () => {
    const checkpoints = new Checkpoints(new MemoryFileStore(), 2);
    await checkpoints.open();
    for (let version = 0; version < 5; version++) await checkpoints.save(state(version), [1]);
    deepEqual(checkpoints.versions, [1, 3, 4]);
    equal((await checkpoints.load(3)).parameters.average[0], 3);
  });
});
