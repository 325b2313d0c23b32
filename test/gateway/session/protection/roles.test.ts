import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Connection } from '../../../../gateway/client/connection';
import { Coordinator } from '../../../../gateway/coordinator';
import { createEngine, InlineTrainer } from '../../../../gateway/engine';
import { ModelFollower, Participant } from '../../../../gateway/participant';
import { SeededRandom, silentLog, systemClock } from '../../../../gateway/platform';
import { Identity, MemberRegistry, makeInvitation } from '../../../../gateway/security';
import { CoordinatorProtection, GatewayProtection } from '../../../../gateway/session';
import { parseTask, type TaskInput } from '../../../../gateway/task';
import { findProgram, type Mosquitto, startMosquitto } from '../../../../tools/support/mosquitto';
import { until } from '../../../support/waiting';
import { MemoryMembershipStore } from '../../security/federation';

const federation = 'clinic';
const hub = 'hub';
const taskOf = (participation: NonNullable<TaskInput['aggregation']>['participation']) =>
  parseTask({
    name: 'sealed',
    input: { channels: [{ name: 'a' }], rateHz: 10, length: 8, hop: 8, normalisation: 'none' },
    labels: ['still', 'moving'],
    model: { layers: [{ type: 'flatten' }, { type: 'dense', units: 2 }] },
    training: { batchSize: 4, epochs: 1, minSamples: 4 },
    aggregation: { bufferSize: 2, participation },
  });

describe('roles over sealed sessions and Mosquitto', () => {
  if (!findProgram('mosquitto')) return it.skip('needs Mosquitto');
  let broker: Mosquitto;
  let folder: string;
  const closers: (() => Promise<unknown>)[] = [];
  before(async () => {
    broker = await startMosquitto();
  });
  after(() => broker.stop());
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ftte-sealed-'));
  });
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
    rmSync(folder, { recursive: true, force: true });
  });

  for (const participation of [{ kind: 'free' }, { kind: 'granted' }] as const) {
    it(`learn if rounds are ${participation.kind}, across a restart of the coordinator, and models that follow patches end equal`, async () => {
      const clock = systemClock;
      const identity = Identity.create();
      const store = new MemoryMembershipStore();
      const task = taskOf(participation);
      const name = `${federation}-${participation.kind}`;
      let runs = 1;
      const registryOf = () =>
        MemberRegistry.open({ federation: name, coordinator: identity.publicKey, store, clock });
      const invitation = makeInvitation({
        federation: name,
        broker: `mqtt://127.0.0.1:${broker.port}`,
        coordinator: identity.publicKey,
        expiresMs: clock.now() + 600_000,
        uses: 2,
      });
      await (await registryOf()).invite(invitation);
      const connect = (id: string, protection: CoordinatorProtection | GatewayProtection) =>
        Connection.create({
          federation: name,
          id,
          broker: `mqtt://127.0.0.1:${broker.port}`,
          clock,
          random: new SeededRandom(runs),
          log: silentLog,
          protection,
        });
      const startCoordinator = async () => {
        const registry = await registryOf();
        const options = { id: hub, identity, federation: name, term: 1, run: runs++, registry };
        const connection = await connect(hub, new CoordinatorProtection(options));
        const coordinator = new Coordinator({
          session: connection.session,
          task,
          folder: join(folder, hub),
          onConnection: (listener) => connection.onState(listener),
          clock,
          random: new SeededRandom(runs),
          claimWaitMs: 100,
          snapshotIntervalMs: 50,
        });
        connection.open();
        const stop = async () => {
          await coordinator.stop();
          await connection.close();
        };
        closers.push(stop);
        await coordinator.start();
        return { coordinator, connection, stop };
      };
      const startGateway = async (id: string, seed: number) => {
        const protection = new GatewayProtection({
          identity: Identity.create(),
          federation: name,
          gateway: id,
          coordinator: identity.publicKey,
          run: runs++,
          invitation,
        });
        const connection = await connect(id, protection);
        const { session } = connection;
        const random = new SeededRandom(seed);
        const follower = new ModelFollower({ session, clock, random });
        const participant = new Participant({
          session,
          follower,
          trainer: new InlineTrainer(createEngine(), clock),
          onConnection: (listener) => connection.onState(listener),
          budgetBytes: 1 << 20,
          trigger: { newWindows: 4, intervalMs: 0 },
          outboxFolder: join(folder, id, 'outbox'),
          storeFile: join(folder, id, 'samples.bin'),
          storeCapacity: 64,
          clock,
          random,
        });
        connection.open();
        closers.push(async () => {
          await participant.stop();
          await follower.stop();
          await connection.close();
        });
        await follower.start();
        await participant.start();
        const feed = () => {
          if (follower.task)
            participant.add({
              window: Float32Array.from({ length: 8 }, () => random.normal()),
              label: random.integer(2),
            });
        };
        return { follower, participant, connection, feed };
      };
      let current = await startCoordinator();
      const gateways = [await startGateway('gw-1', 1), await startGateway('gw-2', 2)];
      const feed = () => {
        for (const gateway of gateways) gateway.feed();
      };
      await until(() => current.coordinator.status.version >= 2, 'two versions', feed);
      await current.stop();
      const before = current.coordinator.status.version;
      current = await startCoordinator();
      await until(() => current.coordinator.status.version >= before + 2, 'two versions more', feed);
      // A gateway that follows the patches is soon at the coordinator's version, to the bit. With grants, none does.
      await until(() => {
        if (participation.kind === 'granted') return true;
        const { parameters } = current.coordinator.export('current');
        return gateways.every(({ follower }) => {
          const held = follower.parameters;
          return held !== undefined && Buffer.from(held.buffer).equals(Buffer.from(parameters.buffer));
        });
      }, 'models that are equal');
      const { security, ...others } = current.connection.session.dropped;
      assert.ok(
        Object.values(others).every((count) => count === 0),
        JSON.stringify(others),
      );
      // Only messages of pairs and epochs before the restart may be refused.
      assert.ok(security < 50, `${security} refused`);
    });
  }
});
