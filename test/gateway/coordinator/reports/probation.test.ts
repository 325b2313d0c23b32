import { deepEqual } from 'node:assert/strict';
import { CoordinatorNotices } from '../../../../gateway/coordinator/reports';
import { type Notice, VirtualClock } from '../../../../gateway/platform';

it('the notice of a gateway that is released says that its probation is over', () => {
  const said: Notice[] = [];
  const notices = new CoordinatorNotices(new VirtualClock(), (notice) => said.push(notice));
  notices.judged('x', { norm: 1, kept: 1, factor: 1, change: 'released' }, 33);
  deepEqual(
    said.map(({ code, text }) => [code, text]),
    [
      [
        'quarantine-ended',
        'the quarantine of x is over: its probation has ended, and its updates count again',
      ],
    ],
  );
});
