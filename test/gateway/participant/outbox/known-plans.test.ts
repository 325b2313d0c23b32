import assert from 'node:assert/strict';
import { decodeFields } from '../../../../gateway/wire/message-fields';
import { ParticipantHarness, trainOnce } from '../harness';
import { until } from '../tools';

describe('the plan of an update', () => {
  let harness: ParticipantHarness;
  beforeEach(async () => {
    harness = await ParticipantHarness.build();
  });
  afterEach(() => harness.remove());

  const sent = () =>
    harness.packets
      .filter(({ topic }) => topic.endsWith('/update'))
      .map(({ payload }) => decodeFields(payload));

  it('is named by its id once the coordinator has read it, and sent whole to one that does not know it', async () => {
    const { participant } = await harness.ready();
    for (const count of [1, 2]) {
      await trainOnce(participant);
      await until(
        () => harness.coordinator.updates.length === count && participant.status.outbox === 0,
        'an answer',
      );
    }
    const verdicts = [
      { status: 'rejected', reason: 'unknown-plan' } as const,
      { status: 'accepted' } as const,
    ];
    harness.coordinator.verdict = () => verdicts.shift() ?? { status: 'duplicate' };
    await trainOnce(participant);
    await until(() => verdicts.length === 0 && participant.status.outbox === 0, 'the second answer');

    const [first, second, third, again] = sent();
    assert.deepEqual(
      [first, second, third, again].map((fields) => [
        fields?.['plan'] !== undefined,
        fields?.['planId'] !== undefined,
      ]),
      [
        [true, false],
        [false, true],
        [false, true],
        [true, false],
      ],
    );
    assert.equal(again?.['id'], third?.['id']);
    const { updates } = harness.coordinator;
    for (const update of updates)
      assert.deepEqual([update.plan, update.lineage], [updates[0]?.plan, updates[0]?.lineage]);
  });

  it('goes with the first update to another coordinator', async () => {
    const { participant } = await harness.ready();
    for (const [count, instance] of [
      [1, 'one'],
      [2, 'two'],
    ] as const) {
      await harness.coordinator.claim(instance);
      await trainOnce(participant);
      await until(
        () => harness.coordinator.updates.length === count && participant.status.outbox === 0,
        'an answer',
      );
    }
    for (const fields of sent()) assert.ok(fields['plan'] instanceof Uint8Array);
  });
});
