/** The entry of a process of the soak run: the broker, the coordinator or a gateway. */
import { copyFileSync, mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Connection, clientIdOf } from '../../gateway/client';
import { Coordinator, type CoordinatorStatus } from '../../gateway/coordinator';
import { createEngine, InlineTrainer } from '../../gateway/engine';
import { ModelFollower, Participant } from '../../gateway/participant';
import { type Clock, SeededRandom, systemClock, systemRandom } from '../../gateway/platform';
import { parametersFingerprint } from '../../gateway/task';
import { HostedBroker, MqttTransport } from '../../gateway/transport';
import { type DiskFault, type DiskOperation, faultyDisk, systemError } from '../support/faulty-disk';
import { keepGatewayBook } from './gateway-book';
import { shaky } from './shaky-transport';
import {
  type FromSoakProcess,
  type SoakProcessOptions,
  soakFederation,
  soakTask,
  type ToSoakProcess,
} from './soak-types';

/** Reactions of a process to messages. */
interface Role {
  stop(): Promise<void>;
  disk?(code: string | undefined): void;
  calm?(): void;
}

const send = (message: FromSoakProcess) => void process.send?.(message);

function connect(options: SoakProcessOptions) {
  const { id, port, seed, clockOffsetMs } = options;
  const clock: Clock = {
    now: () => systemClock.now() + clockOffsetMs,
    after: (ms, action) => systemClock.after(ms, action),
  };
  // Not seeded, because ids must differ from those of an earlier run of this gateway.
  const random = systemRandom();
  let calm = () => {};
  const connection = Connection.over(
    (will, instance) => {
      const mqtt = new MqttTransport({
        url: `mqtt://127.0.0.1:${port}`,
        clientId: clientIdOf(soakFederation, id, instance),
        will,
        keepaliveS: 2,
        connectTimeoutMs: 3_000,
        backoff: { minMs: 100, maxMs: 1_000 },
        clock,
      });
      const transport = shaky(mqtt, clock, new SeededRandom(seed));
      calm = () => transport.calm();
      return transport;
    },
    { federation: soakFederation, id, clock, random },
  );
  connection.open();
  return { connection, session: connection.session, calm: () => calm(), clock, random };
}

async function startBroker({ port }: SoakProcessOptions): Promise<Role> {
  const broker = new HostedBroker({ port });
  await broker.start();
  return { stop: () => broker.stop() };
}

async function startCoordinator(options: SoakProcessOptions): Promise<Role> {
  const { folder, killAt, torn, granted } = options;
  const archive = `${folder}-archive`;
  mkdirSync(archive, { recursive: true });
  let failing: string | undefined;
  let operations = 0;
  const restore = faultyDisk(folder, (operation): DiskFault | Promise<DiskFault> => {
    keepJournal(operation, archive);
    if (operations++ === killAt) {
      if (!torn) return die();
      return { torn: die };
    }
    return failing === undefined ? undefined : { error: systemError(failing) };
  });
  const { connection, session, calm, clock, random } = connect(options);
  const coordinator = new Coordinator({
    session,
    task: soakTask(granted),
    folder,
    clock,
    random,
    onConnection: (listener) => connection.onState(listener),
    claimWaitMs: 300,
    snapshotIntervalMs: 100,
  });
  coordinator.on('problem', (error) => process.stderr.write(`coordinator: ${error.message}\n`));
  let reported: CoordinatorStatus['rejected'] | undefined;
  coordinator.on('status', ({ lineage, rejected }) => {
    if (lineage === '') return;
    // The first ones are those of the process before.
    reported ??= rejected;
    for (const [reason, count] of Object.entries(rejected))
      for (let i = reported[reason] ?? 0; i < count; i++) send({ kind: 'rejected', reason });
    reported = rejected;
  });
  await coordinator.start();
  return {
    disk: (code) => {
      failing = code;
    },
    calm,
    async stop() {
      await coordinator.stop();
      await connection.close();
      restore();
    },
  };
}

/** Copies a journal before the coordinator removes it: at the end all journals are counted. */
function keepJournal({ kind, path }: DiskOperation, archive: string): void {
  if (kind !== 'remove' || !/^journal-\d+\.log$/.test(basename(path))) return;
  copyFileSync(path, join(archive, `${process.pid}-${basename(path)}`));
}

function die(): Promise<never> {
  process.kill(process.pid, 'SIGKILL');
  return new Promise(() => undefined);
}

async function startGateway(options: SoakProcessOptions): Promise<Role> {
  const { folder, seed, id } = options;
  const { connection, session, calm, clock, random } = connect(options);
  const follower = new ModelFollower({ session, clock, random });
  const participant = new Participant({
    session,
    follower,
    trainer: new InlineTrainer(createEngine(), clock),
    onConnection: (listener) => connection.onState(listener),
    budgetBytes: 1024 * 1024,
    trigger: { newWindows: 3, intervalMs: 0 },
    outboxFolder: join(folder, 'outbox'),
    storeCapacity: 64,
    clock,
    random,
  });
  participant.on('problem', (error) => process.stderr.write(`${id}: ${error.message}\n`));
  keepGatewayBook(folder, participant, session);
  follower.on('version', ({ lineage, version }) => {
    const { parameters } = follower;
    if (!parameters) return;
    send({ kind: 'held', lineage, version, digest: parametersFingerprint(parameters) });
  });
  participant.on('status', ({ outbox, online }) => send({ kind: 'state', outbox, online }));
  void follower.start().catch(() => undefined);
  await participant.start();
  const noise = new SeededRandom(seed);
  let feeding = true;
  const feed = () => {
    if (!feeding) return;
    if (follower.task) {
      const label = noise.integer(2);
      const window = Float32Array.from({ length: 16 }, () => noise.normal() * 0.3 + (label ? 1 : -1));
      participant.add({ window, label });
    }
    clock.after(60, feed);
  };
  feed();
  return {
    calm: () => {
      feeding = false;
      calm();
    },
    async stop() {
      feeding = false;
      await participant.stop();
      await follower.stop();
      await connection.close();
    },
  };
}

const roles = { broker: startBroker, coordinator: startCoordinator, gateway: startGateway };

async function main(): Promise<void> {
  const options: SoakProcessOptions = JSON.parse(process.argv[2] ?? '{}');
  const role = await roles[options.role](options);
  process.on('message', (message: ToSoakProcess) => {
    if (message.kind === 'disk') role.disk?.(message.code);
    else if (message.kind === 'calm') role.calm?.();
    else if (message.kind === 'heap') {
      for (let i = 0; i < 3; i++) global.gc?.();
      send({ kind: 'heap', bytes: process.memoryUsage().heapUsed });
    } else {
      // The process has to end by itself; the fleet checks that.
      role.stop().then(
        () => process.disconnect(),
        (error) => {
          process.stderr.write(`${options.id}: ${error}\n`);
          process.exit(3);
        },
      );
    }
  });
  send({ kind: 'ready' });
}

main().catch((error) => {
  process.stderr.write(`${process.argv[2]}: ${error}\n`);
  process.exit(2);
});
