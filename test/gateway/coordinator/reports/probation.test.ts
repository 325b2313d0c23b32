import { deepEqual, match } from 'node:assert/strict';
import { CoordinatorNotices } from '../../../../gateway/coordinator/reports';
import { type Notice, VirtualClock } from '../../../../gateway/platform';

it('the notice of a second quarantine is one of its own, which says how often and what to do', () => {
  const said: Notice[] = [];
  const notices = new CoordinatorNotices(new VirtualClock(), (notice) => said.push(notice));
  for (const times of [1, 2, 3])
    notices.judged('x', { norm: 1, kept: 1, factor: 0, trust: -0.5, change: 'quarantined' }, 33, times);
  deepEqual(
    said.map(({ code, details }) => [code, details?.['times']]),
    [
      ['quarantined', 1],
      ['quarantined-again', 2],
      ['quarantined-again', 3],
    ],
  );
  match(said[0]!.text, /^x is quarantined: its updates push the model back .* then taken on probation$/);
  match(said[2]!.text, /^x is quarantined again, 3 times by now: .* if they are sound, release it; if not,/);
});

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
