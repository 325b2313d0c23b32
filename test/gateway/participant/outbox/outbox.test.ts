import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Outbox } from '../../../../gateway/participant/outbox/outbox';
import type { OutboxEntry, OutboxLimit } from '../../../../gateway/participant/outbox/outbox-types';
import { type FtteError, SeededRandom, VirtualClock } from '../../../../gateway/platform';
import { type Body, decodeMessage, encodeMessage, type Update } from '../../../../gateway/wire';
import { canMount, needsRoot, SmallDisk } from '../../../support/disks';
import { firstLineage, secondLineage, temporaryFolder, until } from '../tools';

let next = 1;
/** An update of a base version of its own, unless one is given. */
function update(lineage = firstLineage, changes: Partial<Update> = {}): Update {
  return {
    type: 'update',
    id: (next++).toString(16).padStart(16, '0'),
    lineage,
    baseVersion: next,
    plan: { microBatch: 4, entries: [{ tensor: 0, channels: [1, 3] }, { tensor: 1 }] },
    delta: { encoding: 'int8', values: Float32Array.from({ length: 20 }, (_, i) => (i - 10) * 0.5) },
    samples: 12,
    steps: 6,
    variance: 0.25,
    lossBefore: 1,
    lossAfter: 0.5,
    durationMs: 20,
    peakBytes: 4096,
    ...changes,
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
  let limits: OutboxLimit[];
  let merged: [string, string][];
  let recovered: number;
  let found: number;
  let clock: VirtualClock;
  /** The outbox that uses the folder. */
  let opened: Outbox | undefined;

  beforeEach(async () => {
    folder = await temporaryFolder();
    problems = [];
    overflown = [];
    limits = [];
    merged = [];
    recovered = 0;
    found = 0;
    clock = new VirtualClock();
    opened = undefined;
  });
  afterEach(async () => {
    await opened?.close();
    await folder.remove();
  });

  async function open(
    options: { maxCount?: number; maxBytes?: number; folder?: string } = {},
    id = 'gw',
  ): Promise<Outbox> {
    const encode = (body: Body) => encodeMessage({ federation: 'clinic', sender: id, sequence: 1 }, body);
    const outbox = new Outbox({
      session: { federation: 'clinic', id, encode },
      folder: join(folder.path, 'outbox'),
      clock,
      random: new SeededRandom(1),
      onProblem: (error) => problems.push(error),
      onRecovered: () => recovered++,
      onFound: () => found++,
      onOverflow: (entry, limit) => {
        overflown.push(entry);
        limits.push(limit);
      },
      onMerged: (id, into) => merged.push([id, into]),
      ...options,
    });
    await opened?.close();
    opened = outbox;
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

  it('keeps updates of other lineages through restarts, and counts those of the present one', async () => {
    const [old, young] = [update(firstLineage), update(secondLineage)];
    const outbox = await open();
    await put(outbox, old);
    await put(outbox, young);
    assert.equal(outbox.size, 2);
    outbox.setLineage(secondLineage);
    const after = await open();
    for (const [lineage, aside] of [
      [secondLineage, old],
      [firstLineage, young],
    ] as const) {
      after.setLineage(lineage);
      assert.deepEqual([after.size, after.aside], [1, 1]);
      assert.deepEqual(
        [old, young].filter(({ id }) => after.isAside(id)),
        [aside],
      );
    }
    assert.deepEqual(ids(after), [old.id, young.id]);
    assert.deepEqual(await bytesIn(after, old), bytesOf(old));
    assert.equal((await files()).length, 2);
  });

  it('drops updates of other lineages first, however young they are, and gives the present one all the room', async () => {
    const outbox = await open({ maxCount: 3 });
    const [first, second, third] = [update(), update(secondLineage), update(secondLineage)];
    for (const body of [first, second, third]) await put(outbox, body);
    outbox.setLineage(firstLineage);
    const more = [update(), update(), update()];
    for (const body of more) await put(outbox, body);
    assert.deepEqual(
      overflown.map(({ id }) => id),
      [second.id, third.id, first.id],
    );
    assert.deepEqual(limits, ['aside', 'aside', 'full']);
    assert.deepEqual(
      ids(outbox),
      more.map(({ id }) => id),
    );
    assert.equal((await files()).length, 3);
  });

  it('drops the other lineages first at a start, before a task names the present one', async () => {
    const before = await open();
    const [present, other, newest] = [update(), update(secondLineage), update()];
    for (const body of [present, other, newest]) await put(before, body);
    assert.deepEqual(ids(await open({ maxCount: 2 })), [present.id, newest.id]);
  });

  const sameVersion = (changes: Partial<Update> = {}) => update(firstLineage, { baseVersion: 7, ...changes });
  const waitingIn = async (outbox: Outbox, body: Update) => {
    const decoded = decodeMessage((await outbox.read(body.id))!);
    assert.ok(decoded.type === 'update');
    return decoded;
  };
  const filled = (value: number) => ({
    encoding: 'float32' as const,
    values: new Float32Array(20).fill(value),
  });

  it('makes one update of the rounds of one version that wait, as means weighted by samples', async () => {
    const rounds = [
      sameVersion({ samples: 10, steps: 4, variance: 1, lossBefore: 2, lossAfter: 1, delta: filled(1) }),
      sameVersion({ samples: 30, steps: 6, variance: 3, lossBefore: 1, lossAfter: 0, delta: filled(5) }),
      sameVersion({ samples: 40, steps: 5, variance: 4, lossBefore: 3, lossAfter: 2, delta: filled(8) }),
    ];
    const outbox = await open();
    for (const body of rounds) await put(outbox, body);
    const [first, ...others] = rounds;
    assert.deepEqual(
      merged,
      others.map(({ id }) => [id, first!.id]),
    );
    assert.deepEqual(ids(outbox), [first!.id]);
    assert.equal((await files()).length, 1);
    for (const box of [outbox, await open()]) {
      const got = await waitingIn(box, first!);
      assert.deepEqual([got.samples, got.steps, got.baseVersion], [80, 6, 7]);
      assert.deepEqual([got.variance, got.lossBefore, got.lossAfter], [3.25, 2.125, 1.125]);
      assert.deepEqual(got.delta.values, filled(6).values);
    }
  });

  it('rounds the mean of many rounds once, not once for each of them', async () => {
    const outbox = await open();
    const deltas = Array.from({ length: 50 }, (_, round) =>
      Float32Array.from({ length: 20 }, (_, i) => Math.sin(round + i * 0.7)),
    );
    const rounds = deltas.map((values) => sameVersion({ delta: { encoding: 'int8', values } }));
    for (const body of rounds) await put(outbox, body);
    const mean = Float32Array.from(
      { length: 20 },
      (_, i) => deltas.reduce((sum, values) => sum + values[i]!, 0) / deltas.length,
    );
    const { delta } = await waitingIn(outbox, rounds[0]!);
    const largest = Math.max(...mean.map(Math.abs));
    for (const [i, value] of delta.values.entries())
      assert.ok(Math.abs(value - mean[i]!) <= largest / 127 + 1e-6, `${value}, mean ${mean[i]}`);
  });

  it('merges nothing into an update that may have been sent: one that was read, or an earlier process left', async () => {
    const before = await open();
    const [left, read, later] = [sameVersion(), sameVersion(), sameVersion()];
    await put(before, left);
    const outbox = await open();
    await put(outbox, read);
    assert.deepEqual(await bytesIn(outbox, read), bytesOf(read));
    await put(outbox, later);
    assert.deepEqual(ids(outbox), [left.id, read.id, later.id]);
    for (const body of [left, read, later]) assert.deepEqual(await bytesIn(outbox, body), bytesOf(body));
    assert.deepEqual(merged, []);
  });

  for (const [what, other] of [
    ['version', { baseVersion: 8 }],
    ['lineage', { lineage: secondLineage }],
    ['plan', { plan: { microBatch: 4, entries: [{ tensor: 0, channels: [1, 2] }, { tensor: 1 }] } }],
    ['encoding', { delta: filled(1) }],
  ] as const)
    it(`merges no rounds of another ${what}`, async () => {
      const outbox = await open();
      const [one, two] = [sameVersion(), sameVersion(other)];
      for (const body of [one, two]) await put(outbox, body);
      assert.deepEqual(ids(outbox), [one.id, two.id]);
    });

  it('keeps at most 8 updates of one version whose plans differ, and says which it drops', async () => {
    const outbox = await open();
    const other = update();
    await put(outbox, other);
    const bodies = Array.from({ length: 11 }, (_, i) =>
      sameVersion({ plan: { microBatch: 1 + i, entries: [{ tensor: 0, channels: [1, 3] }, { tensor: 1 }] } }),
    );
    for (const body of bodies) await put(outbox, body);
    assert.deepEqual(
      ids(outbox),
      [other, ...bodies.slice(3)].map(({ id }) => id),
    );
    assert.deepEqual(
      overflown.map(({ id }) => id),
      bodies.slice(0, 3).map(({ id }) => id),
    );
    assert.deepEqual(limits, ['version', 'version', 'version']);
    assert.equal((await files()).length, 9);
  });

  it('merges in memory while the disk refuses files, and writes one file when it accepts them', async () => {
    const path = join(folder.path, 'outbox');
    await writeFile(path, 'a file where a folder should be');
    const outbox = await open();
    const rounds = [1, 2, 3].map((value) => sameVersion({ delta: filled(value) }));
    for (const body of rounds) await put(outbox, body);
    await rm(path);
    clock.step();
    await until(() => recovered === 1, 'recovery');
    const after = await open();
    assert.deepEqual(ids(after), [rounds[0]!.id]);
    const { samples, delta } = await waitingIn(after, rounds[0]!);
    assert.deepEqual([samples, delta.values], [36, filled(2).values]);
  });

  it('keeps updates in memory if the folder cannot be used, reports the reason once, and writes them when it can', async () => {
    const path = join(folder.path, 'outbox');
    await writeFile(path, 'a file where a folder should be');
    const outbox = await open();
    const bodies = [update(), update(), update()];
    for (const body of bodies) await put(outbox, body);
    for (const body of bodies) assert.deepEqual(await bytesIn(outbox, body), bytesOf(body));
    assert.equal(problems.length, 1);
    assert.equal(problems[0]!.details.reason, 'ENOTDIR');
    assert.ok(problems[0]!.message.includes(folder.path));
    await outbox.remove(bodies[1]!.id);
    await rm(path);
    clock.step();
    await until(() => recovered === 1, 'recovery');
    const last = update();
    await put(outbox, last);
    const kept = [bodies[0]!, bodies[2]!, last];
    assert.deepEqual(
      ids(await open()),
      kept.map(({ id }) => id),
    );
    for (const body of kept) assert.deepEqual(await bytesIn(outbox, body), bytesOf(body));
  });

  it('finds the updates of an earlier process late if its folder comes late, and keeps the order', async () => {
    const path = join(folder.path, 'outbox');
    const before = await open();
    const early = [update(), update()];
    for (const body of early) await put(before, body);
    await rename(path, `${path}.away`);
    await writeFile(path, 'not mounted yet');
    const outbox = await open();
    const late = update();
    await put(outbox, late);
    await rm(path);
    await rename(`${path}.away`, path);
    clock.step();
    await until(() => found === 1, 'the updates');
    await until(() => recovered === 1, 'recovery');
    for (const box of [outbox, await open()])
      assert.deepEqual(
        ids(box),
        [...early, late].map(({ id }) => id),
      );
  });

  it('tries no more after it was closed', async () => {
    await writeFile(join(folder.path, 'outbox'), 'a file where a folder should be');
    const outbox = await open();
    await outbox.close();
    assert.equal(clock.nextDue, undefined);
  });

  it('keeps an update whose file cannot be read now, and says so once', async () => {
    const outbox = await open();
    const [body, newest] = [update(), update()];
    await put(outbox, body);
    await put(outbox, newest);
    const file = join(folder.path, 'outbox', (await files()).sort()[0]!);
    await rename(file, `${file}.away`);
    await mkdir(file);
    for (let i = 0; i < 3; i++) assert.equal(await outbox.read(body.id), undefined);
    assert.equal(problems.length, 1);
    assert.equal(problems[0]!.details.reason, 'EISDIR');
    await rmdir(file);
    await rename(`${file}.away`, file);
    assert.deepEqual(await bytesIn(outbox, body), bytesOf(body));
  });
});

describe(`outbox on a disk that is read-only or full${needsRoot}`, () => {
  let disk: SmallDisk;
  before(function () {
    if (!canMount) this.skip();
  });
  beforeEach(() => {
    disk = new SmallDisk('64k');
  });
  afterEach(() => disk.remove());

  it('loses nothing, reports each reason once, removes what was acknowledged meanwhile, and recovers', async () => {
    const clock = new VirtualClock();
    const reported: string[] = [];
    const outbox = new Outbox({
      session: { federation: 'clinic', id: 'gw', encode: bytesOf },
      folder: disk.path('outbox'),
      clock,
      random: new SeededRandom(1),
      onProblem: (error) => reported.push(String(error.details.reason)),
      onRecovered: () => reported.push('recovered'),
      onFound: assert.fail,
      onOverflow: () => assert.fail('there is room'),
      onMerged: () => assert.fail('they are of different versions'),
    });
    await outbox.open();
    const bodies = Array.from({ length: 12 }, () => update());
    const keep = (from: number, to: number) =>
      Promise.all(bodies.slice(from, to).map((body) => outbox.put(body, bytesOf(body))));
    await keep(0, 3);
    await disk.makeReadOnly();
    await keep(3, 6);
    await outbox.remove(bodies[0]!.id);
    disk.makeWritable();
    disk.fill();
    clock.step();
    await until(() => reported.length === 2, 'the second reason');
    await keep(6, 9);
    disk.makeRoom();
    clock.step();
    await until(() => reported.length === 3, 'recovery');
    await keep(9, 12);
    assert.deepEqual(reported, ['EROFS', 'ENOSPC', 'recovered']);
    assert.equal(outbox.size, 11);
    await outbox.close();
    const names = (await readdir(disk.path('outbox'))).sort();
    assert.deepEqual(
      names.map((name) => name.slice(13, 29)),
      bodies.slice(1).map(({ id }) => id),
    );
  });
});
