import { deepEqual, equal, rejects } from 'node:assert/strict';
import type { UpdateLog } from '../../../../gateway/coordinator/storage';
import { contribution } from '../aggregation/contributions';

/** A place for logs, whose content outlives each of them. */
export interface LogPlace {
  /** Opens the log of the coordinator that has the place now. One that is not closed has ended with its process. */
  open(): Promise<UpdateLog>;
}

const lineage = '0123456789abcdef';
const update = (sequence: number, gateway = 'a', values = [sequence, -0.5]) => ({
  lineage,
  contribution: contribution(values, { sequence, gateway, id: sequence.toString(16).padStart(16, '0') }),
});
type Entry = ReturnType<typeof update>;
const bytes = (...values: number[]) => [Uint8Array.from(values)];

/** Tests of a place that holds everything that a coordinator must not lose. */
export function itIsAnUpdateLog(place: () => LogPlace): void {
  /** The updates that a coordinator finds which opens the log now. */
  const found = async () => {
    const log = await place().open();
    const { entries } = await log.read();
    await log.close();
    return entries.map(({ contribution: one }) => one);
  };
  const contributionsOf = (entries: readonly Entry[]) => entries.map(({ contribution: one }) => one);

  it('gives back what was appended, in order, bit for bit, after the end of the process', async () => {
    const log = await place().open();
    deepEqual((await log.read()).entries, []);
    const updates = [update(1), update(2, 'b', [1e-40, 3.25]), update(3, 'a', [7])];
    deepEqual(await log.append(updates.slice(0, 2)), []);
    deepEqual(await log.append(updates.slice(2)), []);
    deepEqual(await found(), contributionsOf(updates));
  });

  it('takes an update once, also in one append, from the next process, and under another position', async () => {
    const log = await place().open();
    await log.read();
    const [first, second] = [update(1), update(2)];
    const again = { lineage, contribution: { ...first.contribution, sequence: 3 } };
    deepEqual(await log.append([first, again]), [again]);
    deepEqual(await log.append([again, second]), [again]);
    const next = await place().open();
    await next.read();
    deepEqual(await next.append([again]), [again]);
    await next.close();
    deepEqual(await found(), contributionsOf([first, second]));
  });

  it('takes the update of another gateway or lineage that has the same id', async () => {
    const log = await place().open();
    await log.read();
    const one = update(1);
    const two = { lineage, contribution: { ...one.contribution, sequence: 2, gateway: 'b' } };
    const three = { lineage: 'f'.repeat(16), contribution: { ...one.contribution, sequence: 3 } };
    deepEqual(await log.append([one, two, three]), []);
    await log.close();
    deepEqual(await found(), contributionsOf([one, two, three]));
  });

  it('keeps whole files of a checkpoint, under the newest content, and removes them', async () => {
    const log = await place().open();
    await log.checkpoint(async () => {
      await log.files.write('version-000000001.ckpt', [...bytes(1, 2), ...bytes(3)]);
      await log.files.write('members-000000001.bin', bytes());
    });
    await log.checkpoint(() => log.files.write('version-000000001.ckpt', bytes(4)));
    const next = await place().open();
    deepEqual((await next.files.list()).filter(isOwn).sort(), [
      'members-000000001.bin',
      'version-000000001.ckpt',
    ]);
    deepEqual([...(await next.files.read('version-000000001.ckpt'))], [4]);
    deepEqual([...(await next.files.read('members-000000001.bin'))], []);
    await next.checkpoint(() => next.files.remove('version-000000001.ckpt'));
    await next.checkpoint(() => next.files.remove('never-there.ckpt'));
    await rejects(next.files.read('version-000000001.ckpt'), { code: 'storage' });
    await next.close();
  });

  it('keeps a file of several megabytes bit for bit', async () => {
    const log = await place().open();
    const large = Uint8Array.from({ length: 3_000_001 }, (_, i) => (i * 31) % 251);
    await log.checkpoint(() => log.files.write('version-000000002.ckpt', [large]));
    const next = await place().open();
    equal(Buffer.compare(await next.files.read('version-000000002.ckpt'), large), 0);
    await next.close();
  });

  it('writes the files of one checkpoint at the same time, each of several pieces', async () => {
    const log = await place().open();
    const large = (seed: number) => Uint8Array.from({ length: 1_300_000 }, (_, i) => (i * seed) % 251);
    const { trail } = log;
    if (!trail) throw new Error('this log keeps no past versions');
    await log.checkpoint(async () => {
      await Promise.all([
        trail.create('trail-000000001.log', [large(31)]),
        log.files.write('version-000000001.ckpt', [large(37)]),
      ]);
    });
    const next = await place().open();
    equal(Buffer.compare(await next.files.read('version-000000001.ckpt'), large(37)), 0);
    equal(Buffer.compare((await next.trail?.read('trail-000000001.log'))!, large(31)), 0);
    await next.close();
  });

  it('appends to the files of the trail, and creates none over another', async () => {
    const log = await place().open();
    const { trail } = log;
    if (!trail) throw new Error('this log keeps no past versions');
    await log.checkpoint(async () => {
      equal(await trail.create('trail-000000001.log', bytes(1)), true);
      await trail.append('trail-000000001.log', bytes(2, 3), true);
    });
    await log.checkpoint(async () => equal(await trail.create('trail-000000001.log', bytes(9)), false));
    await log.checkpoint(() => trail.append('trail-000000001.log', bytes(4), true));
    const next = await place().open();
    deepEqual([...((await next.trail?.read('trail-000000001.log')) ?? [])], [1, 2, 3, 4]);
    await next.checkpoint(async () => next.trail?.remove('trail-000000001.log'));
    deepEqual((await next.trail?.list())?.filter(isOwn), []);
    await next.close();
  });

  it('keeps the updates after the position that a checkpoint releases', async () => {
    const log = await place().open();
    await log.read();
    await log.append([update(1), update(2)]);
    await log.append([update(3)]);
    await log.checkpoint(() => log.release(2));
    await log.append([update(4)]);
    const left = await found();
    deepEqual(
      left.filter(({ sequence }) => sequence > 2),
      contributionsOf([update(3), update(4)]),
    );
  });

  it('sets its content aside and begins again empty', async () => {
    const log = await place().open();
    await log.read();
    await log.append([update(1)]);
    await log.checkpoint(() => log.files.write('version-000000001.ckpt', bytes(1)));
    const aside = await log.reset();
    equal(typeof aside, 'string');
    deepEqual((await log.files.list()).filter(isOwn), []);
    deepEqual(await log.append([update(1)]), []);
    await log.close();
    deepEqual(await found(), contributionsOf([update(1)]));
  });
}

const isOwn = (name: string) => /^(version|members|trail)-/.test(name);
