import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Outbox } from '../../../gateway/participant/outbox/outbox';
import { FtteError, SeededRandom, StorageCipher, VirtualClock } from '../../../gateway/platform';
import { PersistedSamples, SampleStore } from '../../../gateway/stream';
import { encodeMessage, type Update } from '../../../gateway/wire';
import { faultyDisk, systemError } from '../../../tools/support/faulty-disk';
import { smallTask } from '../stream/tools';
import { firstLineage } from './tools';

const key = 'a key that the operator has given';
const otherKey = new Uint8Array(32).fill(7);
/** A value that is easy to find on disk. */
const secret = 123.456;

describe('what lies on disk', () => {
  let folder: string;
  let clock: VirtualClock;
  let problems: string[];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ftte-at-rest-'));
    clock = new VirtualClock();
    problems = [];
  });
  afterEach(async () => {
    assert.equal(clock.nextDue, undefined, 'a timer was left running');
    await rm(folder, { recursive: true, force: true });
  });

  const secretBytes = Buffer.from(Float32Array.of(secret, secret, secret).buffer);
  const common = () => ({
    clock,
    random: new SeededRandom(1),
    onProblem: ({ message }: FtteError) => void problems.push(message),
  });

  describe('samples', () => {
    let file: string;
    beforeEach(() => {
      file = join(folder, 'samples.bin');
    });

    /** Opens the file, adds samples, and closes it. @returns the values of all samples then */
    async function run(storageKey: string | Uint8Array | undefined, count: number): Promise<number[]> {
      const store = new SampleStore({ capacity: 100, random: new SeededRandom(2) });
      const samples = new PersistedSamples({
        store,
        file,
        cipher: storageKey === undefined ? undefined : new StorageCipher(storageKey, 'samples'),
        onRecovered: () => undefined,
        ...common(),
      });
      await samples.open();
      store.fit(smallTask());
      for (let i = 0; i < count; i++) store.add({ window: new Float32Array(8).fill(secret + i), label: 0 });
      await samples.close();
      return store.list().map(({ window }) => Math.round(window[0]! - secret));
    }

    it('are encrypted if there is a key, and come back with it', async () => {
      await run(key, 5);
      const bytes = await readFile(file);
      assert.equal(bytes.indexOf(secretBytes), -1);
      assert.equal(bytes.indexOf('moving'), -1, 'names of labels are readable');
      assert.deepEqual(await run(key, 2), [0, 1, 2, 3, 4, 0, 1]);
      assert.deepEqual(problems, []);
    });

    it('of a file in plain are read with a key, and are then encrypted', async () => {
      await run(undefined, 3);
      assert.ok((await readFile(file)).includes(secretBytes), 'the file in plain does not hold the value');
      assert.deepEqual(await run(key, 0), [0, 1, 2]);
      assert.equal((await readFile(file)).indexOf(secretBytes), -1);
      assert.deepEqual(problems, []);
    });

    for (const [what, given, text] of [
      ['another key', otherKey, /samples\.bin: it is encrypted with another key/],
      ['no key', undefined, /samples\.bin: it is encrypted, and no key is set/],
    ] as const)
      it(`are set aside with ${what}, which is said, and come back with the right one`, async () => {
        await run(key, 4);
        const whole = await readFile(file);
        assert.deepEqual(await run(given, 1), [0]);
        assert.equal(problems.length, 1);
        assert.match(problems[0]!, text);
        assert.match(problems[0]!, /the file is kept as .*samples\.bin\.damaged-1/);
        const aside = `${file}.damaged-1`;
        assert.deepEqual(await readFile(aside), whole);
        await rename(aside, file);
        assert.deepEqual(await run(key, 0), [0, 1, 2, 3]);
      });

    it('lose one record at most when the end of the file is missing, and one when a byte has changed', async () => {
      await run(key, 6);
      const { length } = await readFile(file);
      await truncate(file, length - 7);
      assert.deepEqual(await run(key, 0), [0, 1, 2, 3, 4]);
      assert.match(problems[0]!, /bytes of an interrupted write that are left out/);
      const whole = await readFile(file);
      const changed = Uint8Array.from(whole);
      const middle = whole.length >> 1;
      changed[middle] = changed[middle]! ^ 1;
      await writeFile(file, changed);
      assert.equal((await run(key, 0)).length, 4);
      assert.match(problems[1]!, /records that are damaged and lost: 1/);
    });
  });

  describe('updates that wait', () => {
    const update = (id: number): Update => ({
      type: 'update',
      id: id.toString(16).padStart(16, '0'),
      lineage: firstLineage,
      baseVersion: id,
      plan: { microBatch: 4, entries: [{ tensor: 0 }] },
      delta: { encoding: 'float32', values: new Float32Array(8).fill(secret) },
      samples: 12,
      steps: 6,
      variance: 0.25,
      lossBefore: 1,
      lossAfter: 0.5,
      durationMs: 20,
      peakBytes: 4096,
    });
    const bytesOf = (body: Update) =>
      encodeMessage({ federation: 'clinic', sender: 'gw', sequence: 1 }, body);

    /** Opens the outbox, adds updates, and closes it. @returns the bytes of all updates then */
    async function run(storageKey: string | Uint8Array | undefined, ids: number[]): Promise<Uint8Array[]> {
      const outbox = new Outbox({
        session: { federation: 'clinic', id: 'gw', encode: (body) => bytesOf(body as Update) },
        folder: join(folder, 'outbox'),
        cipher: storageKey === undefined ? undefined : new StorageCipher(storageKey, 'outbox'),
        onRecovered: () => undefined,
        onFound: () => undefined,
        onOverflow: () => undefined,
        onMerged: () => undefined,
        ...common(),
      });
      await outbox.open();
      for (const id of ids) await outbox.put(update(id), bytesOf(update(id)));
      const messages: Uint8Array[] = [];
      for (const { id } of outbox.entries) messages.push(Uint8Array.from((await outbox.read(id)) ?? []));
      await outbox.close();
      return messages;
    }
    const files = async () => {
      const names = (await readdir(join(folder, 'outbox'))).sort();
      return Promise.all(
        names.map(async (name) => ({ name, bytes: await readFile(join(folder, 'outbox', name)) })),
      );
    };
    const plain = (ids: number[]) => ids.map((id) => Uint8Array.from(bytesOf(update(id))));

    it('are encrypted if there is a key, and are sent as they were made', async () => {
      await run(key, [1, 2]);
      for (const { bytes } of await files()) assert.equal(bytes.indexOf(secretBytes), -1);
      assert.deepEqual(await run(key, []), plain([1, 2]));
      assert.deepEqual(problems, []);
    });

    it('in plain are read with a key, and are then encrypted', async () => {
      await run(undefined, [1]);
      assert.ok((await files())[0]?.bytes.includes(secretBytes), 'the file in plain does not hold the value');
      assert.deepEqual(await run(key, []), plain([1]));
      assert.equal((await files())[0]?.bytes.indexOf(secretBytes), -1);
    });

    it('in plain are sent although the disk is full, so that they cannot be encrypted, which is said', async () => {
      await run(undefined, [1, 2]);
      const heal = faultyDisk(join(folder, 'outbox'), () => ({ error: systemError('ENOSPC') }));
      assert.deepEqual(await run(key, []), plain([1, 2]));
      heal();
      assert.equal(problems.length, 2);
      assert.match(problems[0]!, /cannot write .*\.update/);
      assert.deepEqual(await run(key, []), plain([1, 2]));
      assert.equal((await files())[0]?.bytes.indexOf(secretBytes), -1);
    });

    it('are set aside with another key, which is said, and the others are used', async () => {
      await run(key, [1]);
      assert.deepEqual(await run(otherKey, [2]), plain([2]));
      assert.match(
        problems[0]!,
        /\.update: it is encrypted with another key .* kept as .*\.update\.damaged-1/,
      );
      assert.equal((await files()).length, 2);
      await run(undefined, []);
      assert.match(problems[1]!, /it is encrypted, and no key is set/);
    });
  });

  it('needs a key of some length', () => {
    assert.throws(
      () => new StorageCipher('short', 'samples'),
      (error) => error instanceof FtteError && /storageKey: expected at least 16/.test(error.message),
    );
  });
});
