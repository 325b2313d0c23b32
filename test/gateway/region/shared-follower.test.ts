import { deepEqual, equal, match } from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { gatewayPolicy, ModelFollower, TaskGate } from '../../../gateway/participant';
import { SeededRandom, silentLog } from '../../../gateway/platform';
import type { Session } from '../../../gateway/session';
import { first, TwoFloors } from './two-floors';

describe('a region that shares a copy of the model above', () => {
  let floors: TwoFloors;
  let follower: ModelFollower;
  beforeEach(() => {
    floors = new TwoFloors();
  });
  afterEach(async () => {
    await floors.close();
    await follower.stop();
  });

  const shared = (session: Session, gate?: TaskGate) => {
    const random = new SeededRandom(7);
    follower = new ModelFollower({ session, clock: floors.above.clock, random, ...(gate && { gate }) });
    return follower;
  };

  it('begins with what the copy has already, and leaves it running', async () => {
    const { coordinator } = await floors.hub();
    const { session } = floors.above.session('copy');
    shared(session);
    const release = follower.follow();
    await follower.start();
    await floors.passUntil(() => follower.parameters !== undefined);
    const { region } = await floors.region({}, 'region', { followerOf: () => follower });
    await floors.passUntil(() => region.status.phase === 'collecting');
    equal(first(region), first(coordinator));
    await region.stop();
    const direct = await floors.above.gateway('direct');
    await direct.send(direct.update(coordinator.status.lineage, 8));
    await floors.passUntil(() => follower.version === 1);
    release();
  });

  it('takes no task that its owner does not allow, says so, and begins when a person accepts it', async () => {
    await floors.hub();
    const folder = await floors.below.folder('policy');
    await mkdir(folder, { recursive: true });
    const gate = new TaskGate({
      policy: gatewayPolicy({ newTask: 'ask', finestEncoding: 'float32' }),
      ...{ federation: 'fed', file: join(folder, 'agreed-task.json'), clock: floors.above.clock },
      ...{ random: new SeededRandom(1), log: silentLog },
    });
    const running = await floors.region({}, 'region', { followerOf: (session) => shared(session, gate) });
    const { region, notices } = running;
    await follower.start();
    await floors.passUntil(() => region.status.phase === 'refused');
    match(region.status.problem ?? '', /accept/);
    deepEqual(
      notices.map(({ code }) => code),
      ['task-waiting'],
    );
    follower.acceptTask();
    await floors.ready(running);
  });
});
