import assert from 'node:assert/strict';
import { appendFile, cp, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LedgerEntry, ledgerFile, ledgerHeadFile, PrivacyLedger } from '../../../../gateway/participant';
import { faultyDisk } from '../../../../tools/support/faulty-disk';

const entry = (round: number): LedgerEntry => ({
  noise: 1.5,
  rate: 0.25,
  steps: 8,
  clip: 1,
  round: `round ${round}`,
  time: 1000 + round,
});

describe('the ledger of the privacy budget', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ftte-ledger-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const opened = async () => {
    const ledger = new PrivacyLedger(folder);
    await ledger.open();
    return ledger;
  };
  const filled = async (count: number) => {
    const ledger = await opened();
    for (let i = 0; i < count; i++) await ledger.add(entry(i));
    return ledger;
  };
  const path = (name: string) => join(folder, name);
  const isRefused = (pattern: RegExp) =>
    assert.rejects(opened(), { code: 'privacy-ledger', message: pattern });

  it('has all entries in order after a restart, and is empty before the first', async () => {
    assert.deepEqual((await opened()).entries, []);
    await filled(3);
    const again = await opened();
    assert.deepEqual(again.entries, [0, 1, 2].map(entry));
    await again.add(entry(3));
    assert.deepEqual((await opened()).entries, [0, 1, 2, 3].map(entry));
  });

  it('counts an entry whose process ended before the second file was written', async () => {
    await filled(2);
    const head = await readFile(path(ledgerHeadFile));
    await (await opened()).add(entry(2));
    await writeFile(path(ledgerHeadFile), head);
    assert.equal((await opened()).entries.length, 3);
    assert.notDeepEqual(await readFile(path(ledgerHeadFile)), head, 'the second file has caught up');
  });

  it('drops an append that was interrupted, whose round has not begun, and goes on after it', async () => {
    await filled(2);
    await appendFile(path(ledgerFile), 'FTTEPRL1\x50');
    const ledger = await opened();
    await ledger.add(entry(2));
    assert.deepEqual((await opened()).entries, [0, 1, 2].map(entry));
  });

  it('cuts back an entry that a full disk has torn before it writes the next, and is trusted afterwards', async () => {
    const ledger = await filled(2);
    const end = faultyDisk(folder, ({ kind, path: file }) =>
      kind === 'write' && file.endsWith(ledgerFile)
        ? { torn: () => Object.assign(new Error('no space left'), { code: 'ENOSPC' }) }
        : undefined,
    );
    await assert.rejects(ledger.add(entry(2)), { code: 'storage' }).finally(end);
    assert.deepEqual(ledger.entries, [0, 1].map(entry));
    await ledger.add(entry(3));
    assert.deepEqual((await opened()).entries, [0, 1, 3].map(entry));
  });

  it('leaves out what an earlier package had torn in its middle, because all entries that count are there', async () => {
    await filled(2);
    await appendFile(path(ledgerFile), 'FTTEPRL1\x50\x00\x00\x00torn');
    const [head, bytes] = [await readFile(path(ledgerHeadFile)), await readFile(path(ledgerFile))];
    await (await opened()).add(entry(2));
    const third = (await readFile(path(ledgerFile))).subarray(bytes.length - 16);
    await writeFile(path(ledgerFile), Buffer.concat([bytes, third]));
    assert.deepEqual((await opened()).entries, [0, 1, 2].map(entry));
    const again = await opened();
    assert.deepEqual(again.entries, [0, 1, 2].map(entry));
    await writeFile(path(ledgerHeadFile), head);
    assert.equal((await opened()).entries.length, 3);
  });

  it('is not trusted if it is an earlier copy of itself, or was cut or removed', async () => {
    await filled(2);
    const early = await readFile(path(ledgerFile));
    await (await opened()).add(entry(2));
    await writeFile(path(ledgerFile), early);
    await isRefused(
      /privacy-ledger\.bin: it has 2 of 3 entries: an earlier copy of it, or cut, so it is not known/,
    );
    await truncate(path(ledgerFile), 5);
    await isRefused(/it has 0 of 3 entries/);
    await rm(path(ledgerFile));
    await isRefused(/it has 0 of 3 entries/);
  });

  it('is not trusted if any of its bytes has changed', async () => {
    await filled(3);
    const bytes = await readFile(path(ledgerFile));
    for (let at = 0; at < bytes.length; at += 7) {
      const changed = Buffer.from(bytes);
      changed[at]! ^= 4;
      await writeFile(path(ledgerFile), changed);
      await isRefused(/it has changed on disk|entries|another ledger/);
    }
  });

  it('is not trusted if it is the ledger of another gateway, or the second file is missing or damaged', async () => {
    await filled(2);
    const other = await mkdtemp(join(tmpdir(), 'ftte-ledger-'));
    const ledger = new PrivacyLedger(other);
    for (const round of [7, 8]) await ledger.add(entry(round));
    await cp(join(other, ledgerFile), path(ledgerFile));
    await rm(other, { recursive: true });
    await isRefused(/another ledger than that of privacy-ledger/);
    await writeFile(path(ledgerHeadFile), '{"entries":');
    await isRefused(/privacy-ledger\.json beside it is damaged/);
    await rm(path(ledgerHeadFile));
    await isRefused(/privacy-ledger\.json is missing beside it/);
  });

  it('names the file if it cannot be written', async () => {
    const ledger = new PrivacyLedger(path('not/a-folder'));
    await writeFile(path('not'), '');
    await assert.rejects(ledger.add(entry(0)), { code: 'storage', message: /privacy-ledger\.json/ });
    assert.deepEqual(ledger.entries, [], 'what is not on disk does not count as spent');
  });
});
