import assert from 'node:assert/strict';
import { join } from 'node:path';
import { notices, ParticipantHarness, trainOnce } from '../harness';
import { settled, tinySamples, until } from '../tools';

describe('a participant begins a round', () => {
  let harness: ParticipantHarness;
  beforeEach(async () => {
    harness = await ParticipantHarness.build();
  });
  afterEach(() => harness.remove());

  it('after the given number of new windows, and counts again from 0', async () => {
    const { participant } = await harness.ready({ trigger: { newWindows: 6, intervalMs: 0 } });
    await until(() => harness.coordinator.updates.length === 1, 'a round after six windows');
    await until(() => participant.status.phase === 'collecting', 'its end');
    for (const sample of tinySamples(3, 2)) participant.add(sample);
    await settled();
    assert.equal(participant.status.rounds, 1);
    participant.add(tinySamples(1, 3)[0]!);
    await until(
      () => harness.coordinator.updates.length === 2,
      'the second round: two windows had come before',
    );
  });

  it('after the given time since the last one', async () => {
    const { participant } = await harness.ready({ trigger: { newWindows: 0, intervalMs: 60_000 } });
    harness.clock.advance(58_000);
    await settled();
    assert.equal(participant.status.rounds, 0);
    harness.clock.advance(2_000);
    await until(() => participant.status.rounds === 1, 'a round');
    harness.clock.advance(59_000);
    await settled();
    assert.equal(participant.status.rounds, 1);
    harness.clock.advance(1_000);
    await until(() => participant.status.rounds === 2, 'another round');
  });

  it('once there are enough samples and a model, when it was due before', async () => {
    harness.coordinator.answering = false;
    const { participant, follower, transport } = harness.make({ trigger: { newWindows: 2, intervalMs: 0 } });
    transport.open();
    await participant.start();
    await follower.start();
    await settled();
    for (const sample of tinySamples(8)) participant.add(sample);
    assert.equal(participant.trainNow(), 'not-ready');
    harness.coordinator.answering = true;
    harness.clock.advance(60_000);
    await until(() => participant.status.rounds === 1, 'a round');
  });

  it('only with the minimum of samples, or with a full store that is smaller', async () => {
    const made = harness.make();
    const { participant } = made;
    await made.join();
    for (const sample of tinySamples(3)) participant.add(sample);
    assert.equal(participant.trainNow(), 'too-few-samples');
    participant.add(tinySamples(4)[3]!);
    await trainOnce(participant);

    const small = harness.make({ outboxFolder: join(harness.folder, 'small'), storeCapacity: 2 }, 'small');
    await small.join();
    for (const sample of tinySamples(6)) small.participant.add(sample);
    assert.equal((await trainOnce(small.participant)).samples, 2);
  });

  it('never while another one runs: it is skipped, counted and reported', async () => {
    const { participant } = await harness.ready({ trigger: { newWindows: 9, intervalMs: 0 } });
    const received = notices(participant);
    participant.add(tinySamples(1, 2)[0]!);
    assert.equal(participant.status.phase, 'training');
    assert.equal(participant.trainNow(), 'busy');
    for (const sample of tinySamples(9, 3)) participant.add(sample);
    await until(() => participant.status.rounds === 1, 'the one round');
    await settled();
    assert.equal(participant.status.rounds, 1);
    assert.equal(participant.status.skippedRounds, 2);
    assert.deepEqual(
      received.map(({ code }) => code),
      ['round-skipped', 'round-skipped'],
    );
  });

  it('not while paused, and after the pause if one is due', async () => {
    const { participant } = await harness.ready({ trigger: { newWindows: 9, intervalMs: 0 } });
    participant.pause();
    assert.equal(participant.status.phase, 'paused');
    participant.add(tinySamples(1, 2)[0]!);
    assert.equal(participant.trainNow(), 'paused');
    assert.equal(participant.status.rounds, 0);
    participant.resume();
    await until(() => participant.status.rounds === 1, 'a round');
  });
});
