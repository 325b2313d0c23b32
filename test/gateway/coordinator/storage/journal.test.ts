import { deepEqual, equal, ok, rejects } from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Contribution } from '../../../../gateway/coordinator/aggregation/contribution';
import { encodeContainer } from '../../../../gateway/coordinator/storage/array-container';
import { FileJournal } from '../../../../gateway/coordinator/storage/journal';
import { encodeRecord } from '../../../../gateway/coordinator/storage/journal-record';
import { crc32, FtteError } from '../../../../gateway/platform';
import { decodeTensor, encodeValues, encodings, type TensorEncoding } from '../../../../gateway/wire';
import { faultyDisk, systemError } from '../../../../tools/support/faulty-disk';
import { contribution } from '../aggregation/contributions';

const lineage = '0123456789abcdef';
const entries = (...contributions: Contribution[]) =>
  contributions.map((one) => ({ lineage, contribution: one }));

/** A record in the earlier format without a magic: length, CRC-32, and the delta as float32 values. */
function plainRecord({ delta, segments, ...rest }: Contribution): Buffer {
  const header = { lineage, ...rest, segments: segments.map(({ offset, length }) => [offset, length]) };
  const body = Buffer.concat(encodeContainer({ header, arrays: new Map([['delta', delta]]) }));
  const head = Buffer.alloc(8);
  head.writeUInt32LE(body.length, 0);
  head.writeUInt32LE(crc32(body), 4);
  return Buffer.concat([head, body]);
}

describe('the journal', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ftte-journal-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  /** The content of the folder for a reader that opens it now. */
  async function found() {
    const journal = new FileJournal(folder);
    const { entries: list, torn, damaged, repaired, damagedFiles } = await journal.open();
    await journal.close();
    equal(damagedFiles.length > 0, damaged + repaired > 0);
    return { contributions: list.map(({ contribution: one }) => one), torn, damaged };
  }

  it('gives back what was appended, in order, after any crash', async () => {
    const journal = new FileJournal(folder);
    const [a, b, c] = [contribution([1, -2.5]), contribution([3]), contribution([Math.PI, 0, 7])];
    await journal.append(entries(a, b));
    await journal.append(entries(c));
    // It is not closed, as if the process had died.
    deepEqual(await found(), { contributions: [a, b, c], torn: 0, damaged: 0 });
    await journal.close();
  });

  it('pauses while it decodes a large delta, and gives back the same bits', async () => {
    const values = Float32Array.from({ length: 100_000 }, (_, i) => Math.sin(i));
    const form = encodeValues(values, 'dithered');
    const large = {
      ...contribution([1]),
      segments: [{ offset: 0, length: 100_000 }],
      delta: decodeTensor(form),
    };
    const journal = new FileJournal(folder);
    await journal.append([{ lineage, contribution: large, form }]);
    await journal.close();
    let pauses = 0;
    const turn = async () => {
      pauses++;
    };
    const reader = new FileJournal(folder, turn);
    const read = await reader.open();
    await reader.close();
    deepEqual(read.entries[0]?.contribution, large);
    ok(pauses >= 12, `${pauses}`);
  });

  for (const encoding of Object.keys(encodings) as TensorEncoding[]) {
    it(`gives back a delta that came as ${encoding} bit for bit, from the encoding in which it came`, async () => {
      const form = encodeValues(
        Float32Array.from({ length: 200 }, (_, i) => Math.sin(i)),
        encoding,
      );
      const delta = decodeTensor(form);
      const one = { ...contribution([...delta]), delta };
      const journal = new FileJournal(folder);
      await journal.append([{ lineage, contribution: one, form }]);
      await journal.close();
      deepEqual(await found(), { contributions: [one], torn: 0, damaged: 0 });
      const size = (await stat(join(folder, (await readdir(folder))[0]!))).size;
      ok(size < 500 + 200 * encodings[encoding].bytesPerValue, `${size} bytes`);
    });
  }

  it('reads records of the earlier format, also between records of the present format', async () => {
    const [a, b, c] = [contribution([1, -2.5]), contribution([3]), contribution([Math.PI])];
    const present = Buffer.concat(encodeRecord({ lineage, contribution: b }));
    await writeFile(
      join(folder, 'journal-000000.log'),
      Buffer.concat([plainRecord(a), present, plainRecord(c)]),
    );
    deepEqual(await found(), { contributions: [a, b, c], torn: 0, damaged: 0 });
  });

  it('drops an incomplete record at its end, whatever the byte at which it ends, and keeps all records before it', async () => {
    const journal = new FileJournal(folder);
    const [a, b] = [contribution([1, 2]), contribution([3, 4])];
    await journal.append(entries(a));
    const name = (await readdir(folder))[0]!;
    const whole = (await readFile(join(folder, name))).length;
    await journal.append(entries(b));
    await journal.close();
    const all = await readFile(join(folder, name));
    for (const cut of [1, 4, 7, 8, 40, all.length - whole - 1]) {
      await writeFile(join(folder, name), all);
      await truncate(join(folder, name), whole + cut);
      deepEqual(await found(), { contributions: [a], torn: cut, damaged: 0 });
    }
  });

  it('loses one record by any changed bit of a file, and none by one of its magic or length', async () => {
    const journal = new FileJournal(folder);
    const all = [1, 2, 3, 4].map((value) => contribution([value]));
    await journal.append(entries(...all));
    await journal.close();
    const path = join(folder, (await readdir(folder))[0]!);
    const whole = await readFile(path);
    const recordBytes = whole.length / all.length;
    for (let at = 0; at < whole.length; at++) {
      const bytes = Buffer.from(whole);
      bytes[at]! ^= 1 << (at % 8);
      await writeFile(path, bytes);
      const isRepaired = at % recordBytes < 12;
      const lost = Math.floor(at / recordBytes);
      deepEqual(
        await found(),
        {
          contributions: all.filter((_, i) => isRepaired || i !== lost),
          torn: 0,
          damaged: isRepaired ? 0 : 1,
        },
        `${at}`,
      );
    }
  });

  it('sets a damaged file aside when it is released, and replaces none that was set aside before', async () => {
    const name = 'journal-000000.log';
    await writeFile(join(folder, `${name}.damaged-1`), 'of an earlier time');
    const bytes = Buffer.concat(
      [contribution([1]), contribution([2])].flatMap((one) => encodeRecord({ lineage, contribution: one })),
    );
    bytes[20]! ^= 1;
    await writeFile(join(folder, name), bytes);
    const journal = new FileJournal(folder);
    await journal.open();
    await journal.release(1_000_000);
    await journal.close();
    deepEqual((await readdir(folder)).sort(), [`${name}.damaged-1`, `${name}.damaged-2`]);
    deepEqual(await readFile(join(folder, `${name}.damaged-2`)), bytes);
  });

  for (const { how, fault } of [
    { how: 'half written', fault: { torn: () => systemError('ENOSPC') } },
    { how: 'written and not synced', fault: { error: systemError('EIO') } },
  ])
    it(`holds nothing of an append that failed, though it was ${how}, once it is settled`, async () => {
      const kind = 'error' in fault ? 'sync' : 'write';
      const [a, b, c] = [contribution([1]), contribution([2]), contribution([3])];
      const journal = new FileJournal(folder);
      await journal.append(entries(a));
      let isBroken = true;
      const mend = faultyDisk(folder, (operation) =>
        isBroken && operation.kind === kind ? fault : undefined,
      );
      try {
        const second = new FileJournal(folder);
        await second.open();
        await rejects(second.append(entries(b)), { code: 'storage' });
        isBroken = false;
        await second.settle();
        deepEqual(await found(), { contributions: [a], torn: 0, damaged: 0 });
        await second.append(entries(c));
        deepEqual(await found(), { contributions: [a, c], torn: 0, damaged: 0 });
        await second.close();
      } finally {
        mend();
        await journal.close();
      }
    });

  it('releases whole files, and only those without later records', async () => {
    const journal = new FileJournal(folder);
    const [a, b, c] = [contribution([1]), contribution([2]), contribution([3])];
    await journal.append(entries(a));
    journal.rotate();
    await journal.append(entries(b, c));
    await journal.release(b.sequence);
    deepEqual((await found()).contributions, [b, c]);
    await journal.release(c.sequence);
    deepEqual((await found()).contributions, [b, c], 'the file being written stays');
    journal.rotate();
    await journal.release(c.sequence);
    deepEqual((await found()).contributions, []);
    await journal.close();
  });

  it('never appends to a file of an earlier run, which may end in an incomplete record', async () => {
    const first = new FileJournal(folder);
    await first.append(entries(contribution([1])));
    await first.close();
    const second = new FileJournal(folder);
    await second.open();
    await second.append(entries(contribution([2])));
    await second.close();
    equal((await readdir(folder)).length, 2);
    equal((await found()).contributions.length, 2);
  });

  it('reports why its folder cannot be used, and works once it can', async () => {
    const place = join(folder, 'journal');
    await writeFile(place, 'a file');
    const journal = new FileJournal(place);
    await rejects(
      journal.append(entries(contribution([1]))),
      (error) => error instanceof FtteError && error.code === 'storage' && error.message.includes(place),
    );
    await rm(place);
    await journal.append(entries(contribution([2])));
    await journal.close();
    equal((await readdir(place)).length, 1);
  });
});
