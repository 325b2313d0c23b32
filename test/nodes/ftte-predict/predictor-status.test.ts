import assert from 'node:assert/strict';
import type { TaskRefusal } from '../../../gateway/participant';
import { VirtualClock } from '../../../gateway/platform';
import type { Task } from '../../../gateway/task';
import { PredictorStatusLine } from '../../../nodes/ftte-predict/predictor-status';
import { tinyTask } from '../../gateway/participant/tools';

const online = { online: true, fault: undefined };

function make() {
  const clock = new VirtualClock();
  const follower: { task: Task | undefined; version: number; refusal: TaskRefusal | undefined } = {
    task: undefined,
    version: -1,
    refusal: undefined,
  };
  const line = new PredictorStatusLine(follower, clock);
  const key = (connection: Parameters<PredictorStatusLine['look']>[0] = online) => {
    const { fill, key: text } = line.look(connection);
    return `${fill} ${text}`;
  };
  return { clock, follower, key, line };
}

describe("the predictor's status", () => {
  it('is yellow with what it waits for until there is a model', () => {
    const { clock, follower, key, line } = make();
    assert.equal(key({ online: false, fault: undefined }), 'yellow waiting-broker');
    assert.equal(key({ online: false, fault: 'broker-credentials' }), 'red broker-credentials');
    assert.equal(key(), 'yellow waiting-task');
    follower.task = tinyTask();
    assert.equal(key(), 'yellow waiting-model');
    clock.advance(34_000);
    assert.deepEqual(line.look(online).words, { time: '30 s' });
    assert.equal(key(), 'yellow no-model');
    follower.version = 0;
    assert.equal(key(), 'green ready');
  });

  it('asks for a person while a task waits and there is no model', () => {
    const { follower, key } = make();
    follower.refusal = { kind: 'waiting', text: 'labels' };
    assert.equal(key(), 'yellow task-waiting');
    assert.equal(key({ online: false, fault: 'broker-credentials' }), 'red broker-credentials');
    follower.task = tinyTask();
    follower.version = 0;
    assert.equal(key(), 'green ready');
  });

  it('shows the last answer while windows come, whatever the broker does', () => {
    const { clock, follower, key, line } = make();
    follower.task = tinyTask();
    follower.version = 3;
    line.answered({ fill: 'green', shape: 'dot', key: 'prediction' });
    clock.advance(29_999);
    assert.equal(key({ online: false, fault: 'broker-credentials' }), 'green prediction');
    clock.advance(1);
    assert.equal(key(), 'yellow no-windows');
    line.answered({ fill: 'green', shape: 'dot', key: 'prediction' });
    assert.equal(key(), 'green prediction');
  });

  it('waits longer for the windows of a slow stream', () => {
    const { clock, follower, key } = make();
    follower.task = tinyTask({ input: { ...tinyTask().input, rateHz: 0.1 } });
    follower.version = 3;
    clock.advance(3 * 80_000 - 1);
    assert.equal(key(), 'green ready');
    clock.advance(1);
    assert.equal(key(), 'yellow no-windows');
  });
});
