import { deepEqual, equal, rejects } from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Contribution } from '../../../../gateway/coordinator/aggregation/contribution';
import { Membership } from '../../../../gateway/coordinator/fleet/membership';
import { CoordinatorState } from '../../../../gateway/coordinator/state/coordinator-state';
import { FileLog, ModelStore } from '../../../../gateway/coordinator/storage';
import { FileJournal } from '../../../../gateway/coordinator/storage/journal';
import { parameterLayout } from '../../../../gateway/model';
import { silentLog } from '../../../../gateway/platform';
import { taskModel } from '../../../../gateway/task';
import { type DiskFault, faultyDisk, systemError } from '../../../../tools/support/faulty-disk';
import { contribution } from '../aggregation/contributions';
import { tinyTask } from '../fleet-harness';

const task = tinyTask();
const layout = parameterLayout(taskModel(task));
const lineage = '0123456789abcdef';

describe('the model store', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ftte-model-store-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const record = () =>
    new CoordinatorState(task, layout, lineage, new Float32Array(layout.size), new Membership(9));
  const values = (value: number) => new Array<number>(layout.size).fill(value);
  const written = (store: ModelStore, ...contributions: Contribution[]) =>
    store.record(contributions.map((one) => ({ lineage, contribution: one })));

  it('gives a contribution that was written twice only once, after any number of restarts', async () => {
    const first = new ModelStore(new FileLog(folder), 3, silentLog);
    await first.open();
    await first.commit(record().checkpoint(), []);
    const twice = { id: 'a'.repeat(16), gateway: 'a' };
    const early = contribution(values(1), { ...twice, sequence: 1 });
    const other = contribution(values(2), { sequence: 2, gateway: 'b' });
    // The disk reported a failure of the first write, but the record was there.
    const late = contribution(values(1), { ...twice, sequence: 3 });
    await first.close();
    const journal = new FileJournal(folder);
    await journal.append([early, other, late].map((one) => ({ lineage, contribution: one })));
    await journal.close();

    const applied: string[] = [];
    for (let restart = 0; restart < 3; restart++) {
      const store = new ModelStore(new FileLog(folder), 3, silentLog);
      const { checkpoint, contributions } = await store.open();
      const model = record();
      if (checkpoint) model.restore(checkpoint);
      for (const one of contributions) model.recall(one, 0);
      // The oldest alone makes a version. Then the power fails.
      const [oldest] = contributions;
      if (oldest) {
        model.model.renumber(model.version + 1);
        model.appliedThrough = oldest.sequence;
        applied.push(oldest.id);
        await store.commit(model.checkpoint(), []);
      }
      await store.close();
    }
    deepEqual(applied, [other.id, late.id]);
  });

  it('continues after the sequence number of a checkpoint, even if its contribution is not known', async () => {
    const store = new ModelStore(new FileLog(folder), 3, silentLog);
    await store.open();
    const before = record();
    const told = contribution(values(1), { sequence: before.takeSequence(), gateway: 'a' });
    // The write failed, so the contribution is not counted, but its number is used.
    await store.commit(before.checkpoint(), []);
    await written(store, told);
    await store.close();
    const { checkpoint, contributions } = await new ModelStore(new FileLog(folder), 3, silentLog).open();
    const after = record();
    if (checkpoint) after.restore(checkpoint);
    for (const one of [...contributions, ...contributions]) after.recall(one, 0);
    equal(after.accepted, 1);
    equal(after.takeSequence(), 2);
  });

  it('makes no version while a failed append may still be on disk, and none of it is there after the version', async () => {
    const store = new ModelStore(new FileLog(folder), 3, silentLog);
    await store.open();
    const state = record();
    await store.commit(state.checkpoint(), []);
    const failed = contribution(values(1), { sequence: state.takeSequence(), gateway: 'a' });
    let fault: DiskFault = { torn: () => systemError('EIO') };
    const mend = faultyDisk(folder, ({ kind, path }) =>
      path.endsWith('.log') && (kind === 'write' || (fault && 'error' in fault)) ? fault : undefined,
    );
    try {
      await rejects(written(store, failed), { code: 'storage' });
      fault = { error: systemError('EIO') };
      state.model.renumber(1);
      await rejects(store.commit(state.checkpoint(), []), { code: 'storage' });
      deepEqual(store.versions, [0]);
      fault = undefined;
      await store.commit(state.checkpoint(), []);
    } finally {
      mend();
    }
    await store.close();
    const { checkpoint, contributions } = await new ModelStore(new FileLog(folder), 3, silentLog).open();
    equal(checkpoint?.version, 1);
    deepEqual(contributions, []);
  });
});
