import assert from 'node:assert/strict';
import type { TaskRefusal } from '../../../gateway/participant';
import { VirtualClock } from '../../../gateway/platform';
import { ReplayStatusLine } from '../../../nodes/ftte-replay/replay-status';
import { Status } from '../../../nodes/runtime';
import { FakeNode, nodeCatalog } from '../../support/node-red/fake-node';

function make(name = '') {
  const clock = new VirtualClock();
  const connection = { online: true, fault: undefined };
  const follower: { task: undefined; refusal: TaskRefusal | undefined } = {
    task: undefined,
    refusal: undefined,
  };
  const line = new ReplayStatusLine(clock, name, follower, connection);
  const fake = new FakeNode('replay', 'ftte-replay');
  const status = new Status(nodeCatalog('ftte-replay'), fake.node, clock);
  const shown = () => {
    status.show(line.look());
    clock.advance(1000);
    const last = fake.statuses.at(-1);
    return typeof last === 'object' ? `${last.fill} ${last.text}` : undefined;
  };
  return { clock, follower, line, shown };
}

describe("the replay's status", () => {
  const progress = { readings: 2144, share: undefined, subject: undefined, pass: 0 };
  it('names what is counted, with a person and without', () => {
    const { line, shown } = make();
    line.progress(progress);
    assert.equal(shown(), 'blue 2144 readings');
    line.progress({ ...progress, subject: 'S01' });
    assert.equal(shown(), 'blue S01: 2144');
    line.progress({ ...progress, share: 0.5 });
    assert.match(shown() ?? '', /^blue 50%/);
  });

  for (const [name, text] of [
    ['clinic.csv', 'blue clinic.csv: 2144'],
    ['recordings-of-march-2026.csv', 'blue recordings-of…: 2144'],
  ] as const) {
    it(`names the file if that names nobody: ${name}`, () => {
      const { line, shown } = make(name);
      line.progress(progress);
      assert.equal(shown(), text);
      line.progress({ ...progress, subject: 'S01' });
      assert.equal(shown(), 'blue S01: 2144');
    });
  }

  it('says in yellow what it waits for and for how long, and in red that it cannot play', () => {
    const { clock, follower, line, shown } = make();
    assert.equal(shown(), 'grey ready');
    line.phase('waiting');
    assert.equal(shown(), 'yellow waiting for task');
    clock.advance(29_000);
    assert.equal(shown(), 'yellow no task for 30 s');
    follower.refusal = { kind: 'waiting', text: 'labels' };
    assert.equal(shown(), 'yellow accept task?');
    line.phase('failed');
    assert.equal(shown(), 'red cannot play');
  });
});
