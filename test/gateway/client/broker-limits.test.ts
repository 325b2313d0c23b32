import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  type CoordinatorSettings,
  createCoordinator,
  type FederationCoordinator,
  type FederationMember,
  joinFederation,
  SeededRandom,
} from '../../../gateway';
import { createEngine, InlineTrainer } from '../../../gateway/engine';
import { choosePlan } from '../../../gateway/participant';
import { type Log, silentLog, systemClock } from '../../../gateway/platform';
import type { Will } from '../../../gateway/transport';
import { findProgram, type Mosquitto, startMosquitto } from '../../../tools/support/mosquitto';
import { fastClock } from '../../support/fast-clock';
import { mqttClient } from '../transport/mqtt-bench';

const createTrainer = () => new InlineTrainer(createEngine(), systemClock);
const define = findProgram('mosquitto') ? describe : describe.skip;

define('a federation at a broker with a limit for messages (Mosquitto)', () => {
  let broker: Mosquitto;
  const opened: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((each) => each.close()));
    await broker.stop();
  });

  /** Dense layer of `units`: some 40 bytes of an update and 160 of a snapshot each. */
  const taskOf = (units: number, more: Partial<CoordinatorSettings['task']> = {}) => ({
    name: 'limits',
    input: { channels: [{ name: 'x' }], rateHz: 10, length: 8, hop: 8 },
    labels: ['resting', 'moving'],
    model: {
      layers: [{ type: 'flatten' }, { type: 'dense', units }, { type: 'relu' }, { type: 'dense', units: 2 }],
    },
    training: { batchSize: 4, epochs: 1, minSamples: 8 },
    aggregation: { bufferSize: 1 },
    encoding: { update: 'float32', patch: 'float32' },
    ...more,
  });

  async function federation(
    limit: string,
    protocolVersion: 4 | 5,
    task: object,
    log: Log = silentLog,
  ): Promise<{ coordinator: FederationCoordinator; member: FederationMember }> {
    broker = await startMosquitto({ lines: [limit] });
    const connect = (own: Log) => (will: Will) =>
      mqttClient(`mqtt://127.0.0.1:${broker.port}`, { protocolVersion, will, log: own });
    const common = { federation: 'demo', createTrainer } as const;
    const coordinator = await createCoordinator({
      ...common,
      broker: connect(log),
      task: task as CoordinatorSettings['task'],
      random: new SeededRandom(1),
      log: silentLog,
      leaseWaitMs: 20,
    });
    opened.push(coordinator);
    const member = await joinFederation({
      ...common,
      id: 'gw-1',
      broker: connect(log),
      log,
      choosePlan,
      policy: { smallestBatch: 4, finestEncoding: 'float32' },
      trigger: { newWindows: 8 },
      random: new SeededRandom(2),
      clock: fastClock(20),
    });
    opened.push(member);
    return { coordinator, member };
  }

  const turn = () => new Promise((resolve) => setTimeout(resolve, 1));

  for (const { limit, units } of [
    { limit: 'message_size_limit 16384', units: 300 },
    { limit: 'message_size_limit 4000', units: 60 },
    { limit: 'message_size_limit 2600', units: 60 },
    { limit: 'message_size_limit 1200', units: 60 },
    { limit: 'max_packet_size 16384', units: 300 },
    { limit: 'max_packet_size 2600', units: 60 },
  ])
    for (const [name, protocolVersion] of [
      ['3.1.1', 4],
      ['5', 5],
    ] as const)
      it(`learns over MQTT ${name} with ${limit}, in parts that pass, and says what it found once`, async () => {
        const lines: string[] = [];
        const log: Log = {
          ...silentLog,
          warn: (text) => void (text.endsWith('trying again') || lines.push(text)),
        };
        const { coordinator, member } = await federation(limit, protocolVersion, taskOf(units), log);
        member.on('notice', ({ code, text }) => {
          if (code === 'broker-too-large') lines.push(text);
        });
        while (member.status.version < 0) await turn();
        while (coordinator.status.version < 3 || member.status.version < 3) {
          for (let i = 0; i < 8; i++) member.add(new Float32Array(8).fill((i % 2) + i / 100), i % 2);
          await turn();
        }
        const announced = protocolVersion === 5 && limit.startsWith('max');
        const found = lines.filter((text) => /in parts/.test(text));
        if (announced) assert.deepEqual(lines, []);
        // Gateway and coordinator find it independently, whichever is first.
        else assert.ok(found.length >= 1 && found.length <= 3, lines.join('\n'));
      });

  for (const [name, protocolVersion] of [
    ['3.1.1', 4],
    ['5', 5],
  ] as const)
    for (const setting of ['max_packet_size 1500', 'message_size_limit 1500'])
      it(`reports a task that does not fit over MQTT ${name} with ${setting}`, async () => {
        // Names without a pattern: a task travels compressed.
        const labels = Array.from({ length: 200 }, (_, i) =>
          createHash('sha256').update(`${i}`).digest('hex'),
        );
        broker = await startMosquitto({ lines: [setting] });
        const problems: string[] = [];
        const creating = createCoordinator({
          federation: 'demo',
          createTrainer,
          broker: (will) => mqttClient(`mqtt://127.0.0.1:${broker.port}`, { protocolVersion, will }),
          task: {
            ...taskOf(4),
            labels,
            model: { layers: [{ type: 'flatten' }, { type: 'dense', units: 200 }] },
          } as CoordinatorSettings['task'],
          random: new SeededRandom(1),
          log: silentLog,
          leaseWaitMs: 20,
        });
        const coordinator = await creating;
        opened.push(coordinator);
        coordinator.on('problem', (problem) => problems.push(problem.message));
        while (coordinator.status.unsent === undefined) await turn();
        assert.match(coordinator.status.unsent, /^broker-/);
        const isAnnounced = protocolVersion === 5 && setting.startsWith('max');
        const isSilent = protocolVersion === 4 && setting.startsWith('message');
        if (isAnnounced || isSilent) assert.equal(coordinator.status.unsent, 'broker-too-large');
        if (!isAnnounced) assert.match(problems[0] ?? '', /task.*\b\d+ bytes.*message_size_limit/);
      });
});
