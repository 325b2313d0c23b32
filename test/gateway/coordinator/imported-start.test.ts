import { deepEqual, equal, rejects } from 'node:assert/strict';
import { modelKey, parametersFingerprint } from '../../../gateway/task';
import { Fleet, tinyTask } from './fleet-harness';

const initial = Float32Array.from({ length: 9 }, (_, i) => i / 4);

describe('a coordinator whose task starts from imported parameters', () => {
  let fleet: Fleet;
  beforeEach(() => {
    fleet = new Fleet(tinyTask({ initial: parametersFingerprint(initial) }));
  });
  afterEach(() => fleet.close());

  it('begins with them, and its model differs from the one of the seed', async () => {
    const { coordinator } = await fleet.coordinator({ initial });
    deepEqual(coordinator.export().parameters, initial);
    equal(modelKey(fleet.task) === modelKey(tinyTask()), false);
  });

  it('refuses to begin without them or with others', async () => {
    await rejects(
      fleet.watch({}).coordinator.start(),
      /starts from the parameters [0-9a-f]{16}, but no file of parameters was given/,
    );
    const others = fleet.watch({ initial: initial.map((value) => -value) }, 'hub-2');
    await rejects(
      others.coordinator.start(),
      /initial has the fingerprint [0-9a-f]{16}, expected [0-9a-f]{16} of the task/,
    );
  });

  it('continues without them if a checkpoint holds the model', async () => {
    const folder = await fleet.folder();
    const first = await fleet.coordinator({ folder, initial });
    const { lineage } = first.coordinator.status;
    await first.coordinator.stop();
    const second = await fleet.coordinator({ folder });
    equal(second.coordinator.status.lineage, lineage);
    deepEqual(second.coordinator.export().parameters, initial);
  });
});
