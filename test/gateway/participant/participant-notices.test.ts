import assert from 'node:assert/strict';
import type { Notice } from '../../../gateway/participant';
import { ParticipantNotices } from '../../../gateway/participant/participant-notices';
import { silentLog } from '../../../gateway/platform';

describe('the notices of a participant', () => {
  const heard: Notice[] = [];
  const logged: string[] = [];
  const notices = new ParticipantNotices({
    log: { ...silentLog, info: (text) => logged.push(text) },
    onNotice: (notice) => heard.push(notice),
    onProblem: (problem) => assert.fail(problem),
  });
  beforeEach(() => {
    heard.length = 0;
    logged.length = 0;
  });

  for (const [count, text] of [
    [1, '1 update was given up: the model is now of lineage b2'],
    [2, '2 updates were given up: the model is now of lineage b2'],
  ] as const)
    it(`tell of ${count} given up, in the log and to whoever listens`, () => {
      notices.updatesExpired(count, 'b2');
      assert.deepEqual(heard, [{ kind: 'update-expired', text }]);
      assert.deepEqual(logged, [text]);
    });

  for (const [count, text] of [
    [1, '1 sample was dropped that did not fit the new task'],
    [30, '30 samples were dropped that did not fit the new task'],
  ] as const)
    it(`tell of ${count} dropped with the task that they were for`, () => {
      notices.samplesDropped(count);
      assert.deepEqual(heard, [{ kind: 'samples-dropped', text }]);
    });
});
