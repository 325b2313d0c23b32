import assert from 'node:assert/strict';
import { Coordinator } from '../../../gateway/coordinator';
import { createEngine, InlineTrainer } from '../../../gateway/engine';
import { ModelFollower, Participant } from '../../../gateway/participant';
import { FtteError, type Log, SeededRandom, VirtualClock } from '../../../gateway/platform';
import { TransportSession } from '../../../gateway/session';
import { MemoryBroker, MemoryTransport } from '../../../gateway/transport';
import { decodeMessage, dropReasonOf, encodeMessage, type Message, routes } from '../../../gateway/wire';
import { decodeFields, encodeFields } from '../../../gateway/wire/message-fields';
import { broken, disturb, type Tree } from '../../../tools/support/tampering';
import { tinySamples, tinyTask } from '../participant/tools';
import { settle, until } from './fleet-harness';

const federation = 'clinic';

/** A coordinator, a gateway and an attacker at one broker, with every error that was logged or reported. */
class AttackedFederation {
  readonly clock = new VirtualClock(1_000_000);
  readonly broker = new MemoryBroker();
  /** Logged errors: a handler threw. */
  readonly errors: string[] = [];
  /** Problems that are not an `FtteError`. */
  readonly unexpected: unknown[] = [];
  readonly coordinator: Coordinator;
  readonly follower: ModelFollower;
  readonly participant: Participant;
  readonly sessions: TransportSession[] = [];
  readonly seen: { topic: string; payload: Uint8Array }[] = [];
  private readonly attacker: MemoryTransport;
  private readonly transports: MemoryTransport[] = [];

  constructor(granted: boolean) {
    const kind = granted ? ('granted' as const) : ('free' as const);
    const task = tinyTask({
      aggregation: { bufferSize: 1, participation: { kind } },
      encoding: { update: 'int8', patch: 'int8' },
    });
    const { clock } = this;
    const hub = this.connect('hub');
    const gateway = this.connect('gw');
    this.coordinator = new Coordinator({
      session: hub.session,
      task,
      folder: undefined,
      clock,
      random: new SeededRandom(1),
      log: this.log,
      onConnection: (listener) => hub.transport.onState(listener),
    });
    this.follower = new ModelFollower({
      session: gateway.session,
      clock,
      log: this.log,
      random: new SeededRandom(2),
    });
    this.participant = new Participant({
      session: gateway.session,
      follower: this.follower,
      trainer: new InlineTrainer(createEngine(), clock),
      onConnection: (listener) => gateway.transport.onState(listener),
      budgetBytes: 1024 * 1024,
      trigger: { newWindows: 4, intervalMs: 0 },
      outboxFolder: undefined,
      clock,
      random: new SeededRandom(3),
      log: this.log,
    });
    for (const role of [this.coordinator, this.participant, this.follower]) {
      // Each role emits `problem` with an FtteError; anything else is a fault.
      (role as Participant).on('problem', (error) => {
        if (!(error instanceof FtteError)) this.unexpected.push(error);
      });
    }
    this.attacker = this.transport('attacker');
  }

  async start(): Promise<void> {
    await this.attacker.subscribe('#', ({ topic, payload }) => {
      if (payload.length > 0) this.seen.push({ topic, payload: payload.slice() });
    });
    const started = this.coordinator.start();
    await until(() => this.coordinator.status.lineage !== '');
    await settle();
    this.clock.advance(1_500);
    await started;
    await this.follower.start();
    await this.participant.start();
    await this.pass();
  }

  /** Trains until the given number of further versions exists. */
  async learn(versions: number): Promise<void> {
    const target = this.coordinator.status.version + versions;
    for (let i = 0; i < 400 && this.coordinator.status.version < target; i++) {
      for (const sample of tinySamples(4, i)) {
        if (this.follower.task) this.participant.add(sample);
      }
      await this.pass();
    }
    const { version } = this.coordinator.status;
    assert.ok(version >= target, `expected version ${target}, got ${version}`);
  }

  /** Another machine introduces itself with the id of the gateway. */
  async copyGateway(): Promise<void> {
    for (const { topic, payload } of [...this.seen].reverse()) {
      if (decodeFields(payload)['type'] !== 'hello') continue;
      const message = decodeMessage(payload) as Message<'hello'>;
      await this.publish(topic, encodeMessage(message, { ...message, instance: 'copy' }));
      await this.pass();
      return;
    }
  }

  async publish(topic: string, payload: Uint8Array): Promise<void> {
    await this.attacker.publish(topic, payload);
  }

  async pass(): Promise<void> {
    await settle(4);
    this.clock.advance(500);
    await settle(2);
  }

  async stop(): Promise<void> {
    await this.participant.stop();
    await this.follower.stop();
    await this.coordinator.stop();
    for (const session of this.sessions) await session.stop();
    for (const transport of this.transports) await transport.close();
    assert.equal(this.clock.nextDue, undefined, 'a timer was left running');
  }

  private connect(id: string): { session: TransportSession; transport: MemoryTransport } {
    const transport = this.transport(id);
    const { clock, log } = this;
    const session = new TransportSession({
      transport,
      federation,
      id,
      clock,
      random: new SeededRandom(4),
      log,
    });
    session.start();
    this.sessions.push(session);
    return { session, transport };
  }

  private transport(client: string): MemoryTransport {
    const transport = new MemoryTransport(this.broker, { client });
    transport.open();
    this.transports.push(transport);
    return transport;
  }

  private get log(): Log {
    const quiet = () => undefined;
    return { info: quiet, warn: quiet, error: (text) => this.errors.push(String(text)) };
  }
}

for (const granted of [false, true]) {
  describe(`real messages that were tampered with, if rounds are ${granted ? 'granted' : 'free'}`, () => {
    it('are refused or do no harm: nothing throws, and training continues', async () => {
      const federated = new AttackedFederation(granted);
      await federated.start();
      await federated.learn(3);
      await federated.copyGateway();
      const real = [...federated.seen];
      const types = new Set(real.map(({ payload }) => decodeFields(payload)['type']));
      // Those of masked updates need members by invitation, whose messages are sealed.
      const masks = ['committee', 'help', 'ask'];
      const absent: readonly string[] = [...masks, ...(granted ? ['sync', 'snapshot'] : ['ready', 'grant'])];
      for (const type of Object.keys(routes))
        assert.ok(absent.includes(type) || types.has(type as never), `${type} was not among them`);

      const random = new SeededRandom(granted ? 11 : 12);
      const reasons = new Set<string>();
      for (let i = 0; i < 3_000; i++) {
        const { topic, payload } = real[random.integer(real.length)]!;
        const other = real[random.integer(real.length)]!;
        let bytes = broken(payload, random);
        if (random.uniform() < 0.85) {
          const message = decodeFields(payload) as Tree;
          for (let times = 1 + random.integer(2); times > 0; times--)
            disturb(message, decodeFields(other.payload) as Tree, random);
          bytes = encodeFields(message as Record<string, unknown>);
        }
        try {
          const message = decodeMessage(bytes, undefined, { federation });
          reasons.add('accepted');
          // The coordinator yields to the claim of another one, which is not a fault.
          if (message.type === 'claim' && message.federation === federation) continue;
        } catch (error) {
          const reason = dropReasonOf(error);
          assert.ok(reason, `${error}`);
          reasons.add(reason);
        }
        await federated.publish(topic, bytes);
        if (i % 50 === 0) await federated.pass();
      }
      await federated.pass();
      for (const reason of ['accepted', 'field', 'type', 'version', 'not-cbor'])
        assert.ok(reasons.has(reason), reason);
      assert.deepEqual(federated.errors, []);
      assert.deepEqual(federated.unexpected, []);
      assert.deepEqual(
        federated.coordinator.export('current').parameters.filter((value) => !Number.isFinite(value)),
        new Float32Array(0),
      );
      assert.ok(
        Number.isSafeInteger(federated.coordinator.status.version + 1),
        `version ${federated.coordinator.status.version}`,
      );

      // Task and hello are sent again, because tampered ones may have replaced them.
      for (const { topic, payload } of real)
        if (/\/(task|hello)$/.test(topic)) await federated.publish(topic, payload);
      await federated.pass();
      await federated.learn(2);
      await federated.stop();
    });
  });
}
