/** The entry of a process of a crash schedule: the coordinator or a gateway. */
import { dirname, join } from 'node:path';
import { Connection, clientIdOf } from '../../gateway/client';
import { CoordinatorMembership } from '../../gateway/client/membership/coordinator-membership';
import { GatewayMembership } from '../../gateway/client/membership/gateway-membership';
import { createRole, openSharedLog } from '../../gateway/coordinator';
import { createEngine, InlineTrainer } from '../../gateway/engine';
import { ModelFollower, Participant } from '../../gateway/participant';
import {
  countedLog,
  messageOf,
  noticeCodeOf,
  SeededRandom,
  silentLog,
  systemClock,
  systemRandom,
  yieldToEventLoop,
} from '../../gateway/platform';
import type { MessageProtection } from '../../gateway/session';
import { parametersFingerprint } from '../../gateway/task';
import { MqttTransport } from '../../gateway/transport';
import { keepGatewayBook } from '../../tools/soak/gateway-book';
import { archivedLog } from './archived-log';
import { archiveFiles } from './crash-archive';
import {
  type CrashProcessOptions,
  type CrashState,
  crashFederation,
  crashLeaseMs,
  crashTask,
  type FromCrashProcess,
  gatewayIds,
  sharedArchiveOf,
  type ToCrashProcess,
} from './crash-types';

/** Reactions of a process to messages. */
interface Role {
  state(): CrashState;
  invite?(): Promise<string[]>;
  calm?(): void;
  apply?(): Promise<void>;
  stop(): Promise<void>;
}

const clock = systemClock;
// Not seeded, because ids must differ from those of an earlier run of this process.
const random = systemRandom();
/** Says each thing once, as the front door does. */
const say = (text: string) => void process.stderr.write(`${text}\n`);
const log = countedLog({ ...silentLog, warn: say, error: say }, clock);
const send = (message: FromCrashProcess) => void process.send?.(message);

function connect({ id, port }: CrashProcessOptions, protection: MessageProtection | undefined): Connection {
  return Connection.over(
    (will, instance) =>
      new MqttTransport({
        url: `mqtt://127.0.0.1:${port}`,
        clientId: clientIdOf(crashFederation, id, instance),
        will,
        keepaliveS: 2,
        connectTimeoutMs: 3_000,
        backoff: { minMs: 100, maxMs: 1_000 },
        clock,
      }),
    { federation: crashFederation, id, clock, random, log: silentLog, ...(protection && { protection }) },
  );
}

async function startCoordinator(options: CrashProcessOptions): Promise<Role> {
  const { folder, id, form, port, storage } = options;
  if (storage === undefined) archiveFiles(folder);
  const onProblem = (error: unknown) => log.error(`coordinator: ${messageOf(error)}`, noticeCodeOf(error));
  const membership =
    form === 'protected'
      ? await CoordinatorMembership.open({
          folder,
          federation: crashFederation,
          id,
          clock,
          onRefused: ({ gateway, text }) => onProblem(new Error(`${gateway}: ${text}`)),
          onProblem,
        })
      : undefined;
  const connection = connect(options, membership?.protection);
  const times = { leaseMs: crashLeaseMs };
  const coordinator = createRole({
    session: connection.session,
    ...(storage !== undefined && {
      sharedLog: archivedLog(
        openSharedLog(storage, crashFederation, yieldToEventLoop, times),
        sharedArchiveOf(dirname(folder)),
      ),
    }),
    ...(membership && { key: membership.fingerprint }),
    task: crashTask(options.granted),
    folder,
    clock,
    random,
    onConnection: (listener) => connection.onState(listener),
    claimWaitMs: 300,
    snapshotIntervalMs: 100,
    yieldToEventLoop,
    ...(membership && { counts: (gateway: string) => membership.counts(gateway) }),
  });
  coordinator.on('problem', onProblem);
  let led = false;
  coordinator.on('status', ({ shared }) => {
    if (shared?.leads && !led) send({ kind: 'leads' });
    led = shared?.leads ?? false;
  });
  connection.open();
  await coordinator.start();
  return {
    state: () => {
      const { phase, lineage, version, shared } = coordinator.status;
      const leads = shared?.leads ?? true;
      const digest = lineage && leads ? parametersFingerprint(coordinator.export('current').parameters) : '';
      return { kind: 'state', phase, leads, lineage, version, digest, outbox: 0 };
    },
    invite: () =>
      Promise.all(
        gatewayIds.map(async (gateway) =>
          membership ? membership.invite({ id: gateway }, { broker: `mqtt://127.0.0.1:${port}` }) : '',
        ),
      ),
    apply: async () => {
      if (coordinator.status.shared?.leads ?? true) await coordinator.applyNow();
    },
    async stop() {
      await coordinator.stop();
      await connection.close();
      await membership?.close();
    },
  };
}

async function startGateway(options: CrashProcessOptions): Promise<Role> {
  const { folder, seed, id, form, invitation } = options;
  const onProblem = (error: unknown) => log.error(`${id}: ${messageOf(error)}`, noticeCodeOf(error));
  const membership =
    form === 'protected' ? await GatewayMembership.open({ folder, invitation, clock, onProblem }) : undefined;
  if (form === 'protected' && !membership)
    throw new Error(`${id} has neither a membership nor an invitation`);
  const connection = connect(options, membership?.protection);
  const { session } = connection;
  const follower = new ModelFollower({ session, clock, random, yieldToEventLoop });
  const participant = new Participant({
    session,
    follower,
    trainer: new InlineTrainer(createEngine(), clock),
    onConnection: (listener) => connection.onState(listener),
    budgetBytes: 1024 * 1024,
    trigger: { newWindows: 3, intervalMs: 0 },
    outboxFolder: join(folder, 'outbox'),
    storeFile: join(folder, 'samples.bin'),
    storeCapacity: 64,
    clock,
    random,
    yieldToEventLoop,
  });
  participant.on('problem', onProblem);
  keepGatewayBook(folder, participant, session);
  connection.open();
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
    clock.after(30, feed);
  };
  feed();
  return {
    state: () => {
      const { outbox, phase } = participant.status;
      const { lineage, version, parameters } = follower;
      return {
        kind: 'state',
        phase,
        leads: false,
        lineage,
        version,
        digest: parameters ? parametersFingerprint(parameters) : '',
        outbox,
      };
    },
    calm: () => {
      feeding = false;
    },
    async stop() {
      feeding = false;
      await participant.stop();
      await follower.stop();
      await connection.close();
    },
  };
}

async function main(): Promise<void> {
  const options: CrashProcessOptions = JSON.parse(process.argv[2] ?? '{}');
  const role = await (options.role === 'coordinator' ? startCoordinator(options) : startGateway(options));
  const act: Readonly<Record<ToCrashProcess, () => unknown>> = {
    state: () => send(role.state()),
    invite: async () => send({ kind: 'invitations', lines: (await role.invite?.()) ?? [] }),
    calm: () => role.calm?.(),
    apply: async () => {
      await role.apply?.();
      send({ kind: 'applied' });
    },
    stop: async () => {
      await role.stop();
      process.disconnect();
    },
  };
  process.on('message', (what: ToCrashProcess) => {
    void (async () => act[what]())().catch((error) => {
      process.stderr.write(`${options.id}: ${what}: ${error}\n`);
    });
  });
  // Whoever started this process may be gone.
  process.on('disconnect', () => setTimeout(() => process.exit(4), 20_000).unref());
  send({ kind: 'ready' });
}

main().catch((error) => {
  process.stderr.write(`${process.argv[2]}: ${error instanceof Error ? error.stack : error}\n`);
  process.exit(2);
});
