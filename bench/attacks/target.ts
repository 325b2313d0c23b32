import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Connection } from '../../gateway/client';
import { Coordinator } from '../../gateway/coordinator';
import { createEngine, InlineTrainer } from '../../gateway/engine';
import { ModelFollower, Participant } from '../../gateway/participant';
import { SeededRandom, silentLog, systemClock } from '../../gateway/platform';
import { parametersFingerprint, parseTask, type Task } from '../../gateway/task';
import { HostedBroker } from '../../gateway/transport';
import { startMosquitto } from '../../tools/support/mosquitto';
import { smallTask } from '../../tools/support/small-task';
import { Attacker } from './attacker';
import { type Form, Protections } from './protections';
import { until } from './until';

/** The brokers that attacks are tried on. Each accepts every client that has its password. */
export type BrokerKind = 'mosquitto' | 'hosted';

const login = { username: 'clinic', password: 'everybody knows it' };
export const federation = 'attacked';
export const coordinatorId = 'coordinator';
export const gatewayIds = ['gw-1', 'gw-2'] as const;
type GatewayId = (typeof gatewayIds)[number];

/** The state that stays the same in a federation at rest: each value by a name for the table. */
export type Fingerprint = ReadonlyMap<string, string>;

interface Gateway {
  readonly id: GatewayId;
  readonly connection: Connection;
  readonly follower: ModelFollower;
  readonly participant: Participant;
  readonly random: SeededRandom;
}

/** The attacker: a client with the broker's password and nothing else, or a gateway that was invited. */
export type AttackerRole = 'stranger' | 'member';
const hostileMember = 'mallory';

/** Settings of a target that some attacks need. */
export interface TargetSettings {
  /** Contributions that make a version. Default 2. */
  readonly bufferSize?: number;
}

const taskOf = ({ bufferSize = 2 }: TargetSettings): Task =>
  parseTask({
    name: 'attacked',
    ...smallTask(16),
    training: { batchSize: 4, epochs: 1, minSamples: 4 },
    // Free participation, so that all messages of the protocol are used. A buffer that is not full waits: nothing changes by
    // itself.
    aggregation: { bufferSize, maxWaitMs: 86_400_000, participation: { kind: 'free' } },
  });

/**
 * A small federation of real roles over a real broker, which learns only when it is asked to. Between, nothing in it
 * changes by itself, so that every change is the work of the attacker.
 */
export class Target {
  private readonly gateways: Gateway[] = [];
  private coordinator: Coordinator | undefined;
  private coordinatorConnection: Connection | undefined;
  private closers: (() => Promise<void> | void)[] = [];

  private constructor(
    readonly url: string,
    private readonly folder: string,
    readonly task: Task,
    /** A client with the broker's password and nothing else, which has received everything so far. */
    readonly attacker: Attacker,
    private readonly protections: Protections | undefined,
  ) {}

  /** Starts broker, coordinator and gateways, and lets them make two versions. */
  static async start(
    kind: BrokerKind,
    form: Form,
    settings: TargetSettings = {},
    role: AttackerRole = 'stranger',
  ): Promise<Target> {
    const folder = mkdtempSync(join(tmpdir(), 'ftte-attacks-'));
    const broker = await startBroker(kind);
    const attacker = await Attacker.connect(broker.url, federation);
    const protections =
      form === 'protected'
        ? await Protections.create({
            federation,
            coordinatorId,
            onPlain: (...sent) => attacker.learn(...sent),
          })
        : undefined;
    const target = new Target(broker.url, folder, taskOf(settings), attacker, protections);
    target.closers.push(
      () => rmSync(folder, { recursive: true, force: true }),
      broker.stop,
      () => attacker.close(),
    );
    await target.startCoordinator();
    await target.startGateways();
    if (role === 'member') await target.admitAttacker();
    await target.learn(2);
    return target;
  }

  get version(): number {
    return this.coordinator?.status.version ?? -1;
  }

  /** Gives each gateway windows until so many versions have been made. @returns false if they do not come */
  async learn(versions: number): Promise<boolean> {
    const goal = this.version + versions;
    const made = await until(() => {
      for (const gateway of this.gateways) this.feed(gateway, 2);
      return this.version >= goal;
    }, 20_000);
    await this.settle();
    return made;
  }

  /** Lets a gateway make updates. @returns false if it makes none */
  async makeUpdates(id: GatewayId, count: number): Promise<boolean> {
    const gateway = this.gateway(id);
    const goal = gateway.participant.status.rounds + count;
    return until(() => {
      this.feed(gateway, 1);
      return gateway.participant.status.rounds >= goal;
    }, 20_000);
  }

  /** Waits until no update and no version is on its way. */
  async settle(): Promise<void> {
    let last = '';
    let equal = 0;
    await until(() => {
      const now = [...this.fingerprint()].join();
      equal = now === last ? equal + 1 : 0;
      last = now;
      return equal >= 20;
    }, 15_000);
  }

  async stopCoordinator(): Promise<void> {
    await this.coordinator?.stop();
    await this.coordinatorConnection?.close();
    this.coordinator = undefined;
  }

  /** Starts the coordinator on its folder, as after a restart of the machine. */
  async startCoordinator(): Promise<void> {
    const connection = await this.connect(coordinatorId, 100);
    const coordinator = new Coordinator({
      session: connection.session,
      task: this.task,
      folder: join(this.folder, coordinatorId),
      onConnection: (listener) => connection.onState(listener),
      clock: systemClock,
      random: new SeededRandom(Date.now() % 2 ** 31),
      claimWaitMs: 300,
      snapshotIntervalMs: 100,
    });
    connection.open();
    this.coordinator = coordinator;
    this.coordinatorConnection = connection;
    await coordinator.start();
  }

  /** Ends a gateway in an orderly way. */
  async stopGateway(id: GatewayId): Promise<void> {
    const { participant, follower, connection } = this.gateway(id);
    this.gateways.splice(this.gateways.indexOf(this.gateway(id)), 1);
    await participant.stop();
    await follower.stop();
    await connection.close();
  }

  /** Starts the gateways that do not run. */
  async startGateways(): Promise<void> {
    for (const [index, id] of gatewayIds.entries())
      if (!this.gateways.some((gateway) => gateway.id === id)) await this.startGateway(id, index + 1);
  }

  /** The faults of the federation when it works again. Empty: it learns, and all its models are equal. */
  async faults(): Promise<string[]> {
    if (!this.coordinator) await this.startCoordinator().catch(() => undefined);
    await this.startGateways();
    if (!(await this.learn(1))) return ['no longer learns'];
    const after = this.fingerprint();
    const model = after.get('model of the coordinator');
    const other = gatewayIds.filter((id) => after.get(`model of ${id}`) !== model);
    return other.length > 0 ? [`other models at ${other.join(', ')}`] : [];
  }

  fingerprint(): Fingerprint {
    const found = new Map<string, string>();
    const coordinator = this.coordinator;
    if (coordinator) {
      const { phase, lineage, version, accepted, gateways, bufferSize } = coordinator.status;
      const present = gateways.filter(({ online }) => online).map(({ id }) => id);
      found.set('phase of the coordinator', phase);
      found.set('lineage of the coordinator', lineage);
      found.set('version of the coordinator', String(version));
      found.set('model of the coordinator', parametersFingerprint(coordinator.export('current').parameters));
      found.set('accepted updates', String(accepted));
      found.set('members', String(gateways.length));
      found.set('members online', present.length > 5 ? String(present.length) : present.sort().join(', '));
      for (const { id, contributions } of gateways)
        found.set(`contributions of ${id}`, String(contributions));
      found.set('buffer size', String(bufferSize));
    }
    for (const { id, follower, participant } of this.gateways) {
      const { phase, samples, outbox } = participant.status;
      found.set(`phase of ${id}`, phase);
      found.set(`lineage of ${id}`, follower.lineage ?? '');
      found.set(`task of ${id}`, follower.modelKey ?? '');
      found.set(`version of ${id}`, String(follower.version));
      found.set(`model of ${id}`, follower.parameters ? parametersFingerprint(follower.parameters) : 'none');
      found.set(`samples of ${id}`, String(samples));
      found.set(`outbox of ${id}`, String(outbox));
    }
    return found;
  }

  async close(): Promise<void> {
    for (const { participant, follower, connection } of this.gateways) {
      await participant.stop();
      await follower.stop();
      await connection.close();
    }
    await this.stopCoordinator();
    for (const close of this.closers.reverse()) await close();
  }

  /** Lets the attacker join as a gateway that trains nothing by itself. */
  private async admitAttacker(): Promise<void> {
    const { attacker, closers } = this;
    const protection = await this.protections?.of(hostileMember);
    const connection = await Connection.create({
      ...(protection && { protection }),
      federation,
      id: hostileMember,
      broker: this.url,
      clock: systemClock,
      random: new SeededRandom(99),
      log: silentLog,
    });
    const { session } = connection;
    closers.push(() => connection.close());
    connection.open();
    // A member receives what all members do, and can repeat it.
    for (const type of ['task', 'head', 'patch', 'claim'] as const)
      await session.subscribe(type, () => undefined);
    const hello = await attacker.newest('hello', gatewayIds[0]);
    if (!hello) throw new Error('no hello of a gateway has come');
    const { federation: _, sender, sequence, ...body } = hello;
    await session.send({ ...body, instance: '9'.repeat(16) });
    await until(
      () => this.coordinator?.status.gateways.some(({ id }) => id === hostileMember) ?? false,
      20_000,
    );
    attacker.join(hostileMember, protection);
  }

  private async startGateway(id: GatewayId, seed: number): Promise<void> {
    const connection = await this.connect(id, seed);
    const random = new SeededRandom(seed);
    const follower = new ModelFollower({ session: connection.session, clock: systemClock, random });
    const participant = new Participant({
      session: connection.session,
      follower,
      trainer: new InlineTrainer(createEngine(), systemClock),
      onConnection: (listener) => connection.onState(listener),
      budgetBytes: 1 << 20,
      trigger: { newWindows: 4, intervalMs: 0 },
      outboxFolder: join(this.folder, id, 'outbox'),
      storeFile: join(this.folder, id, 'samples.bin'),
      storeCapacity: 64,
      clock: systemClock,
      random,
    });
    connection.open();
    this.gateways.push({ id, connection, follower, participant, random });
    await follower.start();
    await participant.start();
    await until(() => follower.task !== undefined, 20_000);
  }

  private async connect(id: string, seed: number): Promise<Connection> {
    const protection = await this.protections?.of(id);
    return Connection.create({
      ...(protection && { protection }),
      federation,
      id,
      broker: this.url,
      clock: systemClock,
      random: new SeededRandom(seed),
      log: silentLog,
    });
  }

  private gateway(id: GatewayId): Gateway {
    const found = this.gateways.find((gateway) => gateway.id === id);
    if (!found) throw new Error(`there is no gateway ${id}`);
    return found;
  }

  private feed({ follower, participant, random }: Gateway, windows: number): void {
    if (!follower.task) return;
    const { length, channels } = follower.task.input;
    for (let i = 0; i < windows; i++) {
      const label = random.integer(2);
      const window = Float32Array.from(
        { length: length * channels.length },
        () => 0.3 * random.normal() + (label ? 1 : -1),
      );
      participant.add({ window, label });
    }
  }
}

async function startBroker(kind: BrokerKind): Promise<{ url: string; stop: () => Promise<void> }> {
  const { username, password } = login;
  const withLogin = (port: number) => `mqtt://${username}:${encodeURIComponent(password)}@127.0.0.1:${port}`;
  if (kind === 'mosquitto') {
    const mosquitto = await startMosquitto({ users: { [username]: password } });
    return { url: withLogin(mosquitto.port), stop: () => mosquitto.stop() };
  }
  const hosted = new HostedBroker({ port: 0, ...login });
  await hosted.start();
  return { url: withLogin(hosted.port), stop: () => hosted.stop() };
}
