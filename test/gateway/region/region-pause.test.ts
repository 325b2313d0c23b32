import { deepEqual, equal, ok } from 'node:assert/strict';
import { until } from '../coordinator/fleet-harness';
import { killRegion, type RunningRegion, summing, TwoFloors } from './two-floors';

describe('a region that is paused', () => {
  let floors: TwoFloors;
  beforeEach(() => {
    floors = new TwoFloors();
  });
  afterEach(() => floors.close());

  const isPaused = ({ region }: RunningRegion) => floors.passUntil(() => region.status.phase === 'paused');
  /** Sends an update, which waits in the buffer and would make a version at once. */
  const withWaitingUpdate = async (running: RunningRegion) => {
    const a = await floors.gateway();
    const update = a.update(running.region.status.lineage, 1);
    await a.send(update);
    await until(() => a.ackOf(update) !== undefined);
    equal(running.region.status.buffered, 1);
  };

  it('makes no version of what waits in its folder if it was paused before it started', async () => {
    const folder = await floors.below.folder();
    await floors.hub();
    const before = await floors.region({ folder });
    await floors.ready(before);
    before.region.pause();
    await withWaitingUpdate(before);
    const next = await killRegion(before, folder);
    const after = await floors.region({ folder: next }, 'region', {
      beforeStart: (region) => region.pause(),
    });
    await isPaused(after);
    deepEqual([after.versions.length, after.region.status.buffered], [0, 1]);
    after.region.resume();
    await floors.passUntil(() => after.versions.length === 1);
  });

  it('makes no version when the task above changes', async () => {
    const hub = await floors.hub(await floors.above.folder());
    const running = await floors.region({ folder: await floors.below.folder() });
    await floors.ready(running);
    running.region.pause();
    await withWaitingUpdate(running);
    await hub.coordinator.stop();
    const task = summing({ training: { batchSize: 8 } });
    await floors.above.coordinator({ folder: await floors.above.folder(), task });
    await floors.passUntil(() => running.region.task.training.batchSize === 8);
    await isPaused(running);
    deepEqual([running.versions.length, running.region.status.buffered], [0, 1]);
  });

  it('stays paused when the task above changes if it was paused because its model diverged', async () => {
    const { hub, running, a } = await floors.begun();
    const { region } = running;
    running.up.transport.drop({ stay: true });
    for (let i = 1; region.status.phase !== 'paused'; i++) {
      const lossBefore = i <= 10 ? 1 : 1000;
      await a.send(a.update(region.status.lineage, 0.001, { lossBefore }));
      await floors.passUntil(() => running.versions.length === i);
    }
    ok(running.notices.some(({ code }) => code === 'diverged'));
    await hub.coordinator.stop();
    await floors.above.coordinator({ task: summing({ training: { batchSize: 8 } }) });
    running.up.transport.reconnect();
    await floors.passUntil(() => region.task.training.batchSize === 8);
    await floors.passUntil(() => ['paused', 'collecting'].includes(region.status.phase));
    equal(region.status.phase, 'paused');
  });
});
