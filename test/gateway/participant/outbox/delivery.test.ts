import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FtteError } from '../../../../gateway/platform';
import { notices, ParticipantHarness, problems, trainOnce } from '../harness';
import { settled, tinySamples, until } from '../tools';

describe('delivery of updates', () => {
  let harness: ParticipantHarness;
  beforeEach(async () => {
    harness = await ParticipantHarness.build();
  });
  afterEach(() => harness.remove());

  it('keeps an update on disk until it is acknowledged', async () => {
    harness.coordinator.verdict = undefined;
    const { participant } = await harness.ready();
    await trainOnce(participant);
    await until(() => harness.coordinator.updates.length === 1, 'an update');
    assert.equal((await harness.outboxFiles()).length, 1);
    assert.equal(participant.status.outbox, 1);
    harness.coordinator.acknowledge(harness.coordinator.updates[0]!, { status: 'accepted' });
    await harness.outboxEmpties(participant);
  });

  it('sends an update again after a restart of the process before the acknowledgement', async () => {
    harness.coordinator.verdict = undefined;
    const before = await harness.ready();
    await trainOnce(before.participant);
    await until(() => harness.coordinator.updates.length === 1, 'an update');
    await before.leave();
    harness.coordinator.verdict = () => ({ status: 'duplicate' });
    const after = harness.make();
    await after.join();
    await harness.outboxEmpties(after.participant);
    assert.equal(harness.coordinator.updates.length, 2);
    assert.equal(harness.coordinator.updates[1]!.id, harness.coordinator.updates[0]!.id);
    assert.deepEqual(harness.coordinator.updates[1]!.delta, harness.coordinator.updates[0]!.delta);
  });

  it('sends nothing again after the acknowledgement, whatever happens', async () => {
    const { participant, transport } = await harness.ready();
    await harness.coordinator.claim('one');
    await trainOnce(participant);
    await until(() => participant.status.outbox === 0, 'the acknowledgement');
    transport.drop();
    await harness.coordinator.claim('two');
    harness.clock.advance(3_600_000);
    await settled();
    await participant.stop();
    const again = harness.make();
    await again.join();
    await settled();
    assert.equal(harness.coordinator.updates.length, 1);
  });

  it('collects updates while offline and sends them in order on reconnect, each once', async () => {
    const { participant, transport } = await harness.ready();
    transport.drop({ stay: true });
    for (let round = 1; round <= 3; round++) {
      await trainOnce(participant);
      await until(() => participant.status.phase === 'collecting', 'the end of the round');
    }
    assert.equal(participant.status.outbox, 3);
    assert.equal(participant.status.online, false);
    const kept = (await harness.outboxFiles()).sort();
    transport.reconnect();
    await until(() => participant.status.outbox === 0, 'all acknowledged');
    assert.equal(harness.coordinator.updates.length, 3);
    for (const [i, { id }] of harness.coordinator.updates.entries()) assert.ok(kept[i]!.includes(id));
  });

  it('sends again after a while when nobody acknowledges, and when another coordinator comes', async () => {
    harness.coordinator.verdict = undefined;
    await harness.coordinator.claim('one');
    const { participant } = await harness.ready();
    await trainOnce(participant);
    await until(() => harness.coordinator.updates.length === 1, 'an update');
    harness.clock.advance(20_000);
    await settled();
    assert.equal(harness.coordinator.updates.length, 1);
    harness.clock.advance(30_000);
    await until(() => harness.coordinator.updates.length === 2, 'the update again');
    harness.coordinator.verdict = () => ({ status: 'accepted' });
    await harness.coordinator.claim('two');
    await until(() => participant.status.outbox === 0, 'the acknowledgement');
    assert.equal(harness.coordinator.updates.length, 3);
    assert.equal(new Set(harness.coordinator.updates.map(({ id }) => id)).size, 1);
  });

  it('sends again when the coordinator reconnects, because the broker accepted updates that nobody received', async () => {
    harness.coordinator.verdict = undefined;
    await harness.coordinator.claim('one');
    const { participant } = await harness.ready();
    await trainOnce(participant);
    await until(() => harness.coordinator.updates.length === 1, 'an update');
    harness.coordinator.verdict = () => ({ status: 'accepted' });
    await harness.coordinator.claim('one');
    await until(() => participant.status.outbox === 0, 'the acknowledgement');
    assert.equal(harness.coordinator.updates.length, 2);
  });

  it('has at most as many updates in flight as the coordinator recognises, and sends the rest as they are acknowledged', async () => {
    harness.coordinator.verdict = undefined;
    const { participant, transport } = await harness.ready();
    transport.drop({ stay: true });
    for (let round = 1; round <= 40; round++) {
      await trainOnce(participant);
      await until(() => participant.status.phase === 'collecting', 'the end of the round');
    }
    transport.reconnect();
    await until(() => harness.coordinator.updates.length === 32, 'the most updates in flight');
    await settled();
    assert.equal(harness.coordinator.updates.length, 32);
    harness.coordinator.verdict = () => ({ status: 'accepted' });
    for (const update of [...harness.coordinator.updates])
      harness.coordinator.acknowledge(update, { status: 'accepted' });
    await until(() => participant.status.outbox === 0, 'all acknowledged');
    assert.equal(harness.coordinator.updates.length, 40);
    assert.equal(new Set(harness.coordinator.updates.map(({ id }) => id)).size, 40);
  });

  it('sends a hello and the update again if the coordinator does not know it', async () => {
    let unknown = 2;
    harness.coordinator.verdict = () =>
      unknown-- > 0 ? { status: 'rejected', reason: 'unknown-sender' } : { status: 'accepted' };
    const { participant } = await harness.ready();
    const received = notices(participant);
    const hellos = harness.coordinator.hellos.length;
    await trainOnce(participant);
    await until(() => harness.coordinator.hellos.length === hellos + 1, 'a hello');
    harness.clock.advance(1500);
    await until(() => harness.coordinator.hellos.length === hellos + 2, 'another hello');
    harness.clock.advance(3000);
    await until(() => participant.status.outbox === 0, 'the acknowledgement');
    assert.equal(harness.coordinator.updates.length, 3);
    assert.equal(harness.coordinator.hellos.length, hellos + 2);
    assert.deepEqual(received, []);
  });

  it('requests the model again if the coordinator does not know the held version', async () => {
    harness.coordinator.verdict = () => ({ status: 'rejected', reason: 'future-version' });
    const { participant } = await harness.ready();
    const before = harness.coordinator.syncs.length;
    const received = notices(participant);
    await trainOnce(participant);
    await until(() => received.length > 0, 'a refused update');
    harness.clock.advance(1_000);
    await until(() => harness.coordinator.syncs.length === before + 1, 'a request for the model');
    assert.equal(harness.coordinator.syncs.at(-1)?.version, -1);
  });

  it('drops an update that is refused, and reports the reason', async () => {
    harness.coordinator.verdict = () => ({
      status: 'rejected',
      reason: 'norm-exceeded',
      detail: 'norm 12, at most 10',
    });
    const { participant } = await harness.ready();
    const received = notices(participant);
    await trainOnce(participant);
    await until(() => received.length > 0, 'a notice');
    assert.equal(participant.status.outbox, 0);
    assert.equal(received[0]?.kind, 'update-rejected');
    assert.equal(received[0]?.reason, 'norm-exceeded');
    assert.match(received[0]!.text, /norm 12, at most 10/);
    harness.clock.advance(3_600_000);
    await settled();
    assert.equal(harness.coordinator.updates.length, 1);
  });

  it('continues to train if the disk does not accept updates, and reports it', async () => {
    await writeFile(join(harness.folder, 'outbox'), 'a file where a folder should be');
    const made = harness.make();
    const { participant } = made;
    const received = problems(participant);
    await made.join();
    for (const sample of tinySamples(8)) participant.add(sample);
    await trainOnce(participant);
    await until(
      () => harness.coordinator.updates.length === 1 && participant.status.outbox === 0,
      'an acknowledged update',
    );
    assert.ok(received.length > 0 && received.every((error) => (error as FtteError).code === 'storage'));
  });

  it('reports that a full outbox dropped its oldest update', async () => {
    harness.coordinator.verdict = undefined;
    const { participant } = await harness.ready({ outboxLimits: { maxCount: 1 } });
    const received = notices(participant);
    await trainOnce(participant);
    await until(() => participant.status.phase === 'collecting', 'the end of the round');
    await trainOnce(participant);
    assert.deepEqual(
      received.map(({ kind }) => kind),
      ['update-expired'],
    );
    assert.equal(participant.status.outbox, 1);
  });
});
