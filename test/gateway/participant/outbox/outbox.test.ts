import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Outbox, type OutboxEntry } from '../../../../gateway/participant/outbox/outbox';
import type { FtteError } from '../../../../gateway/platform';
import { type Body, encodeMessage, type Update } from '../../../../gateway/wire';
import { firstLineage, secondLineage, temporaryFolder } from '../tools';

let next = 1;
function update(lineage = firstLineage): Update {
  return {
    type: 'update',
    id: (next++).toString(16).padStart(16, '0'),
    lineage,
    baseVersion: 3,
    plan: { microBatch: 4, entries: [{ tensor: 0, channels: [1, 3] }, { tensor: 1 }] },
    delta: { encoding: 'int8', values: Float32Array.from({ length: 20 }, (_, i) => (i - 10) * 0.5) },
    samples: 12,
    steps: 6,
    variance: 0.25,
    lossBefore: 1,
    lossAfter: 0.5,
    durationMs: 20,
    peakBytes: 4096,
  };
}
const bytesOf = (body: Update, sender = 'gw') =>
  encodeMessage({ federation: 'clinic', sender, sequence: 1 }, body);
const bytesIn = async (outbox: Outbox, { id }: Update) => {
  const bytes = await outbox.read(id);
  return bytes && Uint8Array.from(bytes);
};

describe('outbox', () => {
  let folder: { path: string; remove: () => Promise<void> };
  let problems: FtteError[];
  let overflown: OutboxEntry[];

  beforeEach(async () => {
    folder = await temporaryFolder();
    problems = [];
    overflown = [];
  });
  afterEach(() => folder.remove());

  async function open(
    options: { maxCount?: number; maxBytes?: number; folder?: string } = {},
    id = 'gw',
  ): Promise<Outbox> {
    const encode = (body: Body) => encodeMessage({ federation: 'clinic', sender: id, sequence: 1 }, body);
    const outbox = new Outbox({
      session: { federation: 'clinic', id, encode },
      folder: join(folder.path, 'outbox'),
      onProblem: (error) => problems.push(error),
      onOverflow: (entry) => overflown.push(entry),
      ...options,
    });
    await outbox.open();
    return outbox;
  }
  const put = async (outbox: Outbox, body: Update) => outbox.put(body, bytesOf(body));
  const ids = (outbox: Outbox) => outbox.entries.map(({ id }) => id);
  const files = () => readdir(join(folder.path, 'outbox'));

  it('returns the updates of an earlier process, whole and in order', async () => {
    const before = await open();
    const kept = [update(), update(), update()];
    for (const body of kept) await put(before, body);
    const after = await open();
    assert.deepEqual(
      ids(after),
      kept.map(({ id }) => id),
    );
    for (const body of kept) assert.deepEqual(await bytesIn(after, body), bytesOf(body));
    const later = update();
    await put(after, later);
    assert.equal(ids(await open()).at(-1), later.id);
  });

  it('returns the updates of an earlier name of this gateway under its present name', async () => {
    const before = await open();
    const [kept, later] = [update(), update()];
    await put(before, kept);
    const after = await open({}, 'gw-2');
    await after.put(later, bytesOf(later, 'gw-2'));
    assert.deepEqual(await bytesIn(after, kept), bytesOf(kept, 'gw-2'));
    assert.deepEqual(await bytesIn(after, later), bytesOf(later, 'gw-2'));
  });

  it('reads no file to send an update that was just stored, and the file to send it again', async () => {
    const outbox = await open();
    const [early, late] = [update(), update()];
    await put(outbox, early);
    await put(outbox, late);
    for (const name of await files()) await writeFile(join(folder.path, 'outbox', name), 'scratched');
    assert.deepEqual(await bytesIn(outbox, late), bytesOf(late));
    assert.equal(await outbox.read(late.id), undefined);
    assert.equal(await outbox.read(early.id), undefined);
    assert.equal(problems.length, 2);
  });

  it('has an update on disk when put resolves, and its file is gone when remove resolves', async () => {
    const outbox = await open();
    const body = update();
    await put(outbox, body);
    const names = await files();
    assert.equal(names.length, 1);
    assert.ok(names[0]!.includes(body.id));
    await outbox.remove(body.id);
    assert.deepEqual(await files(), []);
    assert.equal(outbox.has(body.id), false);
  });

  it('reports damaged files, removes them and keeps the others', async () => {
    const before = await open();
    const kept = [update(), update(), update()];
    for (const body of kept) await put(before, body);
    const names = (await files()).sort();
    const path = (i: number) => join(folder.path, 'outbox', names[i]!);
    const flipped = await readFile(path(0));
    flipped[flipped.length - 5]! ^= 1;
    await writeFile(path(0), flipped);
    await writeFile(path(2), 'not an update');
    await writeFile(join(folder.path, 'outbox', 'half.update.1234.part'), 'half');
    const after = await open();
    assert.deepEqual(ids(after), [kept[1]!.id]);
    assert.equal(problems.length, 2);
    for (const problem of problems) assert.equal(problem.code, 'storage');
    assert.match(problems[0]!.message, /checksum differs/);
    assert.equal((await files()).length, 1);
  });

  it('drops the oldest updates beyond its count and beyond its bytes, and reports it', async () => {
    const byCount = await open({ maxCount: 2 });
    const kept = [update(), update(), update()];
    for (const body of kept) await put(byCount, body);
    assert.deepEqual(ids(byCount), [kept[1]!.id, kept[2]!.id]);
    assert.deepEqual(
      overflown.map(({ id }) => id),
      [kept[0]!.id],
    );
    const size = bytesOf(kept[0]!).length;
    const byBytes = await open({ maxBytes: size + 1 });
    assert.deepEqual(ids(byBytes), [kept[2]!.id]);
    assert.equal((await files()).length, 1);
  });

  it('keeps only updates of the lineage', async () => {
    const outbox = await open();
    const [old, young] = [update(firstLineage), update(secondLineage)];
    await put(outbox, old);
    await put(outbox, young);
    const expired = await outbox.keepOnly(secondLineage);
    assert.deepEqual(
      expired.map(({ id }) => id),
      [old.id],
    );
    assert.deepEqual(ids(outbox), [young.id]);
    assert.equal((await files()).length, 1);
  });

  it('keeps updates in memory if the folder cannot be used, and reports the reason', async () => {
    await writeFile(join(folder.path, 'outbox'), 'a file where a folder should be');
    const outbox = await open();
    const body = update();
    await put(outbox, body);
    assert.deepEqual(await bytesIn(outbox, body), bytesOf(body));
    assert.ok(problems.length >= 2);
    for (const problem of problems) assert.equal(problem.code, 'storage');
    assert.ok(problems[0]!.message.includes(folder.path));
    await outbox.remove(body.id);
    assert.equal(outbox.size, 0);
  });
});
