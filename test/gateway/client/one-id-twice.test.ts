import { equal, ok, rejects } from 'node:assert/strict';
import { createCoordinator, joinFederation, type MemberSettings, SeededRandom } from '../../../gateway';
import { createEngine, InlineTrainer } from '../../../gateway/engine';
import { choosePlan } from '../../../gateway/participant';
import { silentLog, systemClock } from '../../../gateway/platform';
import { findProgram, type Mosquitto, startMosquitto } from '../../../tools/support/mosquitto';
import { tinyTask, until } from '../coordinator/fleet-harness';

const define = findProgram('mosquitto') ? describe : describe.skip;

define('one id on two machines (Mosquitto)', () => {
  let broker: Mosquitto;
  const opened: { close(): Promise<void> }[] = [];
  beforeEach(async () => {
    broker = await startMosquitto();
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((each) => each.close()));
    await broker.stop();
  });

  const common = () => ({
    federation: 'clinic',
    broker: `mqtt://127.0.0.1:${broker.port}`,
    createTrainer: () => new InlineTrainer(createEngine(), systemClock),
    log: silentLog,
  });

  const start = () =>
    createCoordinator({
      ...common(),
      membership: 'open',
      task: tinyTask({
        training: { minSamples: 8 },
        aggregation: { bufferSize: 1 },
        encoding: { update: 'int8', patch: 'int8' },
      }),
      leaseWaitMs: 2_000,
    });

  it('two coordinators: the later one is refused with a sentence, and the first never loses its connection', async () => {
    const first = await start();
    opened.push(first);
    const problems: Error[] = [];
    const offline: boolean[] = [];
    first.on('problem', (problem) => problems.push(problem));
    first.on('status', ({ online }) => void (online || offline.push(online)));
    await rejects(start(), /another coordinator with this id.*was this flow copied/s);
    equal(first.status.phase, 'collecting');
    equal(problems.length, 0);
    equal(offline.length, 0);
  });

  it('two gateways: both say so, both learn, and the coordinator says it once', async () => {
    const coordinator = await start();
    opened.push(coordinator);
    const said: string[] = [];
    coordinator.on('notice', ({ code }) => void (code === 'twin-gateway' && said.push('coordinator')));
    const join = async (seed: number) => {
      const settings: MemberSettings = {
        ...common(),
        id: 'gw-1',
        choosePlan,
        random: new SeededRandom(seed),
        log: {
          ...silentLog,
          warn: (_text, code) => void (code === 'twin-gateway' && said.push(`gateway ${seed}`)),
        },
        trigger: { newWindows: 16 },
      };
      const member = await joinFederation(settings);
      opened.push(member);
      return member;
    };
    const members = [await join(1), await join(2)];
    await until(() => said.length >= 3);
    for (const member of members) {
      await until(() => member.status.version >= 0);
      const before = coordinator.status.accepted;
      for (let i = 0; i < 16; i++) member.add(new Float32Array(2).fill((i % 2) + i / 100), i % 2);
      await until(() => coordinator.status.accepted > before && member.status.outbox === 0);
    }
    equal(said.sort().join(), 'coordinator,gateway 1,gateway 2');
    ok(members.every(({ status }) => status.online));
  });
});
