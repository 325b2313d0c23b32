import { deepEqual, equal, ok } from 'node:assert/strict';
import { type SavedAbove, UnsentProgress } from '../../../../gateway/coordinator/above/unsent-progress';
import type { Contribution } from '../../../../gateway/coordinator/aggregation/contribution';
import { parameterLayout } from '../../../../gateway/model';
import { runSync } from '../../../../gateway/platform';
import { taskModel } from '../../../../gateway/task';
import { encodeMessage, type Update } from '../../../../gateway/wire';
import { tinyTask } from '../fleet-harness';

const layout = parameterLayout(taskModel(tinyTask()));
const start = { lineage: '0'.repeat(16), version: 0 };
const id = 'a'.repeat(16);

describe('what a region has learned and not sent', () => {
  let progress: UnsentProgress;
  const model = new Float32Array(layout.size).fill(2);

  beforeEach(() => {
    progress = new UnsentProgress(layout, start, new Float32Array(layout.size));
    progress.took([{ samples: 10, steps: 1, variance: 0 } as Contribution]);
    runSync(
      progress.take(model, {
        ...{ id, encoding: 'float32', hidesFigures: false, evaluation: undefined },
        encode: (update: Update) => encodeMessage({ federation: 'fed', sender: 'region' }, update),
      }),
    );
    equal(progress.waiting?.id, id);
  });

  it('is progress again when its update comes back', () => {
    runSync(progress.returned(id));
    deepEqual([progress.work.versions, progress.waiting], [1, undefined]);
    ok(progress.from.every((value) => value === 0));
  });

  it('is left behind with the model, also when its update comes back after a restart', () => {
    progress.replaced(new Float32Array(layout.size));
    const after = new UnsentProgress(layout, undefined, new Float32Array(layout.size));
    const saved: SavedAbove = progress.saved();
    after.restore(saved);
    for (const one of [progress, after]) {
      runSync(one.returned(id));
      deepEqual([one.work.versions, one.waiting], [0, undefined]);
      ok(one.from.every((value) => value === 0));
    }
  });
});
