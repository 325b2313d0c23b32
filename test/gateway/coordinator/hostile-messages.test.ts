import assert from 'node:assert/strict';
import { Coordinator } from '../../../gateway/coordinator';
import { createEngine, InlineTrainer } from '../../../gateway/engine';
import { ModelFollower, Participant } from '../../../gateway/participant';
import { FtteError, type Log, SeededRandom, VirtualClock } from '../../../gateway/platform';
import { TransportSession } from '../../../gateway/session';
import { MemoryBroker, MemoryTransport } from '../../../gateway/transport';
import { decodeMessage, dropReasonOf, routes } from '../../../gateway/wire';
import { decodeCbor, encodeCbor } from '../../../gateway/wire/cbor';
import { broken, disturb, type Tree } from '../../support/tampering';
import { tinySamples, tinyTask } from '../participant/tools';
import { settle, until } from './fleet-harness';

const federation = 'clinic';

/** A coordinator and a gateway at one broker, with everything that any part of them found wrong. */
class World {
  readonly clock = new VirtualClock(1_000_000);
  readonly broker = new MemoryBroker();
  /** What was logged as an error: a handler threw. */
  readonly errors: string[] = [];
  /** What was told as a problem and is none of ours. */
  readonly strange: unknown[] = [];
  readonly hub: Coordinator;
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
    this.hub = new Coordinator({
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
    for (const role of [this.hub, this.participant, this.follower]) {
      // One event of each: what it tells is an error of ours.
      (role as Participant).on('problem', (error) => {
        if (!(error instanceof FtteError)) this.strange.push(error);
      });
    }
    this.attacker = this.transport('attacker');
  }

  async start(): Promise<void> {
    await this.attacker.subscribe('#', ({ topic, payload }) => {
      if (payload.length > 0) this.seen.push({ topic, payload: payload.slice() });
    });
    const started = this.hub.start();
    await until(() => this.hub.status.lineage !== '');
    await settle();
    this.clock.advance(1_500);
    await started;
    await this.follower.start();
    await this.participant.start();
    await this.pass();
  }

  /** Rounds until so many versions are there. */
  async learn(versions: number): Promise<void> {
    const wanted = this.hub.status.version + versions;
    for (let i = 0; i < 400 && this.hub.status.version < wanted; i++) {
      for (const sample of tinySamples(4, i)) {
        if (this.follower.task) this.participant.add(sample);
      }
      await this.pass();
    }
    assert.ok(this.hub.status.version >= wanted, `version ${this.hub.status.version}, wanted ${wanted}`);
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
    await this.hub.stop();
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
  describe(`real messages that were tampered with, where rounds are ${granted ? 'granted' : 'free'}`, () => {
    it('are refused at the door or do no harm: nothing throws, and learning goes on', async () => {
      const world = new World(granted);
      await world.start();
      await world.learn(3);
      const real = [...world.seen];
      const types = new Set(real.map(({ payload }) => decodeMessage(payload).type));
      const absent: readonly string[] = granted ? ['sync', 'snapshot'] : ['ready', 'grant'];
      for (const type of Object.keys(routes))
        assert.ok(absent.includes(type) || types.has(type as never), `${type} was not among them`);

      const random = new SeededRandom(granted ? 11 : 12);
      const reasons = new Set<string>();
      for (let i = 0; i < 3_000; i++) {
        const { topic, payload } = real[random.integer(real.length)]!;
        const other = real[random.integer(real.length)]!;
        let bytes = broken(payload, random);
        if (random.uniform() < 0.85) {
          const message = decodeCbor(payload) as Tree;
          for (let times = 1 + random.integer(2); times > 0; times--)
            disturb(message, decodeCbor(other.payload) as Tree, random);
          bytes = encodeCbor(message as Record<string, unknown>);
        }
        try {
          const message = decodeMessage(bytes);
          reasons.add('taken');
          // Another coordinator's claim is obeyed: that is no fault.
          if (message.type === 'claim' && message.federation === federation) continue;
        } catch (error) {
          const reason = dropReasonOf(error);
          assert.ok(reason, `${error}`);
          reasons.add(reason);
        }
        await world.publish(topic, bytes);
        if (i % 50 === 0) await world.pass();
      }
      await world.pass();
      for (const reason of ['taken', 'field', 'type', 'version', 'not-cbor'])
        assert.ok(reasons.has(reason), reason);
      assert.deepEqual(world.errors, []);
      assert.deepEqual(world.strange, []);
      assert.deepEqual(
        world.hub.export('current').parameters.filter((value) => !Number.isFinite(value)),
        new Float32Array(0),
      );
      assert.ok(Number.isSafeInteger(world.hub.status.version + 1), `version ${world.hub.status.version}`);

      // What it learns here is told again where somebody has told something else.
      for (const { topic, payload } of real)
        if (/\/(task|hello)$/.test(topic)) await world.publish(topic, payload);
      await world.pass();
      await world.learn(2);
      await world.stop();
    });
  });
}
