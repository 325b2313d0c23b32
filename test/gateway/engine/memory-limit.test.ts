import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { LimitedAnswer } from '../../support/engine/limited-training';

const script = join(__dirname, '..', '..', 'support', 'engine', 'limited-training.ts');
const loader = join(__dirname, '..', '..', 'loader.cjs');
/** One thread, so that what the runtime takes by itself hardly changes from run to run. */
const flags = ['--max-old-space-size=64', '--max-semi-space-size=1', '--single-threaded'];
/** By how much that changes all the same, in kilobytes: 120 runs on a busy machine lay within 2300. */
const runtimeNoise = 2048;

/** @returns undefined where the process did not live to answer */
function train(
  { microBatch, budgetBytes }: { microBatch: number; budgetBytes?: number },
  limitKilobytes?: number,
): LimitedAnswer | undefined {
  const node = [process.execPath, ...flags, '--require', loader, script];
  const args = [...node, `${microBatch}`, ...(budgetBytes ? [`${budgetBytes}`] : [])];
  const limit = limitKilobytes === undefined ? '' : `ulimit -d ${limitKilobytes} && `;
  const { stdout, status } = spawnSync('sh', ['-c', `${limit}exec "$@"`, 'sh', ...args], {
    encoding: 'utf8',
  });
  const line = stdout.trim().split('\n').at(-1) ?? '';
  return status === 0 ? (JSON.parse(line) as LimitedAnswer) : undefined;
}

/**
 * The system's limit on private writable memory (`ulimit -d`) counts what a WebAssembly memory can write to and not the
 * address space around it, which is why a limit on addresses (`ulimit -v`) will not do; it needs no right that a plain
 * CI machine lacks, as control groups would; and unlike a look at the resident memory afterwards it cannot be passed for
 * a moment. What the runtime takes by itself is measured first, with the smallest plan.
 */
const suite = process.platform === 'linux' ? describe : describe.skip;
suite('A process with only as much memory as the plan says, above the bare runtime (Linux)', () => {
  let runtimeKilobytes = 0;

  before(() => {
    train({ microBatch: 1 }); // compiles what is run here, which takes memory of its own
    for (let run = 0; run < 3; run++) {
      const smallest = train({ microBatch: 1 });
      assert.ok(smallest && 'steps' in smallest, 'the smallest plan trains where nothing is limited');
      runtimeKilobytes = Math.max(runtimeKilobytes, smallest.dataKilobytes - smallest.peakBytes / 1024);
    }
  });

  const limitFor = (peakBytes: number) => Math.ceil(runtimeKilobytes + peakBytes / 1024) + runtimeNoise;

  it('trains to the end, and a larger plan in the same memory does not', () => {
    const small = train({ microBatch: 32 });
    const large = train({ microBatch: 200 });
    assert.ok(small && 'steps' in small && large && 'steps' in large);
    const limit = limitFor(small.peakBytes);
    // Again, if the runtime took unusually much the first time.
    const limited = train({ microBatch: 32 }, limit) ?? train({ microBatch: 32 }, limit);
    assert.ok(limited && 'steps' in limited, `${small.peakBytes} bytes were not enough`);
    assert.equal(limited.steps, small.steps);
    assert.equal(train({ microBatch: 200 }, limit), undefined);
    const enough = limitFor(large.peakBytes);
    assert.ok(train({ microBatch: 200 }, enough) ?? train({ microBatch: 200 }, enough));
  });

  it('that is asked for more refuses before it starts, and lives on', () => {
    const small = train({ microBatch: 32 });
    assert.ok(small && 'peakBytes' in small);
    const budgetBytes = small.peakBytes;
    const limit = limitFor(budgetBytes);
    const asked =
      train({ microBatch: 200, budgetBytes }, limit) ?? train({ microBatch: 200, budgetBytes }, limit);
    assert.ok(asked && 'refused' in asked);
    assert.equal(asked.refused, 'budget-too-small');
    assert.ok(Number(asked.details['fittingMicroBatch']) >= 16);
  });
});
