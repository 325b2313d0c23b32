import { deepEqual } from 'node:assert/strict';
import { longest, outlive, taskOf } from './crash-world';

describe('a coordinator that looks back at past versions, with a disk that fails', function () {
  this.timeout(longest);
  const bytes = 64 * 1024;
  let operations = 0;
  let whole: Float32Array | undefined;
  before(async () => {
    const world = await outlive(
      bytes,
      (operation) => {
        operations = operation + 1;
        return undefined;
      },
      taskOf(0.5),
    );
    whole = world.result;
  });

  for (const how of ['die', 'tear', 'fail', 'unknown'] as const)
    it(`has the same bits at the end as with a whole disk, whichever operation is to ${how} (of fail and unknown, each third)`, async () => {
      const step = how === 'die' || how === 'tear' ? 1 : 3;
      for (let at = 0; at < operations; at += step) {
        const world = await outlive(bytes, (operation) => (operation === at ? how : undefined), taskOf(0.5));
        deepEqual(world.result, whole, `operation ${at}`);
      }
    });
});
