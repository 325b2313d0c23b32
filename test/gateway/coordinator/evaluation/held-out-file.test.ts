import { deepEqual, equal } from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { aMoment } from '../../../support/waiting';
import { Fleet, kill, tinyTask, until } from '../fleet-harness';

const window = (value: number) => Float32Array.of(value, -value);

describe('held-out windows', () => {
  let fleet: Fleet;
  let folder: string;
  beforeEach(async () => {
    fleet = new Fleet(tinyTask());
    folder = await fleet.folder();
  });
  afterEach(() => fleet.close());

  it('survive the end of the process, and those that come again count once', async () => {
    const first = await fleet.coordinator({ folder });
    for (let i = 0; i < 5; i++) first.coordinator.addHeldOut({ window: window(i), label: i % 3 });
    while (!(await readdir(folder)).includes('held-out.bin')) await aMoment();
    await kill(first, folder);
    const second = fleet.watch({ folder }, 'second');
    // A recording plays from the start, before the folder is read.
    second.coordinator.addHeldOut({ window: window(0), label: 0 });
    second.coordinator.addHeldOut({ window: window(9), label: 1 });
    await fleet.start(second);
    await until(() => second.coordinator.status.heldOut === 6);
    deepEqual(second.problems, []);
  });

  it('are dropped with their file if another task has other windows', async () => {
    const first = await fleet.coordinator({ folder });
    first.coordinator.addHeldOut({ window: window(1), label: 0 });
    await first.coordinator.stop();
    const { input } = fleet.task;
    const task = tinyTask({ input: { ...input, channels: [{ name: 'a' }, { name: 'c' }] } });
    const { coordinator } = await fleet.coordinator({ folder, task }, 'second');
    equal(coordinator.status.heldOut, 0);
    await coordinator.stop();
    equal((await readdir(folder)).includes('held-out.bin'), false);
  });

  it('are forgotten in memory and on disk', async () => {
    const { coordinator } = await fleet.coordinator({ folder });
    coordinator.addHeldOut({ window: window(1), label: 0 });
    await coordinator.forgetHeldOut();
    equal(coordinator.status.heldOut, 0);
    equal((await readdir(folder)).includes('held-out.bin'), false);
  });
});
