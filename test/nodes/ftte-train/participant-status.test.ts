import assert from 'node:assert/strict';
import type { ParticipantStatus } from '../../../gateway/participant';
import { type NoticeCode, VirtualClock } from '../../../gateway/platform';
import { participantLook } from '../../../nodes/ftte-train/participant-status';
import { Status } from '../../../nodes/runtime';
import { FakeNode, nodeCatalog } from '../../support/node-red/fake-node';

const nowMs = 10_000_000;
const learning: ParticipantStatus = {
  phase: 'collecting',
  online: true,
  lineage: '0123456789abcdef',
  version: 12,
  samples: 345,
  rounds: 3,
  outbox: 0,
  skippedRounds: 0,
  refusedWindows: 0,
  unlabelledWindows: 0,
  waiting: undefined,
  trouble: undefined,
  minorTrouble: undefined,
  memory: undefined,
  refusal: undefined,
  problem: undefined,
  problemCode: undefined,
};

function line(changes: Partial<ParticipantStatus>, fault?: NoticeCode) {
  const fake = new FakeNode('train', 'ftte-train');
  const status = new Status(nodeCatalog('ftte-train'), fake.node, new VirtualClock());
  status.show(participantLook({ ...learning, ...changes }, fault, nowMs));
  const last = fake.statuses.at(-1);
  assert.ok(typeof last === 'object');
  return [last.fill, last.shape, last.text];
}

const since = (need: NonNullable<ParticipantStatus['waiting']>['for'], seconds: number) => ({
  for: need,
  sinceMs: nowMs - 1000 * seconds,
});

describe("the participant's status", () => {
  const cases: [string, Partial<ParticipantStatus>, NoticeCode | undefined, string[]][] = [
    ['samples and version in green', {}, undefined, ['green', 'dot', '345 samples, v12']],
    ['the waiting updates', { outbox: 4 }, undefined, ['green', 'dot', '4 unsent, v12']],
    ['a round in blue', { phase: 'training' }, undefined, ['blue', 'dot', 'training v12']],
    [
      'a topic that is denied, at once',
      { trouble: 'broker-not-allowed' },
      undefined,
      ['red', 'ring', 'not allowed'],
    ],
    [
      'the reason, and not the wait that follows from it',
      { trouble: 'coordinator-storage', waiting: since('coordinator', 50) },
      undefined,
      ['yellow', 'ring', 'not stored'],
    ],
    [
      'a fault with which it learns, in yellow',
      { minorTrouble: 'engine-fallback' },
      undefined,
      ['yellow', 'dot', 'slow engine'],
    ],
    [
      'what is missing, before a fault with which it learns',
      { minorTrouble: 'twin-gateway', waiting: since('aggregation', 50) },
      undefined,
      ['yellow', 'ring', 'coordinator paused'],
    ],
    [
      'that it is offline, whatever failed before',
      { trouble: 'update-rejected', online: false, waiting: since('broker', 50) },
      undefined,
      ['yellow', 'ring', 'no broker for 50 s'],
    ],
    ['yellow before the first sample', { samples: 0 }, undefined, ['yellow', 'ring', '0 samples, v12']],
    ['yellow while paused', { phase: 'paused' }, undefined, ['yellow', 'dot', 'paused v12']],
    [
      'what it waits for',
      { phase: 'waiting-task', waiting: since('task', 3) },
      undefined,
      ['yellow', 'ring', 'waiting for task'],
    ],
    [
      'how long it waits',
      { phase: 'waiting-model', waiting: since('model', 47) },
      undefined,
      ['yellow', 'ring', 'no model for 40 s'],
    ],
    [
      'long waits in minutes',
      { waiting: since('samples', 7 * 60) },
      undefined,
      ['yellow', 'ring', 'no samples for 7 m'],
    ],
    [
      'windows without labels',
      { waiting: since('labels', 30) },
      undefined,
      ['yellow', 'ring', 'no label for 30 s'],
    ],
    [
      'a coordinator that does not answer',
      { outbox: 3, waiting: since('coordinator', 90) },
      undefined,
      ['yellow', 'ring', 'no answer for 90 s'],
    ],
    [
      'in red what a person has to do about the connection',
      { online: false, waiting: since('broker', 90) },
      'broker-credentials',
      ['red', 'ring', 'bad password'],
    ],
    [
      'in red that the task cannot be trained',
      { phase: 'refused', problemCode: 'budget-too-small' },
      undefined,
      ['red', 'ring', 'budget too small'],
    ],
    [
      'in red that the policy refuses the first task',
      {
        phase: 'refused',
        problemCode: 'task-refused',
        refusal: { kind: 'refused', text: 'training.batchSize: got 1' },
      },
      undefined,
      ['red', 'ring', 'task refused'],
    ],
    [
      'in yellow that the policy refuses a later task',
      { refusal: { kind: 'refused', text: 'training.batchSize: got 1' } },
      undefined,
      ['yellow', 'ring', 'task refused'],
    ],
    [
      'in yellow that a task waits for a person',
      { phase: 'refused', problemCode: 'task-waiting', refusal: { kind: 'waiting', text: 'labels' } },
      undefined,
      ['yellow', 'ring', 'accept task?'],
    ],
  ];
  for (const [what, changes, fault, expected] of cases) {
    it(`shows ${what}`, () => assert.deepEqual(line(changes, fault), expected));
  }

  it('is never cut, with many samples, versions and updates', () => {
    assert.equal(line({ samples: 1024, version: 9999 })[2], '1024 samples, v9999');
    assert.equal(line({ samples: 102_400, version: 99_999 })[2], '102400 smp v99999');
    assert.equal(line({ samples: 1024, version: 99_999, outbox: 256 })[2], '256 unsent, v99999');
  });
});
