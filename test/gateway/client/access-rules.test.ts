import assert from 'node:assert/strict';
import {
  type CoordinatorSettings,
  createCoordinator,
  type FederationMember,
  joinFederation,
  SeededRandom,
} from '../../../gateway';
import { createEngine, InlineTrainer } from '../../../gateway/engine';
import { choosePlan } from '../../../gateway/participant';
import { noticeCodeOf, silentLog, systemClock } from '../../../gateway/platform';
import type { Task } from '../../../gateway/task';
import type { Will } from '../../../gateway/transport';
import { findProgram, type Mosquitto, startMosquitto } from '../../../tools/support/mosquitto';
import { fastClock } from '../../support/fast-clock';
import { aMoment } from '../../support/waiting';
import { mqttClient } from '../transport/mqtt-bench';

const createTrainer = () => new InlineTrainer(createEngine(), systemClock);
const users = { coordinator: 'one', 'gw-1': 'two' };
const root = 'ftte/v1/demo';
type Participation = Task['aggregation']['participation'];

/** The rules that a gateway needs, by the type of message. */
const rules: Readonly<Record<string, string>> = Object.fromEntries([
  ...['hello', 'presence', 'update', 'sync', 'ready'].map((type) => [
    type,
    `topic write ${root}/gw/gw-1/${type}`,
  ]),
  ...['ack', 'snapshot', 'grant'].map((type) => [type, `topic read ${root}/to/gw-1/${type}`]),
  ...['claim', 'task', 'head', 'patch'].map((type) => [type, `topic read ${root}/all/${type}`]),
]);

const define = findProgram('mosquitto') ? describe : describe.skip;
for (const [name, protocolVersion] of [
  ['3.1.1', 4],
  ['5', 5],
] as const)
  define(`a gateway that may not use a topic of Mosquitto over MQTT ${name}`, () => {
    let broker: Mosquitto;
    const opened: { close(): Promise<void> }[] = [];
    afterEach(async () => {
      await Promise.all(opened.splice(0).map((each) => each.close()));
      await broker.stop();
    });

    /** A coordinator, and a gateway that may use all topics but one. Trains, and collects what a person has to know. */
    async function federation(forbidden: string, participation: Participation = { kind: 'free' }) {
      const allowed = Object.entries(rules).filter(([type]) => type !== forbidden);
      const acl = [
        'user coordinator',
        `topic readwrite ${root}/#`,
        'user gw-1',
        ...allowed.map(([, rule]) => rule),
      ];
      broker = await startMosquitto({ users, acl });
      const connect = (id: keyof typeof users) => (will: Will) =>
        mqttClient(`mqtt://127.0.0.1:${broker.port}`, {
          protocolVersion,
          will,
          username: id,
          password: users[id],
        });
      const task = {
        name: 'access rules',
        input: { channels: [{ name: 'x' }], rateHz: 10, length: 8, hop: 8 },
        labels: ['resting', 'moving'],
        model: { layers: [{ type: 'flatten' }, { type: 'dense', units: 2 }] },
        training: { batchSize: 8, epochs: 1, minSamples: 8 },
        aggregation: { bufferSize: 1, participation },
      } as const satisfies CoordinatorSettings['task'];
      const common = { federation: 'demo', createTrainer, log: silentLog } as const;
      const random = new SeededRandom(1);
      opened.push(
        await createCoordinator({ ...common, broker: connect('coordinator'), task, random, leaseWaitMs: 20 }),
      );
      const member = await joinFederation({
        ...common,
        id: 'gw-1',
        broker: connect('gw-1'),
        choosePlan,
        trigger: { newWindows: 0 },
        random: new SeededRandom(2),
        clock: fastClock(20),
      });
      opened.push(member);
      const reports: { code: string; text: string }[] = [];
      let wake = () => {};
      const add = (code: string, text: string) => {
        reports.push({ code, text });
        wake();
      };
      member.on('notice', ({ code, text }) => {
        if (code !== 'round-skipped') add(code, text);
      });
      member.on('problem', (problem) => add(noticeCodeOf(problem), problem.message));
      const first = async (code: string) => {
        for (;;) {
          const found = reports.find((report) => report.code === code);
          if (found) return found.text;
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      };
      for (let i = 0; i < 16; i++) member.add(new Float32Array(8).fill((i % 2) + i / 100), i % 2);
      return { member, reports, first };
    }

    /** Runs rounds until some updates wait, or are done. */
    async function train(member: FederationMember, rounds: number): Promise<void> {
      for (let i = 0; i < rounds; i++) {
        const round = new Promise((resolve) => {
          const off = member.on('round', (report) => {
            off();
            resolve(report);
          });
        });
        while (member.trainNow() !== 'started') await aMoment();
        await round;
      }
    }

    for (const { forbidden, names } of [
      { forbidden: 'update', names: 'gw/gw-1/update' },
      { forbidden: 'hello', names: 'gw/gw-1/hello' },
      { forbidden: 'ack', names: 'to/gw-1/ack' },
    ])
      it(`reports which one if it is ${forbidden}`, async () => {
        const { member, first } = await federation(forbidden);
        const refusable = forbidden !== 'ack';
        const report = first(protocolVersion === 5 && refusable ? 'broker-not-allowed' : 'not-answered');
        await train(member, 4);
        const text = await report;
        assert.ok(text.includes(`${root}/${names}`), text);
        // Rounds of one version that cannot be sent become one update.
        assert.ok(member.status.outbox >= 1);
        assert.equal(member.status.rounds, 4);
      });

    it('reports which one if it is ready', async () => {
      const { member, first } = await federation('ready', {
        kind: 'granted',
        concurrency: 1,
        timeoutMs: 60_000,
      });
      const report = first(protocolVersion === 5 ? 'broker-not-allowed' : 'not-answered');
      assert.equal(member.trainNow(), 'asked');
      assert.ok((await report).includes(`${root}/gw/gw-1/ready`));
    });

    it('reports nothing if it may use all of them', async () => {
      const { member, reports } = await federation('none');
      await train(member, 4);
      while (member.status.outbox > 0) await aMoment();
      assert.deepEqual(reports, []);
    });
  });
