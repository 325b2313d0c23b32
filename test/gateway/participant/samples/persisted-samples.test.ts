import assert from 'node:assert/strict';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { notices, ParticipantHarness } from '../harness';

describe('the samples of a participant', () => {
  let harness: ParticipantHarness;
  beforeEach(async () => {
    harness = await ParticipantHarness.build();
  });
  afterEach(() => harness.remove());

  it('survive a deploy, because the next participant takes the store', async () => {
    const before = await harness.ready();
    await before.participant.stop();
    const after = harness.make({ store: before.participant.store });
    await after.join();
    assert.equal(after.participant.status.samples, 8);
  });

  it('survive the end of the process if they are kept, and are not written to disk otherwise', async () => {
    const storeFile = join(harness.folder, 'samples.bin');
    const before = await harness.ready({ storeFile });
    const kept = before.participant.store.all();
    await before.leave();
    const after = harness.make({ storeFile });
    await after.join();
    assert.deepEqual(after.participant.store.all(), kept);
    await after.participant.forget();
    assert.ok(!(await readdir(harness.folder)).includes('samples.bin'));
    await after.leave();
    const plain = await harness.ready();
    await plain.leave();
    assert.deepEqual(await readdir(harness.folder), ['outbox']);
  });

  it('of a damaged file are lost with a clear report, and the participant starts', async () => {
    const storeFile = join(harness.folder, 'samples.bin');
    await writeFile(storeFile, 'FTTESMP1 but nothing of the kind, at length, so that it is read');
    const made = harness.make({ storeFile });
    const { participant } = made;
    const received = notices(participant);
    await made.join();
    assert.equal(participant.status.samples, 0);
    assert.equal(participant.status.minorTrouble, 'samples-damaged');
    assert.equal(received[0]!.code, 'samples-damaged');
    assert.match(received[0]!.text, /samples\.bin is damaged .*; the file is kept as /);
  });
});
