import assert from 'node:assert/strict';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HeldOut } from '../../../../gateway/participant';
import { SeededRandom } from '../../../../gateway/platform';
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

  it('that are held out survive the end of the process beside them, on their side, and are erased with them', async () => {
    const storeFile = join(harness.folder, 'samples.bin');
    const made = (keepSamples = true) => {
      const heldOut = new HeldOut(new SeededRandom(1));
      return { heldOut, gateway: harness.make({ storeFile, keepSamples, heldOut }) };
    };
    const window = (i: number) => Float32Array.from({ length: 16 }, (_, at) => Math.sin(i + at));
    const before = made();
    await before.gateway.join();
    const { length, hop } = before.gateway.participant.store.content.input!;
    const count = 40 * Math.max(1, Math.ceil(length / hop));
    for (let i = 0; i < count; i++) before.gateway.participant.add({ window: window(i), label: i % 2 });
    const kept = before.heldOut.store.all();
    assert.ok(kept.count >= 8);
    await before.gateway.leave();
    const after = made();
    await after.gateway.join();
    assert.deepEqual(after.heldOut.store.all(), kept);
    const trained = new Set(after.gateway.participant.store.list().map(({ window: each }) => each.join()));
    const isHeldOut = new Set(after.heldOut.store.list().map(({ window: each }) => each.join()));
    // From the middle on, so that the blocks of time fall elsewhere.
    for (let i = 5; i < count; i++) {
      const side = after.heldOut.take({ window: window(i), label: i % 2 });
      if (isHeldOut.has(window(i).join())) assert.notEqual(side, 'train', `window ${i}`);
      if (trained.has(window(i).join())) assert.notEqual(side, 'held-out', `window ${i}`);
    }
    await after.gateway.participant.forget();
    assert.deepEqual(
      (await readdir(harness.folder)).filter((name) => /\.bin$/.test(name)),
      [],
    );
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
