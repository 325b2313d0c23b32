import assert from 'node:assert/strict';
import { extname, join } from 'node:path';
import { threadId } from 'node:worker_threads';
import { JobWorker, VirtualClock } from '../../../../gateway/platform';
import type { testJobs } from '../../../support/jobs-thread';

const entry = join(__dirname, '..', '..', '..', 'support', `jobs-thread${extname(__filename)}`);

describe('a thread for long calculations', () => {
  let clock: VirtualClock;
  let side: JobWorker<typeof testJobs>;
  beforeEach(() => {
    clock = new VirtualClock();
    side = new JobWorker({ entry, name: 'side', linger: { clock, ms: 1000 } });
  });
  afterEach(() => side.close());

  it('answers each question, from another thread', async () => {
    assert.equal(side.running, false);
    const answers = [side.run('sum', [1, 2]), side.run('thread', undefined), side.run('sum', [3, 4])];
    const [first, thread, last] = await Promise.all(answers);
    assert.deepEqual([first, last], [3, 7]);
    assert.notEqual(thread, threadId);
  });

  it('rejects with the code, the text and the numbers of the error of the job', async () => {
    await assert.rejects(side.run('refuse', 10), {
      code: 'budget-too-small',
      message: 'a budget of 10 bytes is too small',
      details: { budgetBytes: 10 },
    });
    assert.equal(await side.run('sum', [1]), 1);
  });

  it('ends some time after its last answer, and starts again with the next question', async () => {
    const first = await side.run('thread', undefined);
    clock.advance(999);
    assert.equal(await side.run('thread', undefined), first, 'a question within the time keeps the thread');
    clock.advance(999);
    assert.equal(side.running, true);
    clock.advance(1);
    assert.equal(side.running, false);
    assert.equal(clock.nextDue, undefined);
    assert.notEqual(await side.run('thread', undefined), first);
  });

  it('fails its open questions when it is lost, and starts again', async () => {
    const lost = [side.run('break', undefined), side.run('sum', [1])];
    for (const each of await Promise.allSettled(lost)) {
      assert.equal(each.status, 'rejected');
      assert.match(String(each.status === 'rejected' && each.reason), /the side thread stopped: a bug/);
    }
    assert.equal(await side.run('sum', [5]), 5);
  });

  it('cancels its open questions when it is closed, and refuses new ones', async () => {
    const asked = assert.rejects(side.run('sum', [1]), { code: 'cancelled' });
    await side.close();
    await asked;
    await assert.rejects(side.run('sum', [1]), { code: 'cancelled' });
    assert.equal(side.running, false);
    assert.equal(clock.nextDue, undefined);
  });

  it('rejects at once a payload that is not plain data', async () => {
    const values = [() => 1] as unknown as number[];
    await assert.rejects(side.run('sum', values), /could not be cloned/);
    assert.equal(await side.run('sum', [2]), 2);
  });
});
