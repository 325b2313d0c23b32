import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { RestartingProcess } from '../../tools/support/restarting-process';

describe('a restarting process', () => {
  let children: ChildProcess[];
  let restarting: RestartingProcess;
  const hasEnded = ({ exitCode, signalCode }: ChildProcess) => exitCode !== null || signalCode !== null;
  const last = () => children.at(-1)!;

  beforeEach(() => {
    children = [];
    restarting = new RestartingProcess(() => {
      const earlier = children.filter((child) => !hasEnded(child));
      assert.equal(earlier.length, 0, 'the one before has ended');
      children.push(spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']));
      return last();
    });
  });
  afterEach(() => restarting.stop());

  it('starts at the first change and again at the next, one at a time', async () => {
    await restarting.restart();
    assert.equal(children.length, 1);
    await restarting.restart();
    assert.equal(children.length, 2);
    assert.ok(!hasEnded(last()));
  });

  it('starts once for all changes that come while the one before ends', async () => {
    await restarting.restart();
    await Promise.all([restarting.restart(), restarting.restart(), restarting.restart()]);
    assert.equal(children.length, 2);
  });

  it('starts after one that has ended by itself', async () => {
    await restarting.restart();
    last().kill();
    await once(last(), 'exit');
    await restarting.restart();
    assert.equal(children.length, 2);
  });

  it('ends at a stop, and no later change starts it', async () => {
    await restarting.restart();
    await restarting.stop();
    assert.ok(hasEnded(last()));
    await restarting.restart();
    assert.equal(children.length, 1);
  });
});
