import assert from 'node:assert/strict';
import type { FederationCoordinator, FederationMember } from '../../../gateway';
import { SeededRandom, systemClock, VirtualClock } from '../../../gateway/platform';
import { MemoryTransport, type Transport } from '../../../gateway/transport';
import { MemoryBroker } from '../../../gateway/transport/memory/memory-broker';
import type { RoleMessageType } from '../../../gateway/wire';
import { aMoment } from '../../support/waiting';
import { feed, Roles, task } from './roles';

type Participation = { readonly kind: 'free' } | { readonly kind: 'granted' };

/** Types that a gateway receives with QoS 0 in a federation without masks, as the topics name them. */
const received = ['claim', 'task', 'head', 'patch', 'grant', 'ack', 'snapshot'] as const;

describe('a federation whose broker drops messages to a gateway that stays connected', () => {
  const roles = new Roles();
  let clock: VirtualClock;
  let broker: MemoryBroker;
  /** Types of which the next message is dropped, and those that were. */
  let dropping: Set<RoleMessageType>;
  let dropped: RoleMessageType[];
  beforeEach(() => {
    clock = new VirtualClock(systemClock.now());
    broker = new MemoryBroker();
    dropping = new Set();
    dropped = [];
  });

  /** A transport that loses what `dropping` says, once. */
  const lossy = (): Transport => {
    const inner = new MemoryTransport(broker, { client: 'edge' });
    const { subscribe } = inner;
    inner.subscribe = (filter, handler) =>
      subscribe.call(inner, filter, (delivery) => {
        const type = delivery.topic.split('/').at(-1) as RoleMessageType;
        if (dropping.delete(type)) dropped.push(type);
        else handler(delivery);
      });
    return inner;
  };

  /** Lets time pass until something is so. @param mostMinutes of virtual time */
  async function until(
    isSo: () => boolean,
    what: string,
    mostMinutes: number,
    each: () => void = () => undefined,
  ) {
    for (let second = 0; !isSo(); second++) {
      assert.ok(second < 60 * mostMinutes, `${what} within ${mostMinutes} minutes`);
      each();
      for (let turn = 0; turn < 3; turn++) await aMoment();
      clock.advance(1_000);
    }
  }

  /** Lets time pass until a promise is settled. */
  async function inTime<Value>(promise: Promise<Value>): Promise<Value> {
    let isSettled = false;
    const settle = () => (isSettled = true);
    promise.then(settle, settle);
    await until(() => isSettled, 'an answer', 5);
    return promise;
  }

  const coordinate = async (
    more: Parameters<Roles['coordinator']>[0] = {},
  ): Promise<FederationCoordinator> => {
    const transport = () => new MemoryTransport(broker, { client: 'hub' });
    return inTime(roles.coordinator({ broker: transport, clock, ...more }));
  };
  const join = async (): Promise<FederationMember> => {
    return inTime(roles.member({ broker: lossy, clock }));
  };

  /** A coordinator and a gateway, which has labelled windows all the time. */
  async function learning(participation: Participation) {
    const hub = await coordinate({ task: { ...task, aggregation: { bufferSize: 1, participation } } });
    const edge = await join();
    let seed = 0;
    const learn = () => feed(edge, 8, seed++);
    await until(() => hub.status.version >= 2, 'two versions', 20, learn);
    return { hub, edge, learn };
  }

  for (const participation of [{ kind: 'free' }, { kind: 'granted' }] as const) {
    const { kind } = participation;
    it(`learns without the first message of each type, if rounds are ${kind}`, async () => {
      for (const type of received) dropping.add(type);
      const { edge } = await learning(participation);
      await until(() => edge.status.outbox === 0, 'an empty outbox', 5);
      const others = kind === 'free' ? ['grant'] : ['head', 'patch', 'snapshot'];
      const needed = received.filter((type) => !others.includes(type));
      assert.deepEqual(
        needed.filter((type) => !dropped.includes(type)),
        [],
      );
    });

    for (const type of kind === 'free' ? (['head', 'patch', 'ack'] as const) : (['grant', 'ack'] as const))
      it(`goes on learning without one ${type}, if rounds are ${kind}`, async () => {
        const { hub, edge, learn } = await learning(participation);
        dropping.add(type);
        const { version } = hub.status;
        await until(() => hub.status.version >= version + 5, 'five more versions', 20, learn);
        await until(() => edge.status.outbox === 0, 'an empty outbox', 5);
        assert.deepEqual(dropped, [type]);
      });

    it(`gets another task although it is lost at first, if rounds are ${kind}`, () => changed(participation));
  }

  async function changed(participation: Participation) {
    const { hub: first, edge, learn } = await learning(participation);
    await inTime(first.close());
    dropping.add('task');
    const second = await coordinate({
      random: new SeededRandom(3),
      task: { ...task, seed: 7, aggregation: { bufferSize: 1, participation } },
    });
    await until(() => second.status.version >= 2, 'two versions of the other task', 20, learn);
    assert.deepEqual(dropped, ['task']);
    assert.equal(edge.status.lineage, second.status.lineage);
  }
});
