import assert from 'node:assert/strict';
import { ParticipantNotices } from '../../../gateway/participant/participant-notices';
import { type Notice, VirtualClock } from '../../../gateway/platform';

describe('the notices of a participant', () => {
  let received: Notice[];
  let clock: VirtualClock;
  let notices: ParticipantNotices;
  beforeEach(() => {
    received = [];
    clock = new VirtualClock();
    notices = new ParticipantNotices({
      clock,
      onNotice: (notice) => received.push(notice),
      onProblem: (problem) => assert.fail(problem),
    });
  });
  afterEach(() => notices.stop());

  for (const [code, say, text] of [
    [
      'update-aside',
      () => notices.updatesAside(1, 'b2'),
      '1 update waits for another lineage: the model is now of lineage b2, and it is sent if the other one comes back',
    ],
    [
      'update-aside',
      () => notices.updatesAside(2, 'b2'),
      '2 updates wait for another lineage: the model is now of lineage b2, and they are sent if the other one comes back',
    ],
    [
      'update-expired',
      () => notices.updateDropped('aside'),
      'the outbox is full: its oldest update of another lineage was dropped',
    ],
    [
      'samples-dropped',
      () => notices.samplesDropped(1),
      '1 sample was dropped: it does not fit the new task',
    ],
    [
      'samples-dropped',
      () => notices.samplesDropped(30),
      '30 samples were dropped: they do not fit the new task',
    ],
  ] as const)
    it(`say "${text}"`, () => {
      say();
      assert.deepEqual(received, [{ code, level: 'warning', text, count: 1 }]);
    });

  it('say the same thing once, and a minute later how often it happened, whatever the id of the update', () => {
    for (let i = 0; i < 238; i++)
      notices.updateRejected({
        type: 'ack',
        id: i.toString(16).padStart(16, '0'),
        status: 'rejected',
        reason: 'norm-exceeded',
        version: i,
      });
    clock.advance(60_000);
    const text = 'the coordinator refused an update: norm-exceeded';
    assert.deepEqual(
      received.map((notice) => [notice.code, notice.level, notice.text, notice.count]),
      [
        ['update-rejected', 'warning', text, 1],
        ['update-rejected', 'warning', text, 238],
      ],
    );
  });

  it('are silent after the end', () => {
    notices.updateDropped('full');
    notices.updateDropped('full');
    notices.stop();
    clock.advance(3_600_000);
    assert.equal(received.length, 1);
  });
});
