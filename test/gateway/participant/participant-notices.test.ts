import assert from 'node:assert/strict';
import type { Notice } from '../../../gateway/participant';
import { ParticipantNotices } from '../../../gateway/participant/participant-notices';
import { silentLog } from '../../../gateway/platform';

describe('the notices of a participant', () => {
  const received: Notice[] = [];
  const logged: string[] = [];
  const notices = new ParticipantNotices({
    log: { ...silentLog, info: (text) => logged.push(text) },
    onNotice: (notice) => received.push(notice),
    onProblem: (problem) => assert.fail(problem),
  });
  beforeEach(() => {
    received.length = 0;
    logged.length = 0;
  });

  for (const [count, text] of [
    [1, '1 update was dropped: the model is now of lineage b2'],
    [2, '2 updates were dropped: the model is now of lineage b2'],
  ] as const)
    it(`report ${count} dropped, in the log and to listeners`, () => {
      notices.updatesExpired(count, 'b2');
      assert.deepEqual(received, [{ kind: 'update-expired', text }]);
      assert.deepEqual(logged, [text]);
    });

  for (const [count, text] of [
    [1, '1 sample was dropped: it does not fit the new task'],
    [30, '30 samples were dropped: they do not fit the new task'],
  ] as const)
    it(`report ${count} dropped because of a new task`, () => {
      notices.samplesDropped(count);
      assert.deepEqual(received, [{ kind: 'samples-dropped', text }]);
    });
});
