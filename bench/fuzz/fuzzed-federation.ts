import { Connection } from '../../gateway/client';
import { Coordinator } from '../../gateway/coordinator';
import { createEngine, InlineTrainer } from '../../gateway/engine';
import { ModelFollower, Participant } from '../../gateway/participant';
import { FtteError, type Log, SeededRandom, VirtualClock } from '../../gateway/platform';
import { parametersFingerprint, parseTask } from '../../gateway/task';
import { MemoryBroker, MemoryTransport } from '../../gateway/transport';
import { smallTask } from '../../tools/support/small-task';
import { type Form, Protections } from '../attacks/protections';

export const fuzzFederation = 'fuzzed';
const coordinatorId = 'coordinator';
const gatewayIds = ['gw-1', 'gw-2'] as const;
/** Bytes of a part of an update, so that parts are among the messages. */
const partBytes = 300;
/** Turns of the event loop, and virtual time, between two looks at the federation. */
const turns = 6;
const passMs = 250;
const mostPasses = 2_000;

/** A message as a client of the broker sees it, or knows it. */
export interface KnownMessage {
  readonly topic: string;
  readonly bytes: Uint8Array;
}

/** The state by which runs are compared. */
export type FuzzFingerprint = Readonly<Record<string, string | number>>;

interface Gateway {
  readonly id: string;
  readonly connection: Connection;
  readonly follower: ModelFollower;
  readonly participant: Participant;
  readonly samples: SeededRandom;
}

/**
 * A coordinator and two gateways at a broker in memory, on a virtual clock. Each step of learning is taken alone, so that
 * two runs are equal to the bit whatever else is on the broker, unless something else changes a role.
 */
export class FuzzedFederation {
  readonly clock = new VirtualClock(1_700_000_000_000);
  /** Errors that were logged, and problems that are no `FtteError`: something threw that should not. */
  readonly faults: string[] = [];
  /** Messages of the federation, as the broker carries them. */
  readonly seen: KnownMessage[] = [];
  /** The same messages before they were sealed. */
  readonly plain: KnownMessage[] = [];
  private readonly broker = new MemoryBroker();
  private readonly client: MemoryTransport;
  private readonly gateways: Gateway[] = [];
  private readonly connections: Connection[] = [];
  private coordinator!: Coordinator;
  private protections: Protections | undefined;
  private isRecording = true;

  constructor(
    private readonly form: Form,
    private readonly granted: boolean,
  ) {
    this.client = new MemoryTransport(this.broker, { client: 'fuzzer' });
  }

  async start(): Promise<void> {
    const { clock, form, granted } = this;
    this.client.open();
    await this.client.subscribe('#', ({ topic, payload }) => {
      if (this.isRecording && payload.length > 0) this.seen.push({ topic, bytes: Uint8Array.from(payload) });
    });
    if (form === 'protected')
      this.protections = await Protections.create({
        federation: fuzzFederation,
        coordinatorId,
        onPlain: (topic, bytes) => {
          if (this.isRecording) this.plain.push({ topic, bytes });
        },
      });
    const task = parseTask({
      name: 'fuzzed',
      ...smallTask(16),
      training: { batchSize: 4, epochs: 1, minSamples: 4 },
      aggregation: {
        bufferSize: 2,
        maxWaitMs: 3_600_000,
        participation: granted ? { kind: 'granted', concurrency: 2 } : { kind: 'free' },
      },
    });
    const hub = await this.connect(coordinatorId, 1);
    this.coordinator = new Coordinator({
      session: hub.session,
      task,
      folder: undefined,
      clock,
      random: new SeededRandom(2),
      log: this.log(coordinatorId),
      onConnection: (listener) => hub.onState(listener),
      snapshotIntervalMs: 100,
    });
    this.watch(this.coordinator);
    hub.open();
    const started = this.coordinator.start();
    for (const [i, id] of gatewayIds.entries()) await this.startGateway(id, 10 * (i + 1));
    await this.passUntil(
      () => this.gateways.every(({ follower }) => (this.granted ? follower.task : follower.parameters)),
      'start',
    );
    await started;
  }

  /** One round of each gateway, one after the other, and the version that they make. @param meanwhile called in each pass */
  async learn(meanwhile?: () => void): Promise<void> {
    const goal = this.coordinator.status.version + 1;
    for (const gateway of this.gateways) {
      const { participant } = gateway;
      const rounds = participant.status.rounds + 1;
      for (let i = 0; i < 4; i++) this.feed(gateway);
      await this.passUntil(
        () => participant.status.rounds >= rounds && participant.status.outbox === 0,
        `round ${rounds} of ${gateway.id}`,
        meanwhile,
      );
    }
    await this.passUntil(() => this.coordinator.status.version >= goal, `version ${goal}`, meanwhile);
    await this.pass();
  }

  /** Lets a gateway ask for the model once more, so that this is among the messages, too. */
  async synchronise(): Promise<void> {
    for (const { follower } of this.gateways) follower.invalidate();
    for (let i = 0; i < 8; i++) await this.pass();
  }

  /** Stops to record: memory is the federation's from now on. */
  stopRecording(): void {
    this.isRecording = false;
  }

  /** Publishes as a client that has the broker's password. */
  publish(topic: string, bytes: Uint8Array, retain: boolean): void {
    // A topic that no broker takes, or a message that is too large.
    this.client.publish(topic, bytes, { qos: 1, retain }).catch(() => undefined);
  }

  /** Lets everything arrive, and time pass. */
  async pass(): Promise<void> {
    for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
    this.clock.advance(passMs);
  }

  get fingerprint(): FuzzFingerprint {
    const { lineage, version, accepted, phase } = this.coordinator.status;
    const found: Record<string, string | number> = { lineage, version, accepted, phase };
    const average = parametersFingerprint(this.coordinator.export('average').parameters);
    found['model of the coordinator'] = parametersFingerprint(this.coordinator.export('current').parameters);
    found['average of the coordinator'] = average;
    for (const { id, follower, participant } of this.gateways) {
      const { samples, outbox, rounds } = participant.status;
      found[`model of ${id}`] = follower.parameters ? parametersFingerprint(follower.parameters) : 'none';
      found[`lineage of ${id}`] = follower.lineage ?? 'none';
      found[`version of ${id}`] = follower.version;
      found[`task of ${id}`] = follower.modelKey ?? 'none';
      found[`samples of ${id}`] = samples;
      found[`outbox of ${id}`] = outbox;
      found[`rounds of ${id}`] = rounds;
    }
    return found;
  }

  async stop(): Promise<void> {
    for (const { participant, follower } of this.gateways) {
      await participant.stop();
      await follower.stop();
    }
    await this.coordinator.stop();
    for (const connection of this.connections) await connection.close();
    await this.client.close();
  }

  private async startGateway(id: string, seed: number): Promise<void> {
    const { clock } = this;
    const connection = await this.connect(id, seed);
    const log = this.log(id);
    const follower = new ModelFollower({
      session: connection.session,
      clock,
      random: new SeededRandom(seed + 1),
      log,
    });
    const participant = new Participant({
      session: connection.session,
      follower,
      trainer: new InlineTrainer(createEngine(), clock),
      onConnection: (listener) => connection.onState(listener),
      budgetBytes: 1 << 20,
      trigger: { newWindows: 4, intervalMs: 0 },
      outboxFolder: undefined,
      storeCapacity: 64,
      clock,
      random: new SeededRandom(seed + 2),
      jitter: new SeededRandom(seed + 4),
      log,
    });
    this.watch(participant);
    this.watch(follower as unknown as Participant);
    if (this.form === 'plain') connection.session.limitParts(partBytes);
    this.gateways.push({ id, connection, follower, participant, samples: new SeededRandom(seed + 3) });
    connection.open();
    void follower.start();
    await participant.start();
  }

  private async connect(id: string, seed: number): Promise<Connection> {
    const protection = await this.protections?.of(id);
    const connection = Connection.over((will) => new MemoryTransport(this.broker, { client: id, will }), {
      ...(protection && { protection }),
      federation: fuzzFederation,
      id,
      clock: this.clock,
      random: new SeededRandom(seed),
      log: this.log(id),
    });
    this.connections.push(connection);
    return connection;
  }

  private feed({ participant, samples }: Gateway): void {
    const label = samples.integer(2);
    const window = Float32Array.from({ length: 16 }, () => 0.3 * samples.normal() + (label ? 1 : -1));
    participant.add({ window, label });
  }

  private async passUntil(holds: () => boolean, what: string, meanwhile?: () => void): Promise<void> {
    for (let i = 0; i < mostPasses; i++) {
      if (holds()) return;
      meanwhile?.();
      await this.pass();
    }
    throw new Error(`this does not happen any more: ${what}; ${JSON.stringify(this.fingerprint)}`);
  }

  /** Each role emits `problem` with an `FtteError`; anything else is a fault. */
  private watch(role: Pick<Participant, 'on'> | Coordinator): void {
    (role as Participant).on('problem', (error) => {
      if (!(error instanceof FtteError)) this.faults.push(String(error));
    });
  }

  private log(id: string): Log {
    const quiet = () => undefined;
    return { info: quiet, warn: quiet, error: (text) => void this.faults.push(`${id}: ${text}`) };
  }
}
