import assert from 'node:assert/strict';
import { VirtualClock } from '../../../gateway/platform';
import { ReplayStatusLine } from '../../../nodes/ftte-replay/replay-status';
import { Status } from '../../../nodes/runtime';
import { FakeNode, nodeCatalog } from '../../support/node-red/fake-node';

function make() {
  const clock = new VirtualClock();
  const connection = { online: true, fault: undefined };
  const line = new ReplayStatusLine(clock, { task: undefined }, connection);
  const fake = new FakeNode('replay', 'ftte-replay');
  const status = new Status(nodeCatalog('ftte-replay'), fake.node, clock);
  const shown = () => {
    status.show(line.look());
    clock.advance(1000);
    const last = fake.statuses.at(-1);
    return typeof last === 'object' ? `${last.fill} ${last.text}` : undefined;
  };
  return { clock, line, shown };
}

describe("the replay's status", () => {
  const progress = { readings: 2144, share: undefined, subject: undefined, pass: 0 };
  it('names what is counted, with a person and without', () => {
    const { line, shown } = make();
    line.progress(progress);
    assert.equal(shown(), 'blue 2144 readings');
    line.progress({ ...progress, subject: 'S01' });
    assert.equal(shown(), 'blue 2144 S01');
    line.progress({ ...progress, share: 0.5 });
    assert.match(shown() ?? '', /^blue 50%/);
  });

  it('says in yellow what it waits for and for how long, and in red that it cannot play', () => {
    const { clock, line, shown } = make();
    assert.equal(shown(), 'grey ready');
    line.phase('waiting');
    assert.equal(shown(), 'yellow waiting for task');
    clock.advance(29_000);
    assert.equal(shown(), 'yellow no task for 30 s');
    line.phase('failed');
    assert.equal(shown(), 'red cannot play');
  });
});
